//! Makes a form of a JSON Schema: one line of text for each field of an object. The host checks the whole afterwards.

use serde_json::{Map, Value};

/// One field of the object that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name of the field.
    pub name: String,
    /// What may be typed, for people.
    pub about: String,
    required: bool,
    schema: Value,
}

/// What a line gives for a field.
#[derive(Debug, PartialEq)]
pub enum Given {
    /// The value that the line stands for.
    Value(Value),
    /// No value, for a field that needs none.
    Nothing,
    /// The line does not fit the field: why, for people.
    Wrong(String),
}

/// Returns the fields of a schema, in its order. None where it is no object with properties: then the whole is asked
/// for as JSON.
pub fn fields(schema: Option<&Value>) -> Vec<Field> {
    let Some(schema) = schema else { return Vec::new() };
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let field = |(name, schema): (&String, &Value)| {
        let required = required(name);
        Field { name: name.clone(), about: about(schema, required), required, schema: schema.clone() }
    };
    properties.map(field).collect()
}

/// What may be typed for a field, for people.
fn about(schema: &Value, required: bool) -> String {
    let mut parts = Vec::new();
    match (schema["enum"].as_array(), schema["type"].as_str()) {
        (Some(choices), _) => parts.push(choices.iter().map(plain).collect::<Vec<_>>().join(" | ")),
        (None, Some("boolean")) => parts.push("y/n".into()),
        (None, Some("string")) => parts.push("text".into()),
        (None, Some(kind)) => parts.push(kind.into()),
        (None, None) => parts.push("JSON".into()),
    }
    match schema.get("default") {
        Some(default) => parts.push(format!("default {}", plain(default))),
        None if !required => parts.push("optional".into()),
        None => {}
    }
    let title = schema["title"].as_str().or(schema["description"].as_str());
    let title = title.map(|title| format!("{title}; ")).unwrap_or_default();
    format!("{title}{}", parts.join(", "))
}

/// A value as people type it: text without quotes, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Field {
    /// Reads a line as the value of this field. An empty line is the default, or else an empty text or no value.
    pub fn read(&self, line: &str) -> Given {
        if line.is_empty() {
            return match self.schema.get("default") {
                Some(default) => Given::Value(default.clone()),
                None if self.required && self.schema["type"] != "string" => {
                    Given::Wrong(format!("{} is needed: {}", self.name, self.about))
                }
                None if self.required => Given::Value("".into()),
                None => Given::Nothing,
            };
        }
        if let Some(choices) = self.schema["enum"].as_array() {
            let chosen = choices.iter().find(|choice| plain(choice) == line);
            return chosen.cloned().map_or_else(|| Given::Wrong(format!("one of: {}", self.about)), Given::Value);
        }
        // Text needs no quotes; everything else is JSON of the type that the schema names, or text where it names none.
        let json = || serde_json::from_str::<Value>(line).ok();
        let value = match self.schema["type"].as_str() {
            Some("string") => Some(Value::String(line.into())),
            Some("boolean") => yes_or_no(line).map(Value::Bool),
            Some("integer" | "number") => json().filter(Value::is_number),
            Some("array") => json().filter(Value::is_array),
            Some("object") => json().filter(Value::is_object),
            Some("null") => json().filter(Value::is_null),
            Some(_) | None => Some(json().unwrap_or_else(|| Value::String(line.into()))),
        };
        value.map_or_else(|| Given::Wrong(format!("this is not {}", self.about)), Given::Value)
    }
}

/// Reads yes or no as people write it; none for another word.
pub fn yes_or_no(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "approve" | "approved" | "ok" => Some(true),
        "n" | "no" | "false" | "reject" | "rejected" => Some(false),
        _ => None,
    }
}

/// Makes an object of the fields that were given.
pub fn object(given: Vec<(String, Value)>) -> Value {
    Value::Object(given.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(schema: Value, required: bool) -> Field {
        Field { name: "f".into(), about: about(&schema, required), required, schema }
    }

    #[test]
    fn fields_come_in_the_schemas_order_and_say_what_may_be_typed() {
        let schema = json!({"type": "object", "required": ["b"], "properties": {
            "b": {"type": "number", "title": "Amount"}, "a": {"enum": ["x", 2]},
            "c": {"type": "boolean", "default": true}}});
        let about: Vec<_> = fields(Some(&schema)).into_iter().map(|field| (field.name, field.about)).collect();
        let expected = [("b", "Amount; number"), ("a", "x | 2, optional"), ("c", "y/n, default true")];
        assert_eq!(about, expected.map(|(name, about)| (name.to_owned(), about.to_owned())));
        assert_eq!(fields(Some(&json!({"type": "string"}))), []);
    }

    #[test]
    fn lines_become_values_of_the_fields_type() {
        assert_eq!(field(json!({"type": "string"}), true).read("12"), Given::Value(json!("12")));
        assert_eq!(field(json!({"type": "integer"}), true).read("12"), Given::Value(json!(12)));
        assert!(matches!(field(json!({"type": "integer"}), true).read("x"), Given::Wrong(_)));
        assert!(matches!(field(json!({"type": "integer"}), true).read(""), Given::Wrong(_)));
        assert_eq!(field(json!({"type": "integer"}), false).read(""), Given::Nothing);
        assert_eq!(field(json!({"type": "boolean"}), true).read("yes"), Given::Value(json!(true)));
        assert_eq!(field(json!({"enum": ["x", 2]}), true).read("2"), Given::Value(json!(2)));
        assert!(matches!(field(json!({"enum": ["x", 2]}), true).read("3"), Given::Wrong(_)));
        assert_eq!(field(json!({}), true).read("[1]"), Given::Value(json!([1])));
        assert_eq!(field(json!({"default": 7}), true).read(""), Given::Value(json!(7)));
    }
}
