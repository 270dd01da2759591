//! The pieces of which node types describe their configs, as JSON Schema 2020-12: what an editor completes with, and
//! underlines by. A description is made beside the reader that it tells of, out of the same words and bounds.

use crate::limits;
use serde_json::{Map, Value, json};

/// An object of these members and no others. Members that are not required may be null, which counts as absent.
pub fn object<const N: usize>(required: &[&str], members: [(&str, Value); N]) -> Value {
    let optional = |(name, schema): (&str, Value)| {
        let schema = if required.contains(&name) { schema } else { or_null(schema) };
        (name.to_owned(), schema)
    };
    let properties: Map<String, Value> = members.into_iter().map(optional).collect();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// An object of which nothing more is known.
pub fn free(about: &str) -> Value {
    json!({"description": about, "type": "object"})
}

/// Any JSON, whose strings may be templates.
pub fn any(about: &str) -> Value {
    json!({"description": format!("{about} Strings may hold templates, `{{{{ expression }}}}`.")})
}

/// Text that is more than blanks.
pub fn text(about: &str) -> Value {
    json!({"description": about, "type": "string", "pattern": "\\S"})
}

/// A CEL expression. A boolean or a number stands for itself.
pub fn cel(about: &str) -> Value {
    json!({"description": format!("{about} CEL."), "type": ["string", "boolean", "number"]})
}

/// The id of a node or a workflow; a whole number counts as its decimal text.
pub fn id(about: &str) -> Value {
    let pattern = format!("^[A-Za-z0-9_-]{{1,{}}}$", limits::ID_BYTES);
    json!({"description": about, "anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}]})
}

/// The name of a port.
pub fn port(about: &str) -> Value {
    let control = json!({"type": "string", "pattern": "[\\u0000-\\u001f\\u007f-\\u009f]"});
    json!({"description": about, "type": "string", "pattern": "\\S", "maxLength": limits::PORT_BYTES, "not": control})
}

/// True or false.
pub fn flag(about: &str) -> Value {
    json!({"description": about, "type": "boolean"})
}

/// A number from `least` to `most`, both included.
pub fn number(about: &str, least: f64, most: f64) -> Value {
    json!({"description": about, "type": "number", "minimum": whole(least), "maximum": whole(most)})
}

/// A whole number from `least` to `most`, both included.
pub fn integer(about: &str, least: u64, most: u64) -> Value {
    json!({"description": about, "type": "integer", "minimum": least, "maximum": most})
}

/// A bound as people write it: 30 and not 30.0.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

/// One of some words, each with its meaning.
pub fn word(about: &str, words: &[(&str, &str)]) -> Value {
    let all = words.iter().map(|(word, meaning)| match *meaning {
        "" => json!({"const": word}),
        meaning => json!({"const": word, "description": meaning}),
    });
    json!({"description": about, "anyOf": all.collect::<Vec<_>>()})
}

/// One of several shapes.
pub fn either<const N: usize>(about: &str, shapes: [Value; N]) -> Value {
    json!({"description": about, "anyOf": shapes.to_vec()})
}

/// A list of `least` to `most` items.
pub fn list(about: &str, items: Value, least: usize, most: usize) -> Value {
    json!({"description": about, "type": "array", "items": items, "minItems": least, "maxItems": most})
}

/// Text with a template in it.
pub fn templated() -> Value {
    json!({"type": "string", "pattern": "\\{\\{"})
}

/// A value that may also be one template alone, which yields it.
pub fn setting(mut value: Value) -> Value {
    let template = json!({"type": "string", "pattern": r"^\s*\{\{[\s\S]*\}\}\s*$"});
    if let Some(Value::Array(shapes)) = value.get_mut("anyOf") {
        shapes.push(template);
        return value;
    }
    let about = value.as_object_mut().and_then(|value| value.remove("description")).unwrap_or_default();
    json!({"description": about, "anyOf": [value, template]})
}

/// Text that is one of some words, in any case.
pub fn any_case(words: &[&str]) -> Value {
    let letter = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        false => c.to_string(),
    };
    let all: Vec<String> = words.iter().map(|word| word.chars().map(letter).collect()).collect();
    json!({"type": "string", "pattern": format!("^({})$", all.join("|"))})
}

/// A part that several places share.
pub fn part(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// An object that has a member, which is not null.
pub fn has(key: &str) -> Value {
    json!({"required": [key], "properties": {key: {"not": {"type": "null"}}}})
}

/// Adds to an object that it has exactly one of these members.
pub fn exactly_one(mut object: Value, keys: &[&str]) -> Value {
    object["oneOf"] = keys.iter().map(|key| has(key)).collect();
    object
}

/// Adds conditions to an object: where it is as the first says, it must also be as the second says.
pub fn where_so(mut object: Value, conditions: Vec<(Value, Value)>) -> Value {
    let all = conditions.into_iter().map(|(so, then)| json!({"if": so, "then": then}));
    object["allOf"] = all.collect();
    object
}

/// An object whose member is this word.
pub fn is(key: &str, word: &str) -> Value {
    json!({"required": [key], "properties": {key: {"const": word}}})
}

/// A schema that null fits as well.
pub fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        match kind {
            Value::Array(kinds) => kinds.push(json!("null")),
            one => *one = json!([one.take(), "null"]),
        }
    } else if let Some(Value::Array(shapes)) = schema.get_mut("anyOf") {
        shapes.push(json!({"type": "null"}));
    } else if schema.get("$ref").is_some() {
        return json!({"anyOf": [schema, {"type": "null"}]});
    }
    schema
}
