//! The fields that a JSON Schema asks for. Objects within objects are flattened; what no field can take makes no form, so
//! that the person is sent to the page instead.

use super::field::{Field, Form, Takes};
use crate::limits::{SLACK_NESTING, SLACK_TEXT};
use serde_json::{Map, Value, json};

/// Words of a schema that a form cannot follow.
const UNSHOWN: [&str; 8] =
    ["$ref", "$dynamicRef", "anyOf", "oneOf", "not", "if", "patternProperties", "dependentSchemas"];
/// The longest text that is asked for in one line.
const ONE_LINE: u64 = 200;

/// The form of the data that a schema describes; none where a field cannot be shown.
pub(super) fn form(schema: &Value) -> Option<Form> {
    let mut form = Form::default();
    let root = Place { at: "/data".into(), label: String::new(), required: true, depth: 0 };
    add(&mut form, schema, root)?;
    Some(form)
}

/// Where a schema stands.
struct Place {
    at: String,
    label: String,
    required: bool,
    depth: usize,
}

/// Adds the fields of one schema.
fn add(form: &mut Form, schema: &Value, place: Place) -> Option<()> {
    let schema = schema.as_object()?;
    if UNSHOWN.iter().any(|word| schema.contains_key(*word)) {
        return None;
    }
    if let Some(constant) = schema.get("const") {
        if place.required {
            form.given.push((place.at, constant.clone()));
        }
        return Some(());
    }
    let (kind, nullable) = kind(schema)?;
    if kind == "object" {
        return object(form, schema, place);
    }
    let text = |word: &str| schema.get(word).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let own = text("title").map(str::to_owned);
    let label = match (place.label.is_empty(), own) {
        (true, Some(title)) => title,
        (true, None) => "Answer".to_owned(),
        (false, _) => place.label,
    };
    let takes = takes(schema, kind)?;
    let is_list = matches!(takes, Takes::Any(_) | Takes::Lines { .. });
    let empty = match (is_list, nullable) {
        _ if !place.required => None,
        (true, _) => Some(json!([])),
        (false, true) => Some(Value::Null),
        (false, false) => None,
    };
    let least_items = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let required = place.required && if is_list { least_items > 0 } else { empty.is_none() };
    let initial = schema.get("default").filter(|value| !value.is_null()).cloned();
    let hint = text("description").map(str::to_owned);
    form.fields.push(Field { at: place.at, label, hint, required, empty, initial, takes });
    Some(())
}

/// Adds the fields of an object. Where it is not required its fields are not either, and it is there once one is filled in.
fn object(form: &mut Form, schema: &Map<String, Value>, place: Place) -> Option<()> {
    let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty())?;
    if place.depth >= SLACK_NESTING {
        return None;
    }
    if place.required {
        form.given.push((place.at.clone(), json!({})));
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
    // What is required and has no property of its own could not be given.
    if !required.iter().all(|name| properties.contains_key(*name)) {
        return None;
    }
    for (name, property) in properties {
        let title = property.get("title").and_then(Value::as_str).filter(|title| !title.trim().is_empty());
        let own = title.unwrap_or(name);
        let label = if place.label.is_empty() { own.to_owned() } else { format!("{} – {own}", place.label) };
        let at = format!("{}/{}", place.at, name.replace('~', "~0").replace('/', "~1"));
        let required = place.required && required.contains(&name.as_str());
        add(form, property, Place { at, label, required, depth: place.depth + 1 })?;
    }
    Some(())
}

/// The type that a schema names, and whether null is another; of an `enum` without a type the values tell.
fn kind(schema: &Map<String, Value>) -> Option<(&str, bool)> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some((kind, false)),
        Some(Value::Array(kinds)) => {
            let named: Vec<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
            let [kind] = named[..] else { return None };
            Some((kind, kinds.len() > 1))
        }
        None if schema.contains_key("enum") => Some(("string", false)),
        None if schema.contains_key("properties") => Some(("object", false)),
        _ => None,
    }
}

/// What the field of a schema of this type takes.
fn takes(schema: &Map<String, Value>, kind: &str) -> Option<Takes> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return (kind != "array").then(|| Takes::One(options(values)));
    }
    let number = |word: &str| schema.get(word).and_then(Value::as_f64);
    let count = |word: &str| schema.get(word).and_then(Value::as_u64);
    match kind {
        "string" => Some(match schema.get("format").and_then(Value::as_str) {
            Some("date") => Takes::Date,
            Some("date-time") => Takes::Moment,
            Some("email" | "idn-email") => Takes::Email,
            Some("uri" | "url") => Takes::Url,
            _ => {
                let most = count("maxLength").unwrap_or(SLACK_TEXT as u64).min(SLACK_TEXT as u64);
                Takes::Text { lines: most > ONE_LINE, least: count("minLength").unwrap_or(0), most }
            }
        }),
        "number" | "integer" => {
            Some(Takes::Number { integer: kind == "integer", least: number("minimum"), most: number("maximum") })
        }
        "boolean" => Some(Takes::One(vec![(json!(true), "Yes".into()), (json!(false), "No".into())])),
        "array" => list(schema.get("items")?.as_object()?),
        _ => None,
    }
}

/// What the field of a list takes, by the schema of its items.
fn list(items: &Map<String, Value>) -> Option<Takes> {
    if UNSHOWN.iter().any(|word| items.contains_key(*word)) {
        return None;
    }
    if let Some(values) = items.get("enum").and_then(Value::as_array) {
        return Some(Takes::Any(options(values)));
    }
    match kind(items)? {
        ("string", false) => Some(Takes::Lines { numbers: false }),
        ("number" | "integer", false) => Some(Takes::Lines { numbers: true }),
        _ => None,
    }
}

/// Values to choose from, each as people read it.
fn options(values: &[Value]) -> Vec<(Value, String)> {
    let read = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().map(|value| (value.clone(), read(value))).collect()
}
