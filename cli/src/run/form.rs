//! Makes a form of a JSON Schema: one line of text for each field of an object. Each field is checked as soon as it is
//! typed, by the schema as the rules read it; the host checks the whole afterwards.

use crate::{
    example::{example_of, resolved, types},
    tool_name::yes_or_no,
};
use api::types::Fault;
use document::validate::schema::Schema;
use serde_json::{Map, Value, json};

/// The fields of a schema, and what checks them.
pub struct Form {
    /// The fields, in the schema's order. None where the schema is no object with properties: then the whole is asked
    /// for as JSON.
    pub fields: Vec<Field>,
    /// What the whole looks like, for people; none where no schema is given.
    pub example: Option<Value>,
    /// The compiled schema; none where there is none, or it cannot be used, which the host tells.
    checked: Option<Schema>,
}

/// One field of the object that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name of the field.
    pub name: String,
    /// What may be typed, for people.
    pub about: String,
    /// What the field is for, as its schema describes it.
    pub description: Option<String>,
    /// An example, for lists and objects, which are typed as JSON.
    pub example: Option<Value>,
    /// Whether the field takes a text that may be long.
    pub is_long: bool,
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

/// What was given so far to a question for data. It outlives a refusal, after which only what was wrong is asked again.
#[derive(Default)]
pub struct Draft {
    /// The values by field.
    pub given: Map<String, Value>,
    /// The fields that are asked; none for all, before anything was refused.
    pub wrong: Option<Vec<String>>,
}

impl Draft {
    /// Takes note of why the data were refused.
    pub fn refused(&mut self, schema: Option<&Value>, reasons: &[Fault]) {
        self.wrong = Some(Form::of(schema).wrong(reasons, &self.given));
    }
}

impl Form {
    /// The form of a schema.
    pub fn of(schema: Option<&Value>) -> Self {
        let Some(whole) = schema else { return Self { fields: Vec::new(), example: None, checked: None } };
        let schema = resolved(whole, whole);
        let needed = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fields = properties.map(|(name, field)| Field::of(name, resolved(field, whole), whole, needed(name)));
        let fields = fields.collect();
        Self { fields, example: Some(example_of(schema, whole)), checked: Schema::of_form(whole).ok() }
    }

    /// Why a value does not fit a field, for people; empty where it fits. The rest of the object is not looked at, since
    /// it is not typed yet.
    pub fn misfits(&self, field: &Field, value: &Value) -> Vec<String> {
        let own = join("", &field.name);
        let inside = |path: &str| path.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let told = |path: &str, message: String| match path.strip_prefix(&own).unwrap_or_default() {
            "" => message,
            below => format!("{below}: {message}"),
        };
        let violations = self.checked.iter().flat_map(|schema| schema.violations(&json!({ &field.name: value })));
        violations.filter(|one| inside(&one.path)).map(|one| told(&one.path, one.message)).collect()
    }

    /// Why a whole value does not fit, for people; empty where it fits.
    pub fn misfits_of_whole(&self, value: &Value) -> Vec<String> {
        let violations = self.checked.iter().flat_map(|schema| schema.violations(value));
        let told = |path: String, message| if path.is_empty() { message } else { format!("{path}: {message}") };
        violations.map(|one| told(one.path, one.message)).collect()
    }

    /// The names of the fields that a refused answer was wrong in, by the API's reasons; all where the reasons are about
    /// the whole.
    pub fn wrong(&self, reasons: &[Fault], given: &Map<String, Value>) -> Vec<String> {
        let named = |field: &&Field| {
            let own = join("/data", &field.name);
            let inside =
                |path: &str| path.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let absent = field.required && !given.contains_key(&field.name);
            absent || reasons.iter().any(|reason| inside(&reason.path))
        };
        let wrong: Vec<String> = self.fields.iter().filter(named).map(|field| field.name.clone()).collect();
        if wrong.is_empty() { self.fields.iter().map(|field| field.name.clone()).collect() } else { wrong }
    }
}

/// A member of the value at a JSON Pointer (RFC 6901).
fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl Field {
    fn of(name: &str, schema: &Value, whole: &Value, required: bool) -> Self {
        let kinds = types(schema);
        let typed_as_json = kinds.iter().any(|kind| ["array", "object"].contains(kind));
        let short = schema.get("format").is_some() || schema.get("enum").is_some() || schema.get("const").is_some();
        let room = schema["maxLength"].as_u64().is_none_or(|most| most > LINE);
        let word = |key: &str| schema[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let description = [word("title"), word("description")].into_iter().flatten().collect::<Vec<_>>();
        Self {
            name: name.to_owned(),
            about: about(schema, &kinds, required),
            description: Some(description.join(": ")).filter(|text| !text.is_empty()),
            example: typed_as_json.then(|| example_of(schema, whole)),
            is_long: kinds.contains(&"string") && !short && room,
            required,
            schema: schema.clone(),
        }
    }

    /// Reads a line as the value of this field. An empty line keeps the value from before, or is the default, or else an
    /// empty text or no value.
    pub fn read(&self, line: &str, before: Option<&Value>) -> Given {
        let kinds = types(&self.schema);
        if line.is_empty() {
            return match before.or(self.schema.get("default")) {
                Some(kept) => Given::Value(kept.clone()),
                None if self.required && !kinds.contains(&"string") => {
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
        // Text needs no quotes; everything else is JSON of a type that the schema names, or text where it names none.
        let json = serde_json::from_str::<Value>(line).ok();
        let read = |kind: &&str| match *kind {
            "boolean" => yes_or_no(line).map(Value::Bool),
            "integer" | "number" => json.clone().filter(Value::is_number),
            "array" => json.clone().filter(Value::is_array),
            "object" => json.clone().filter(Value::is_object),
            "null" => json.clone().filter(Value::is_null),
            _ => None,
        };
        let text = || Value::String(line.into());
        let value = match kinds.iter().find_map(read) {
            Some(value) => Some(value),
            None if kinds.contains(&"string") => Some(text()),
            None if kinds.is_empty() => Some(json.clone().unwrap_or_else(text)),
            None => None,
        };
        value.map_or_else(|| Given::Wrong(format!("this does not fit: {}", self.about)), Given::Value)
    }
}

/// Characters of a text that still fits a line of a terminal.
const LINE: u64 = 100;

/// What may be typed for a field, for people: its kind, its bounds, and what an empty line means.
fn about(schema: &Value, kinds: &[&str], required: bool) -> String {
    let mut parts = Vec::new();
    match (schema["enum"].as_array(), schema["format"].as_str()) {
        (Some(choices), _) => parts.push(choices.iter().map(plain).collect::<Vec<_>>().join(" | ")),
        (None, Some(format)) if kinds.contains(&"string") => parts.push(format.to_owned()),
        (None, _) => {
            let word = |kind: &&str| match *kind {
                "boolean" => "y/n".to_owned(),
                "string" => "text".to_owned(),
                "array" => "list as JSON".to_owned(),
                "object" => "object as JSON".to_owned(),
                kind => kind.to_owned(),
            };
            let words: Vec<String> = kinds.iter().map(word).collect();
            parts.push(if words.is_empty() { "text or JSON".into() } else { words.join(" or ") });
        }
    }
    let bounds = [
        ("minimum", "at least ", ""),
        ("exclusiveMinimum", "more than ", ""),
        ("maximum", "at most ", ""),
        ("exclusiveMaximum", "less than ", ""),
        ("multipleOf", "a multiple of ", ""),
        ("minLength", "at least ", " characters"),
        ("maxLength", "at most ", " characters"),
        ("minItems", "at least ", " items"),
        ("maxItems", "at most ", " items"),
        ("pattern", "like ", ""),
    ];
    let bound = |(key, before, after): (&str, &str, &str)| {
        let value = schema.get(key).filter(|value| value.is_number() || value.is_string())?;
        Some(format!("{before}{}{after}", plain(value)))
    };
    parts.extend(bounds.into_iter().filter_map(bound));
    match schema.get("default") {
        Some(default) => parts.push(format!("default {}", plain(default))),
        None if !required => parts.push("optional".into()),
        None => {}
    }
    parts.join(", ")
}

/// A value as people type it: text without quotes, everything else as JSON.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn form(field: Value, required: &[&str]) -> Form {
        Form::of(Some(&json!({"type": "object", "required": required, "properties": {"f": field}})))
    }

    fn read(schema: Value, required: bool, line: &str) -> Given {
        form(schema, if required { &["f"] } else { &[] }).fields[0].read(line, None)
    }

    fn misfits(schema: Value, value: Value) -> Vec<String> {
        let form = form(schema, &["f"]);
        form.misfits(&form.fields[0], &value)
    }

    #[test]
    fn fields_come_in_the_schemas_order_and_say_what_may_be_typed() {
        let schema = json!({"type": "object", "required": ["b"], "$defs": {"day": {"type": "string", "format": "date"}},
            "properties": {
                "b": {"type": "number", "title": "Amount", "description": "in euros", "minimum": 1, "maximum": 9},
                "a": {"enum": ["x", 2]}, "c": {"type": "boolean", "default": true}, "d": {"$ref": "#/$defs/day"},
                "e": {"type": "array", "items": {"type": "integer"}, "maxItems": 3}}});
        let fields = Form::of(Some(&schema)).fields;
        let about: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.about.as_str())).collect();
        let expected = [
            ("b", "number, at least 1, at most 9"),
            ("a", "x | 2, optional"),
            ("c", "y/n, default true"),
            ("d", "date, optional"),
            ("e", "list as JSON, at most 3 items, optional"),
        ];
        assert_eq!(about, expected);
        assert_eq!(fields[0].description.as_deref(), Some("Amount: in euros"));
        assert_eq!(fields[4].example, Some(json!([1])));
        assert!(Form::of(Some(&json!({"type": "string"}))).fields.is_empty());
    }

    #[test]
    fn lines_become_values_of_the_fields_type() {
        assert_eq!(read(json!({"type": "string"}), true, "12"), Given::Value(json!("12")));
        assert_eq!(read(json!({"type": "integer"}), true, "12"), Given::Value(json!(12)));
        assert!(matches!(read(json!({"type": "integer"}), true, "x"), Given::Wrong(_)));
        assert!(matches!(read(json!({"type": "integer"}), true, ""), Given::Wrong(_)));
        assert_eq!(read(json!({"type": "integer"}), false, ""), Given::Nothing);
        assert_eq!(read(json!({"type": ["integer", "null"]}), true, "null"), Given::Value(Value::Null));
        assert_eq!(read(json!({"type": "boolean"}), true, "yes"), Given::Value(json!(true)));
        assert_eq!(read(json!({"enum": ["x", 2]}), true, "2"), Given::Value(json!(2)));
        assert!(matches!(read(json!({"enum": ["x", 2]}), true, "3"), Given::Wrong(_)));
        assert_eq!(read(json!({}), true, "[1]"), Given::Value(json!([1])));
        assert_eq!(read(json!({"default": 7}), true, ""), Given::Value(json!(7)));
        let kept = form(json!({"type": "integer", "default": 7}), &[]).fields[0].read("", Some(&json!(8)));
        assert_eq!(kept, Given::Value(json!(8)));
    }

    #[test]
    fn limits_patterns_and_formats_are_checked_at_once() {
        let integer = json!({"type": "integer", "minimum": 1});
        assert_eq!(misfits(integer.clone(), json!(1)), [""; 0]);
        assert_eq!(misfits(integer.clone(), json!(0)), ["0 is less than the minimum of 1"]);
        assert!(!misfits(integer, json!(1.5)).is_empty());
        assert!(!misfits(json!({"type": "string", "pattern": "^[A-Z]+$"}), json!("ab")).is_empty());
        let day = json!({"type": "string", "format": "date"});
        assert_eq!(misfits(day.clone(), json!("tomorrow")), [r#""tomorrow" is not a "date""#]);
        assert_eq!(misfits(day, json!("2026-02-28")), [""; 0]);
        let list = json!({"type": "array", "items": {"type": "integer"}});
        assert_eq!(misfits(list, json!([1, "x"])), [r#"/1: "x" is not of type "integer""#]);
    }

    #[test]
    fn only_the_fields_that_were_wrong_are_asked_again() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {}, "b/c": {}, "d": {}}});
        let form = Form::of(Some(&schema));
        let reason = |path: &str| Fault { path: path.into(), ..Fault::default() };
        let given = json!({"a": 1, "b/c": 2}).as_object().unwrap().clone();
        assert_eq!(form.wrong(&[reason("/data/b~1c/0")], &given), ["b/c"]);
        assert_eq!(form.wrong(&[reason("/data")], &given), ["a", "b/c", "d"]);
        assert_eq!(form.wrong(&[reason("/data")], &Map::new()), ["a"]);
    }
}
