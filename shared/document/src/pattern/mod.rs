//! Event patterns as EventBridge has them: which events an `event_trigger` listens to. Pure.
//!
//! A pattern has the shape of the events that it matches. Its objects name fields, and each leaf is a list of the
//! values and operators that the event may match there. Every field that is named must match; of the list at a leaf one
//! item must. A field of the event that is a list matches where one of its items does, and fields below a list of
//! objects are looked for in one and the same object.
//!
//! | in the list of a leaf | matches |
//! |---|---|
//! | a string, number, boolean or null | that value; numbers by value (`300` is `3.0e2`) |
//! | `{"prefix": text}`, `{"suffix": text}` | strings that begin or end with the text |
//! | `{"prefix": {"equals-ignore-case": text}}`, also with `suffix` | the same in any case |
//! | `{"equals-ignore-case": text}` | strings that equal the text in any case |
//! | `{"wildcard": text}` | strings, where `*` stands for any text and `\*` for a star |
//! | `{"anything-but": value, list, or one of the above}` | every other value that is there |
//! | `{"numeric": ["<", n]}`, `[">", n, "<=", m]`, `["=", n]` | numbers of that range |
//! | `{"exists": true or false}` | whether there is a value; an object does not count as one |
//! | `{"cidr": "10.0.0.0/8"}` | IP addresses of that range |
//!
//! `"$or": [pattern, …]`, at any level, matches where one of the patterns does.

mod leaf;
mod listener;
mod read;
#[cfg(test)]
mod tests;

pub use listener::{Listener, listeners};
pub use read::Fault;

use leaf::Matcher;
use serde_json::{Map, Value};

/// An event pattern that was read without a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The named fields, all of which must match.
    fields: Vec<(String, Field)>,
    /// The `$or` groups: of each, at least one pattern must match.
    groups: Vec<Vec<Pattern>>,
}

/// What a pattern asks of one field.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// The field is an object that matches the pattern, or a list that holds such an object.
    Below(Pattern),
    /// The field is a leaf that one of the matchers accepts.
    OneOf(Vec<Matcher>),
}

impl Pattern {
    /// Reads a pattern from its JSON.
    ///
    /// # Errors
    /// Every fault of the pattern, for people.
    pub fn read(pattern: &Value) -> Result<Self, Vec<Fault>> {
        read::read(pattern)
    }

    /// Whether an event matches. An event that is no JSON object counts as one without fields.
    pub fn matches(&self, event: &Value) -> bool {
        event.as_object().map_or_else(|| self.matches_fields(&Map::new()), |event| self.matches_fields(event))
    }

    fn matches_fields(&self, event: &Map<String, Value>) -> bool {
        self.fields.iter().all(|(name, field)| field.matches(event.get(name)))
            && self.groups.iter().all(|group| group.iter().any(|pattern| pattern.matches_fields(event)))
    }
}

impl Field {
    /// Whether the value of the field matches; `None` where the event does not have the field.
    fn matches(&self, value: Option<&Value>) -> bool {
        let mut leaves = Vec::new();
        flatten(value, &mut leaves);
        match self {
            Self::Below(pattern) => {
                let mut objects = leaves.iter().filter_map(|leaf| leaf.as_object()).peekable();
                match objects.peek() {
                    Some(_) => objects.any(|object| pattern.matches_fields(object)),
                    // Below a missing object every field is missing, which `{"exists": false}` accepts.
                    None => pattern.matches_fields(&Map::new()),
                }
            }
            Self::OneOf(matchers) => {
                leaves.retain(|leaf| !leaf.is_object());
                match leaves.is_empty() {
                    true => matchers.contains(&Matcher::Exists(false)),
                    false => leaves.iter().any(|leaf| matchers.iter().any(|matcher| matcher.matches(leaf))),
                }
            }
        }
    }
}

/// Collects a value or, of a list, its items and those of the lists within it.
fn flatten<'v>(value: Option<&'v Value>, into: &mut Vec<&'v Value>) {
    match value {
        None => {}
        Some(Value::Array(items)) => items.iter().for_each(|item| flatten(Some(item), into)),
        Some(other) => into.push(other),
    }
}
