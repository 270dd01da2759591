//! The values of an evaluation. JSON of the scope is borrowed, and converted only where an expression reads it.

use super::{error::Fault, moment::Moment};
use serde_json::Value;
use std::{ops::Deref, rc::Rc};

/// The names of the types that `type()` may yield. An expression compares with them, as in `type(x) == int`.
pub(super) const TYPES: [&str; 13] = [
    "bool",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "list",
    "map",
    "null_type",
    "type",
    "timestamp",
    "duration",
    "optional_type",
];

/// A string: borrowed from the scope or from the expression, or made by the evaluation.
#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Made(text) => text,
        }
    }
}

/// A value of an evaluation. Clones share what they hold, so that passing values on is cheap.
#[derive(Clone, Debug)]
pub(super) enum Val<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Text<'a>),
    Bytes(Rc<[u8]>),
    /// An array or an object of the scope. JSON scalars become one of the variants above.
    Json(&'a Value),
    List(Rc<Vec<Val<'a>>>),
    /// An object that the expression builds: entries in the order in which they are written. Keys are unique and of
    /// type bool, int, uint, double or string.
    Map(Rc<Vec<(Val<'a>, Val<'a>)>>),
    Timestamp(Moment),
    Duration(jiff::SignedDuration),
    Type(&'static str),
    Optional(Option<Rc<Val<'a>>>),
    /// A part of the scope, such as `ctx`. Its members are read one by one; it becomes an object only where an
    /// expression uses it as a whole.
    Part(Part<'a>),
}

/// The parts of the scope that are not JSON by themselves.
#[derive(Clone, Debug)]
pub(super) enum Part<'a> {
    Ctx,
    /// `ctx.<node>`, with the id of the node, and whether the expression spells it. The node need not exist: that is
    /// asked when its output is read.
    Node(Text<'a>, Spelled),
    Loop,
    Execution,
}

/// Whether the expression itself spells a key, so that messages may name it, or computes it from values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelled {
    Literally,
    Computed,
}

impl<'a> Val<'a> {
    pub(super) fn from_json(value: &'a Value) -> Self {
        match value {
            Value::Null => Val::Null,
            Value::Bool(b) => Val::Bool(*b),
            Value::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(int), _) => Val::Int(int),
                (None, Some(uint)) => Val::Uint(uint),
                (None, None) => Val::Double(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Val::Text(Text::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Val::Json(value),
        }
    }

    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Val::Text(Text::Made(text.into()))
    }

    pub(super) fn list(items: Vec<Val<'a>>) -> Self {
        Val::List(Rc::new(items))
    }

    /// The type of the value with its article, for messages: `a string`, `an int`.
    pub(super) fn described(&self) -> &'static str {
        match self {
            Val::Null => "null",
            Val::Bool(_) => "a bool",
            Val::Int(_) => "an int",
            Val::Uint(_) => "a uint",
            Val::Double(_) => "a double",
            Val::Text(_) => "a string",
            Val::Bytes(_) => "bytes",
            Val::List(_) | Val::Json(Value::Array(_)) => "a list",
            Val::Map(_) | Val::Json(_) | Val::Part(_) => "an object",
            Val::Timestamp(_) => "a timestamp",
            Val::Duration(_) => "a duration",
            Val::Type(_) => "a type",
            Val::Optional(_) => "an optional",
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Val::Null => "null_type",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int",
            Val::Uint(_) => "uint",
            Val::Double(_) => "double",
            Val::Text(_) => "string",
            Val::Bytes(_) => "bytes",
            Val::List(_) | Val::Json(Value::Array(_)) => "list",
            Val::Map(_) | Val::Json(_) | Val::Part(_) => "map",
            Val::Timestamp(_) => "timestamp",
            Val::Duration(_) => "duration",
            Val::Type(_) => "type",
            Val::Optional(_) => "optional_type",
        }
    }

    /// The number of elements of a list; none where the value is no list.
    pub(super) fn list_len(&self) -> Option<usize> {
        match self {
            Val::List(items) => Some(items.len()),
            Val::Json(Value::Array(items)) => Some(items.len()),
            _ => None,
        }
    }

    /// The element of a list at an index counted from 0; none past its end, or where the value is no list.
    pub(super) fn element(&self, index: usize) -> Option<Val<'a>> {
        match self {
            Val::List(items) => items.get(index).cloned(),
            Val::Json(Value::Array(items)) => items.get(index).map(Val::from_json),
            _ => None,
        }
    }

    /// The number of entries of an object; none where the value is no object. Parts of the scope are not counted.
    pub(super) fn map_len(&self) -> Option<usize> {
        match self {
            Val::Map(entries) => Some(entries.len()),
            Val::Json(Value::Object(entries)) => Some(entries.len()),
            _ => None,
        }
    }

    /// The value under a string key of an object; none where the key is missing or the value is no object.
    pub(super) fn field(&self, name: &str) -> Option<Val<'a>> {
        match self {
            Val::Json(Value::Object(entries)) => entries.get(name).map(Val::from_json),
            Val::Map(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, Val::Text(text) if &**text == name))
                .map(|(_, value)| value.clone()),
            _ => None,
        }
    }

    /// What a macro visits at an index: the key of an object that the expression built, or the element of a list.
    pub(super) fn visited(&self, index: usize) -> Option<Val<'a>> {
        match self {
            Val::Map(entries) => entries.get(index).map(|(key, _)| key.clone()),
            other => other.element(index),
        }
    }
}

/// The text that a value is.
pub(super) fn text<'v>(value: &'v Val<'_>) -> Result<&'v str, Fault> {
    match value {
        Val::Text(text) => Ok(text),
        other => Err(Fault::error(format!("a string is needed here, not {}", other.described()))),
    }
}
