//! Reads the members of an object, collecting what is wrong instead of stopping at it.

use super::{At, Cx, suggest};
use serde_json::{Map, Value};

/// An object of the document whose members are being read. The methods that read a member give none where it is absent,
/// and where it is wrong, which they report.
pub struct Fields<'d, 'a> {
    pub(crate) object: &'d Map<String, Value>,
    pub(crate) at: &'a At<'a>,
    /// The code of problems with the members.
    pub(crate) code: &'static str,
}

impl<'d, 'a> Fields<'d, 'a> {
    /// Takes an object and reports its unknown keys.
    pub fn new(
        cx: &mut Cx<'_>,
        object: &'d Map<String, Value>,
        at: &'a At<'a>,
        code: &'static str,
        known: &[&str],
    ) -> Self {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = suggest::key(key, known, matches!(at, At::Key(_, "config")));
            cx.error("schema", &at.key(key), format!("unknown key `{key}`"), hint);
        }
        Self { object, at, code }
    }

    /// The value of a member, which must not be null: a member that is null counts as absent.
    pub fn get(&self, key: &str) -> Option<&'d Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Reports a problem with a member.
    pub fn wrong(&self, cx: &mut Cx<'_>, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        cx.error(self.code, &self.at.key(key), message, hint);
    }

    /// Reports that a member is missing; the path is that of the object.
    pub fn missing(&self, cx: &mut Cx<'_>, key: &str, hint: &str) {
        cx.error(self.code, self.at, format!("`{key}` is missing"), hint);
    }

    fn mistyped(&self, cx: &mut Cx<'_>, key: &str, wanted: &str) {
        let found = self.object.get(key).map_or("nothing", kind_of);
        self.wrong(cx, key, format!("`{key}` is {found}"), format!("Give {wanted}."));
    }

    /// Reads a string that is more than blanks.
    pub fn text(&self, cx: &mut Cx<'_>, key: &str) -> Option<&'d str> {
        match self.get(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            Value::String(_) => {
                self.wrong(cx, key, format!("`{key}` is empty"), "Give some text, or leave the key out.");
                None
            }
            _ => {
                self.mistyped(cx, key, "a string");
                None
            }
        }
    }

    /// A member that is true or false.
    pub fn flag(&self, cx: &mut Cx<'_>, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        if value.as_bool().is_none() {
            self.mistyped(cx, key, "`true` or `false`");
        }
        value.as_bool()
    }

    /// Reads a number from `least` to `most`, both included.
    pub fn number(&self, cx: &mut Cx<'_>, key: &str, least: f64, most: f64) -> Option<f64> {
        let value = self.get(key)?;
        match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(number) => {
                self.wrong(cx, key, format!("`{key}` is {number}"), format!("Give a number from {least} to {most}."));
                None
            }
            None => {
                self.mistyped(cx, key, &format!("a number from {least} to {most}"));
                None
            }
        }
    }

    /// Reads a whole number from `least` to `most`, both included.
    pub fn integer(&self, cx: &mut Cx<'_>, key: &str, least: u64, most: u64) -> Option<u64> {
        let value = self.get(key)?;
        match whole(value) {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ if value.is_number() => {
                let hint = format!("Give a whole number from {least} to {most}.");
                self.wrong(cx, key, format!("`{key}` is {value}"), hint);
                None
            }
            _ => {
                self.mistyped(cx, key, &format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// Reads one of some words, as its position among them.
    pub fn word(&self, cx: &mut Cx<'_>, key: &str, words: &[&str]) -> Option<usize> {
        let value = self.get(key)?;
        let Some(text) = value.as_str() else {
            self.mistyped(cx, key, &format!("one of `{}`", words.join("`, `")));
            return None;
        };
        let found = words.iter().position(|word| *word == text);
        if found.is_none() {
            let hint = suggest::hint(text, words.iter().copied());
            self.wrong(cx, key, format!("`{}` is no {key}", cut(text)), hint);
        }
        found
    }

    /// Reads a list of at most `most` items.
    pub fn list(&self, cx: &mut Cx<'_>, key: &str, most: usize) -> Option<&'d [Value]> {
        match self.get(key)? {
            Value::Array(items) if items.len() <= most => Some(items),
            Value::Array(items) => {
                let count = items.len();
                self.wrong(cx, key, format!("`{key}` has {count} items"), format!("Give at most {most}."));
                None
            }
            _ => {
                self.mistyped(cx, key, "a list");
                None
            }
        }
    }

    /// A member that is an object.
    pub fn object(&self, cx: &mut Cx<'_>, key: &str) -> Option<&'d Map<String, Value>> {
        let value = self.get(key)?;
        if !value.is_object() {
            self.mistyped(cx, key, "an object");
        }
        value.as_object()
    }
}

/// The whole number of a JSON value. As in JSON Schema, 3.0 is one. Up to 9e15 a double is exact.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    let exact = |number: &f64| number.fract() == 0.0 && (0.0..=9e15).contains(number);
    value.as_u64().or_else(|| value.as_f64().filter(exact).map(|number| number as u64))
}

/// The type of a JSON value with its article, for messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A text of the document for a message, cut to 80 characters.
pub(crate) fn cut(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(79).chain(['…']).collect() }
}
