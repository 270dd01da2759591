//! Reads a JSON Schema as the fields of a form. What no field can be made for is a field of JSON; the schema itself
//! still checks whatever is sent.

use super::field::{Choice, Field, Input, Kind, List, Numeric, Text, plain};
use crate::limits;
use serde_json::{Map, Number, Value};

/// The field of a whole schema: it has this key, and is required.
pub fn field_of(key: &str, schema: &Value) -> Field {
    let mut reader = Reader { whole: schema, fields: 0 };
    let field = reader.field(key, schema, true, 0);
    if reader.fields <= limits::FIELDS { field } else { Field { kind: Kind::Json, ..field } }
}

struct Reader<'a> {
    whole: &'a Value,
    fields: usize,
}

impl<'a> Reader<'a> {
    fn field(&mut self, key: &str, schema: &'a Value, required: bool, level: usize) -> Field {
        self.fields += 1;
        let outer = schema;
        let (schema, nullable) = self.resolved(schema);
        let word = |name: &str| {
            let said = outer[name].as_str().or_else(|| schema[name].as_str()).map(str::trim);
            said.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let default = outer.get("default").or_else(|| schema.get("default")).cloned();
        let too_much = level > limits::LEVELS || self.fields > limits::FIELDS;
        let kind = if too_much { Kind::Json } else { self.kind(schema, level) };
        let title = word("title");
        let (titled, label) = (title.is_some(), title.unwrap_or_else(|| readable(key)));
        Field {
            key: key.to_owned(),
            label,
            titled,
            description: word("description"),
            required,
            nullable,
            default,
            kind,
        }
    }

    /// The schema that references and a choice between null and one other schema lead to, and whether null is allowed.
    fn resolved(&self, schema: &'a Value) -> (&'a Value, bool) {
        let (mut schema, mut nullable) = (schema, false);
        for _ in 0..limits::REFERENCES {
            if let Some(reference) = schema["$ref"].as_str() {
                let target = reference.strip_prefix('#').and_then(|pointer| self.whole.pointer(pointer));
                match target {
                    Some(target) => schema = target,
                    None => break,
                }
            } else if let Some(other) = beside_null(schema) {
                (schema, nullable) = (other, true);
            } else {
                let kinds = kinds(schema);
                return (schema, nullable || (kinds.len() == 2 && kinds.contains(&"null")));
            }
        }
        (schema, nullable)
    }

    fn kind(&mut self, schema: &'a Value, level: usize) -> Kind {
        if let Some(constant) = schema.get("const") {
            return Kind::Constant(constant.clone());
        }
        if let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) {
            return Kind::Choice(
                values.iter().map(|value| Choice { value: value.clone(), label: plain(value) }).collect(),
            );
        }
        if let Some(choices) = titled(schema) {
            return Kind::Choice(choices);
        }
        if branches(schema) {
            return Kind::Json;
        }
        let kinds: Vec<&str> = kinds(schema).into_iter().filter(|kind| *kind != "null").collect();
        match kinds[..] {
            ["string"] => Kind::Text(text(schema)),
            ["integer"] => Kind::Number(numeric(schema, true)),
            ["number"] => Kind::Number(numeric(schema, false)),
            ["boolean"] => Kind::Boolean,
            ["object"] => self.object(schema, level),
            ["array"] => self.list(schema, level),
            [] if schema["type"] == "null" => Kind::Constant(Value::Null),
            [] if schema.get("properties").is_some() => self.object(schema, level),
            _ => Kind::Json,
        }
    }

    /// The fields of an object; JSON where the schema names none, or needs some that it does not describe.
    fn object(&mut self, schema: &'a Value, level: usize) -> Kind {
        let Some(properties) = schema["properties"].as_object().filter(|all| !all.is_empty()) else {
            return Kind::Json;
        };
        let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if needed.iter().any(|name| !properties.contains_key(*name)) {
            return Kind::Json;
        }
        let fields = properties.iter();
        Kind::Object(
            fields.map(|(key, field)| self.field(key, field, needed.contains(&key.as_str()), level + 1)).collect(),
        )
    }

    fn list(&mut self, schema: &'a Value, level: usize) -> Kind {
        let Some(items) = schema.get("items").filter(|items| items.is_object()) else { return Kind::Json };
        if schema.get("prefixItems").is_some() {
            return Kind::Json;
        }
        let mut item = self.field("", items, false, level + 1);
        if items.get("title").is_none() {
            item.label = "Item".into();
        }
        let bound = |key: &str| schema[key].as_u64().map(|bound| usize::try_from(bound).unwrap_or(usize::MAX));
        match item.kind {
            Kind::Choice(choices) if schema["uniqueItems"] == true => Kind::Several(choices),
            _ => Kind::List(List {
                item: Box::new(item),
                least: bound("minItems").unwrap_or(0).min(limits::ROWS),
                most: bound("maxItems").unwrap_or(limits::ROWS).min(limits::ROWS),
            }),
        }
    }
}

/// A key as people read it: `due_date` is `Due date`.
pub fn readable(key: &str) -> String {
    let mut words = String::with_capacity(key.len());
    let mut before = None::<char>;
    for character in key.chars() {
        let starts = character.is_uppercase() && before.is_some_and(char::is_lowercase);
        match character {
            '_' | '-' => words.push(' '),
            _ if starts => words.extend(std::iter::once(' ').chain(character.to_lowercase())),
            _ => words.push(character),
        }
        before = Some(character);
    }
    let mut rest = words.trim().chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => key.to_owned(),
    }
}

/// The types that a schema names.
fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The other of two alternatives of which one is null.
fn beside_null(schema: &Value) -> Option<&Value> {
    let all = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())?;
    match &all[..] {
        [one, null] | [null, one] if null["type"] == "null" && one["type"] != "null" => Some(one),
        _ => None,
    }
}

/// The choices of a schema that lists constants, each with a title of its own.
fn titled(schema: &Value) -> Option<Vec<Choice>> {
    let all = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
    let choice = |one: &Value| {
        let value = one.get("const")?.clone();
        let label = one["title"].as_str().map_or_else(|| plain(&value), str::to_owned);
        Some(Choice { value, label })
    };
    all.iter().map(choice).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())
}

/// Whether a schema says in alternatives or conditions what a value looks like. Those that only say which members an
/// object needs leave its fields as they are.
fn branches(schema: &Value) -> bool {
    let only_needs = |one: &Value| {
        let needs = |all: &Map<String, Value>| all.keys().all(|key| matches!(key.as_str(), "required" | "title"));
        one.as_object().is_some_and(needs)
    };
    let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema[*key].as_array());
    let conditions = ["if", "then", "else", "dependentSchemas", "$dynamicRef", "$ref"];
    lists.flatten().any(|one| !only_needs(one)) || conditions.iter().any(|key| schema.get(*key).is_some())
}

fn text(schema: &Value) -> Text {
    let most = schema["maxLength"].as_u64();
    let input = match schema["format"].as_str() {
        Some("email") => Input::Email,
        Some("uri" | "url") => Input::Url,
        Some("date") => Input::Date,
        Some("date-time") => Input::Moment,
        Some("textarea" | "multiline") => Input::Lines,
        _ if most.is_some_and(|most| most > limits::LINE) || schema.get("contentMediaType").is_some() => Input::Lines,
        _ => Input::Line,
    };
    Text { input, pattern: schema["pattern"].as_str().map(str::to_owned), least: schema["minLength"].as_u64(), most }
}

fn numeric(schema: &Value, integer: bool) -> Numeric {
    let number = |key: &str| schema[key].as_number().cloned();
    // Of whole numbers an excluded bound has a neighbour that is included; of others it is left to the schema.
    let next = |key: &str, by: i64| {
        let bound = schema[key].as_i64().filter(|_| integer)?;
        bound.checked_add(by).map(Number::from)
    };
    let least = number("minimum").or_else(|| next("exclusiveMinimum", 1));
    let most = number("maximum").or_else(|| next("exclusiveMaximum", -1));
    Numeric { integer, least, most, step: number("multipleOf").filter(|step| step.as_f64() > Some(0.0)) }
}
