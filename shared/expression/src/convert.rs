//! The conversion of results to JSON, within bounds of bytes and depth.

use super::{
    error::Fault,
    time,
    value::{Text, Val},
};
use crate::limits;
use serde_json::{Map, Number, Value};

/// The room that a result may still take.
pub(super) struct Room {
    /// Bytes left of [`limits::OUTCOME_BYTES`]. Each value counts 8 bytes, besides the bytes of its text.
    bytes: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { bytes: limits::OUTCOME_BYTES }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Fault::Limit("its result is larger than 32 MiB"))?;
        Ok(())
    }

    /// Converts a value to JSON. `depth` is its level within the result, 0 at the top.
    pub(super) fn json(&mut self, value: &Val<'_>, depth: usize) -> Result<Value, Fault> {
        deep(depth)?;
        self.take(8)?;
        Ok(match value {
            Val::Null | Val::Optional(None) => Value::Null,
            Val::Bool(value) => Value::Bool(*value),
            Val::Int(value) => Value::from(*value),
            Val::Uint(value) => Value::from(*value),
            Val::Double(value) => Number::from_f64(*value)
                .map(Value::Number)
                .ok_or_else(|| Fault::error("the result is not a finite number"))?,
            Val::Text(text) => {
                self.take(text.len())?;
                Value::String(match text {
                    Text::Borrowed(text) => (*text).to_owned(),
                    Text::Made(text) => text.to_string(),
                })
            }
            Val::Bytes(bytes) => {
                self.take(bytes.len() / 3 * 4 + 4)?;
                Value::String(base64(bytes))
            }
            Val::Timestamp(_) | Val::Duration(_) => Value::String(time::text(value).unwrap_or_default()),
            Val::Type(name) => Value::String((*name).to_owned()),
            Val::Json(value) => {
                self.measure(value, depth)?;
                (*value).clone()
            }
            Val::List(items) => {
                let items: Result<_, _> = items.iter().map(|item| self.json(item, depth + 1)).collect();
                Value::Array(items?)
            }
            Val::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries.iter() {
                    let key = key_text(key);
                    self.take(key.len())?;
                    if map.insert(key, self.json(value, depth + 1)?).is_some() {
                        return Err(Fault::error("two keys of this object have the same text"));
                    }
                }
                Value::Object(map)
            }
            Val::Optional(Some(inner)) => return self.json(inner, depth + 1),
            Val::Part(_) => return Err(Fault::error("a part of the scope is no value")),
        })
    }

    /// Takes the room of a value that is JSON already.
    pub(super) fn measure(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        deep(depth)?;
        self.take(8)?;
        match value {
            Value::String(text) => self.take(text.len()),
            Value::Array(items) => items.iter().try_for_each(|item| self.measure(item, depth + 1)),
            Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                self.take(key.len())?;
                self.measure(value, depth + 1)
            }),
            _ => Ok(()),
        }
    }
}

/// Refuses a level deeper than [`limits::JSON_DEPTH`], since such JSON could not be read back from storage.
fn deep(depth: usize) -> Result<(), Fault> {
    if depth > limits::JSON_DEPTH { Err(Fault::Limit("its result nests more than 100 levels deep")) } else { Ok(()) }
}

/// The text of a key: JSON has no other keys.
fn key_text(key: &Val<'_>) -> String {
    match key {
        Val::Text(text) => text.to_string(),
        Val::Bool(value) => value.to_string(),
        Val::Int(value) => value.to_string(),
        Val::Uint(value) => value.to_string(),
        Val::Double(value) => value.to_string(),
        other => other.type_name().to_owned(),
    }
}

/// Encodes bytes in base64 (RFC 4648 §4), with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0_usize, |word, (i, b)| word | usize::from(*b) << (16 - 8 * i));
        for digit in 0..4 {
            out.push(if digit <= chunk.len() { char::from(DIGITS[word >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    out
}
