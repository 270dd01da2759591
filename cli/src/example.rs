//! Examples of what a JSON Schema asks for, to be shown to people beside a form or in a command.

use serde_json::{Map, Value, json};

/// Schemas within each other that an example follows: deeper ones are shown as null.
const DEPTH: usize = 6;
/// References that are followed from one place: a schema that only leads on says nothing.
const REFERENCES: usize = 8;
/// Fields of an object that an example shows, so that it stays in sight.
const FIELDS: usize = 12;

/// An example of a value of this schema. It has the schema's shape; whether it fits in all, the host says.
pub fn example(schema: &Value) -> Value {
    of(schema, schema, DEPTH)
}

/// An example for a part of a schema, whose references lead into the `whole`.
pub fn example_of(part: &Value, whole: &Value) -> Value {
    of(part, whole, DEPTH)
}

/// The schema that a part of the whole refers to, or the part itself where it is no reference into the whole.
pub fn resolved<'s>(part: &'s Value, whole: &'s Value) -> &'s Value {
    let mut at = part;
    for _ in 0..REFERENCES {
        let target = at.get("$ref").and_then(Value::as_str).and_then(|to| whole.pointer(to.strip_prefix('#')?));
        match target {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

/// The types that a schema names, which may be a word or a list of them.
pub fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn of(part: &Value, whole: &Value, depth: usize) -> Value {
    let schema = resolved(part, whole);
    let given = [schema.get("default"), schema["examples"].get(0), schema.get("const"), schema["enum"].get(0)];
    if let Some(given) = given.into_iter().flatten().next() {
        return given.clone();
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    let kind = types(schema).into_iter().find(|kind| *kind != "null");
    match kind.or_else(|| schema.get("properties").map(|_| "object")) {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten().take(FIELDS);
            Value::Object(
                properties.map(|(name, field)| (name.clone(), of(field, whole, depth))).collect::<Map<_, _>>(),
            )
        }
        Some("array") => {
            let item = schema.get("items").or_else(|| schema["prefixItems"].get(0)).filter(|item| item.is_object());
            json!([item.map_or_else(|| "text".into(), |item| of(item, whole, depth))])
        }
        Some("string") => text(schema["format"].as_str()).into(),
        Some("integer" | "number") => number(schema),
        Some("boolean") => true.into(),
        _ => "text".into(),
    }
}

/// A text in a format of JSON Schema.
fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date") => "2026-01-31",
        Some("date-time") => "2026-01-31T09:00:00Z",
        Some("time") => "09:00:00Z",
        Some("email" | "idn-email") => "ann@example.com",
        Some("uri" | "iri" | "uri-reference") => "https://example.com/",
        Some("uuid") => "01890a5d-ac96-774b-bcce-b302099a8057",
        Some("ipv4") => "192.0.2.1",
        Some("hostname") => "example.com",
        _ => "text",
    }
}

/// The least number that a schema names, else 1.
fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").or_else(|| schema.get("multipleOf")).filter(|least| least.is_number());
    let above = schema["exclusiveMinimum"].as_i64().map(|least| json!(least + 1));
    least.cloned().or(above).unwrap_or_else(|| 1.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_the_shape_of_its_schema() {
        let schema = json!({"type": "object", "$defs": {"day": {"type": "string", "format": "date"}}, "properties": {
            "count": {"type": "integer", "minimum": 3}, "days": {"type": "array", "items": {"$ref": "#/$defs/day"}},
            "size": {"enum": ["s", "l"]}, "note": {"type": ["null", "string"]}, "any": {}}});
        let expected = json!({"count": 3, "days": ["2026-01-31"], "size": "s", "note": "text", "any": "text"});
        assert_eq!(example(&schema), expected);
    }

    #[test]
    fn a_schema_that_leads_back_to_itself_ends() {
        let tree = json!({"type": "object", "properties": {"left": {"$ref": "#"}}});
        assert!(example(&tree).to_string().len() < 200);
        let circle = json!({"$ref": "#"});
        assert_eq!(example(&circle), "text");
    }
}
