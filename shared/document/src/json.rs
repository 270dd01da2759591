//! What JSON text shows before it is parsed, and JSON that says nothing twice.

pub use expression::memory::{weight as memory, weight_of_text as memory_of_text};

use crate::reading::cut;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How a message ends about a key that an object has twice.
pub const TWICE: &str = "stands twice in the same object";

/// A value in which no object has a key twice. A parser would keep the last of the two without a word, so that half of
/// what the author wrote does nothing.
#[derive(Debug)]
pub struct Unique(pub Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        unique(deserializer).map(Self)
    }
}

/// Reads the value of a field as [`Unique`] does.
///
/// # Errors
/// What the format says, and a message that names the key and ends with [`TWICE`].
pub fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    deserializer.deserialize_any(Whole)
}

/// Reads the value of a field that may be absent or null as [`Unique`] does; null is none. With `#[serde(default)]`.
///
/// # Errors
/// As [`unique`].
pub fn unique_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Ok(unique(deserializer).map(Some)?.filter(|value| !value.is_null()))
}

/// Reads a value that may be absent as [`Unique`] does; null is a value. With `#[serde(default)]`.
///
/// # Errors
/// As [`unique`].
pub fn unique_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    unique(deserializer).map(Some)
}

/// Reads an object that may be absent or null as [`Unique`] does; null is none. With `#[serde(default)]`.
///
/// # Errors
/// As [`unique`], and where it is no object.
pub fn unique_object_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Map<String, Value>>, D::Error> {
    match unique(deserializer)? {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(D::Error::custom("an object is wanted here"))
        }
    }
}

/// The message about a key that an object has twice.
pub fn twice(key: &str) -> String {
    format!("the key `{}` {TWICE}", cut(key))
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(twice(&key)));
            }
            let Unique(value) = fields.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

/// How deep lists and objects lie within each other: 0 for a bare value. A parser recurses that deep, so hosts refuse
/// deep text before they parse it. Text that is no JSON gets some number.
pub fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_where_it_stands_again() {
        let text = "{\"id\": \"a\",\n \"nodes\": [{\"id\": 1,\n  \"id\": 2}]}";
        let error = serde_json::from_str::<Unique>(text).unwrap_err();
        assert_eq!((error.line(), error.is_data()), (3, true));
        assert!(error.to_string().starts_with("the key `id` stands twice in the same object"), "{error}");
    }

    #[test]
    fn what_says_nothing_twice_is_read_as_it_is() {
        let text =
            r#"{"a": [null, true, 1, -1, 18446744073709551615, 1.5, 1e300, "é\u0000", {"a": {"a": {}}}], "b": []}"#;
        let Unique(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(value.to_string(), serde_json::from_str::<Value>(text).unwrap().to_string(), "the order stays");
    }

    #[test]
    fn nesting_counts_what_is_open_outside_of_strings() {
        for (json, levels) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a": [1, {"b": []}], "c": {}}"#, 4),
            (r#"["[[[", "\"[[", "\\", [1]]"#, 2),
            ("]]]]", 0),
            ("[[[", 3),
        ] {
            assert_eq!(nesting(json.as_bytes()), levels, "{json}");
        }
    }
}
