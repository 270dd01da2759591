//! The conversion of results to JSON, within bounds of bytes and depth.

use super::{
    error::Fault,
    time,
    value::{Text, Val},
};
use crate::{limits, memory};
use serde_json::{Map, Number, Value};

/// The room that a result may still take. It is counted as text, since it is written, and as values, since it is held.
pub(super) struct Room {
    /// Bytes left of [`limits::OUTCOME_BYTES`]. Each value counts 8 bytes, besides the bytes of its text.
    text: usize,
    /// Bytes left of [`limits::OUTCOME_MEMORY_BYTES`].
    memory: usize,
    /// Bytes of memory left of [`limits::EXPRESSION_MADE_BYTES`], for what expressions make and do not copy.
    made: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { text: limits::OUTCOME_BYTES, memory: limits::OUTCOME_MEMORY_BYTES, made: limits::EXPRESSION_MADE_BYTES }
    }

    /// Takes room for text that is copied.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.write(bytes)?;
        self.hold(bytes)
    }

    /// Takes the room of a list that is written out.
    pub(super) fn list(&mut self) -> Result<(), Fault> {
        self.write(8)?;
        self.hold(memory::CELL + memory::ALLOCATION)
    }

    /// Takes the room of an object that is written out, and of its keys.
    pub(super) fn object<'k>(&mut self, mut keys: impl ExactSizeIterator<Item = &'k str>) -> Result<(), Fault> {
        self.list()?;
        self.hold(memory::of_object(keys.len()))?;
        keys.try_for_each(|key| self.take(key.len() + memory::ALLOCATION))
    }

    fn write(&mut self, bytes: usize) -> Result<(), Fault> {
        self.text = self.text.checked_sub(bytes).ok_or(Fault::Limit("its result is larger than 32 MiB"))?;
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Fault> {
        let large =
            "its result takes more than 128 MiB as values in memory; keep fewer of them, or join them to a text";
        self.memory = self.memory.checked_sub(bytes).ok_or(Fault::Limit(large))?;
        Ok(())
    }

    /// Takes the memory of something that the expression makes.
    fn make(&mut self, bytes: usize) -> Result<(), Fault> {
        let large = "it makes a result that takes more than 64 MiB as values in memory; use a `code` node";
        self.made = self.made.checked_sub(bytes).ok_or(Fault::Limit(large))?;
        self.hold(bytes)
    }

    /// Converts a value to JSON. `depth` is its level within the result, 0 at the top.
    pub(super) fn json(&mut self, value: &Val<'_>, depth: usize) -> Result<Value, Fault> {
        self.make(memory::CELL)?;
        self.within(value, depth)
    }

    /// The same for a value whose place is taken already: that of a list or an object is taken as a whole, before any
    /// of it is built.
    fn within(&mut self, value: &Val<'_>, depth: usize) -> Result<Value, Fault> {
        deep(depth)?;
        if let Val::Json(value) = value {
            self.measure(value, depth)?;
            return Ok((*value).clone());
        }
        self.write(8)?;
        Ok(match value {
            Val::Null | Val::Optional(None) => Value::Null,
            Val::Bool(value) => Value::Bool(*value),
            Val::Int(value) => Value::from(*value),
            Val::Uint(value) => Value::from(*value),
            Val::Double(value) => Number::from_f64(*value)
                .map(Value::Number)
                .ok_or_else(|| Fault::error("the result is not a finite number"))?,
            Val::Text(text) => {
                self.write(text.len())?;
                match text {
                    Text::Borrowed(_) => self.hold(memory::of_text(text.len()))?,
                    Text::Made(_) => self.make(memory::of_text(text.len()))?,
                }
                Value::String(text.to_string())
            }
            Val::Bytes(bytes) => {
                let length = bytes.len() / 3 * 4 + 4;
                self.write(length)?;
                self.make(memory::of_text(length))?;
                Value::String(base64(bytes))
            }
            Val::Timestamp(_) | Val::Duration(_) => Value::String(time::text(value).unwrap_or_default()),
            Val::Type(name) => Value::String((*name).to_owned()),
            Val::List(items) => {
                self.make(items.len() * memory::CELL)?;
                let mut list = Vec::with_capacity(items.len());
                for item in items.iter() {
                    list.push(self.within(item, depth + 1)?);
                }
                Value::Array(list)
            }
            Val::Map(entries) => {
                self.make(memory::of_object(entries.len()) + entries.len() * memory::CELL)?;
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    let key = key_text(key);
                    self.write(key.len())?;
                    self.make(memory::of_text(key.len()))?;
                    if map.insert(key, self.within(value, depth + 1)?).is_some() {
                        return Err(Fault::error("two keys of this object have the same text"));
                    }
                }
                Value::Object(map)
            }
            Val::Optional(Some(inner)) => return self.within(inner, depth + 1),
            Val::Json(_) | Val::Part(_) => return Err(Fault::error("a part of the scope is no value")),
        })
    }

    /// Takes the room of a value that is JSON already.
    pub(super) fn measure(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        deep(depth)?;
        self.write(8)?;
        self.hold(memory::one(value))?;
        match value {
            Value::String(text) => self.write(text.len()),
            Value::Array(items) => items.iter().try_for_each(|item| self.measure(item, depth + 1)),
            Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
                self.write(key.len())?;
                self.measure(value, depth + 1)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
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
