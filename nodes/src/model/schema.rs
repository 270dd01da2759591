//! Schemas of answers as providers can enforce them: those take a part of JSON Schema, refuse the rest, and want objects
//! closed. What only narrows values is left out for them, since whoever asked checks the answer against the whole
//! schema. What cannot be left out without changing what is enforced makes a schema one that is told instead.

use serde_json::{Map, Value};

/// What a provider takes of JSON Schema.
pub(super) struct Taken {
    /// Keywords beside those that all providers take, kept as they are.
    pub kept: &'static [&'static str],
    /// Whether every property has to be required.
    pub all_required: bool,
    /// Whether schemas may refer to others.
    pub references: bool,
}

/// Keywords whose value is kept as it is.
const PLAIN: [&str; 6] = ["type", "enum", "const", "description", "title", "required"];
/// Keywords that say nothing, or narrow values whose shape others give.
const LEFT_OUT: [&str; 24] = [
    "$schema",
    "$id",
    "$comment",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "contentEncoding",
    "contentMediaType",
];

/// The schema in the form that a provider enforces; none where it cannot. Its root has to be an object.
pub(super) fn enforced(schema: &Value, taken: &Taken) -> Option<Value> {
    let made = part(schema, taken)?;
    (made.get("type") == Some(&Value::from("object"))).then_some(made)
}

fn part(schema: &Value, taken: &Taken) -> Option<Value> {
    let schema = schema.as_object()?;
    let mut made = Map::new();
    for (keyword, value) in schema {
        let kept = match keyword.as_str() {
            it if PLAIN.contains(&it) || taken.kept.contains(&it) => value.clone(),
            it if LEFT_OUT.contains(&it) => continue,
            "items" => part(value, taken)?,
            "properties" => by_name(value, taken)?,
            "$defs" | "definitions" if taken.references => by_name(value, taken)?,
            "$ref" if taken.references => value.clone(),
            "anyOf" => Value::Array(value.as_array()?.iter().map(|it| part(it, taken)).collect::<Option<_>>()?),
            "additionalProperties" if *value == Value::Bool(false) => continue,
            _ => return None,
        };
        made.insert(keyword.clone(), kept);
    }
    close(&mut made, schema, taken)?;
    Some(Value::Object(made))
}

fn by_name(schemas: &Value, taken: &Taken) -> Option<Value> {
    let made = schemas.as_object()?.iter().map(|(name, it)| Some((name.clone(), part(it, taken)?)));
    made.collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// Closes a schema of objects. None where it allows members of any name: closed, it would allow none.
fn close(made: &mut Map<String, Value>, schema: &Map<String, Value>, taken: &Taken) -> Option<()> {
    let is_object = match schema.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => false,
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return (!is_object).then_some(());
    };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !is_object || taken.all_required && !properties.keys().all(|name| required.contains(&name.as_str())) {
        return None;
    }
    made.insert("additionalProperties".into(), false.into());
    if taken.all_required && !made.contains_key("required") {
        made.insert("required".into(), Value::Array(Vec::new()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const STRICT: Taken = Taken { kept: &["minimum"], all_required: true, references: true };
    const LOOSE: Taken = Taken { kept: &[], all_required: false, references: false };

    #[test]
    fn objects_are_closed_and_what_narrows_is_left_out() {
        let schema = json!({"$schema": "x", "type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "integer", "minimum": 1, "maximum": 3, "description": "how many"},
            "b": {"type": "array", "minItems": 2, "items": {"anyOf": [{"type": "string", "maxLength": 3}, {"const": 1}]}},
        }});
        let made = json!({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "integer", "minimum": 1, "description": "how many"},
            "b": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"const": 1}]}},
        }, "additionalProperties": false});
        assert_eq!(enforced(&schema, &STRICT).unwrap(), made);
        assert!(enforced(&schema, &LOOSE).unwrap()["properties"]["a"].get("minimum").is_none());
    }

    #[test]
    fn what_would_change_by_it_is_not_enforced() {
        let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        assert!(enforced(&optional, &STRICT).is_none() && enforced(&optional, &LOOSE).is_some());
        for schema in [
            json!({"type": "object"}),
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {"a": {"type": "object"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
            json!({"type": "object", "properties": {"a": {"oneOf": [{"type": "string"}]}}}),
            json!({"type": "object", "properties": {"a": true}}),
            json!(true),
        ] {
            assert_eq!(enforced(&schema, &LOOSE), None, "{schema}");
        }
        let refers = json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}}});
        assert_eq!(enforced(&refers, &STRICT).unwrap()["$defs"]["a"]["additionalProperties"], json!(false));
    }
}
