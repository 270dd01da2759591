//! Event patterns as EventBridge has them: which events an `event_trigger` listens to. Pure.
//!
//! A pattern has the shape of the events that it matches: objects are walked, and at each leaf a list says what may be
//! there. Every field that is named must match; of a list one item must. A field of the event that is a list matches
//! where one of its items does, and fields below a list of objects are looked for in one and the same object.
//!
//! | in the list of a leaf | matches |
//! |---|---|
//! | a string, number, boolean or null | that value; numbers by value (`300` is `3.0e2`) |
//! | `{"prefix": text}`, `{"suffix": text}` | strings that begin or end so; in any case with `{"equals-ignore-case": text}` in place of the text |
//! | `{"equals-ignore-case": text}` | strings that are this in any case |
//! | `{"wildcard": text}` | strings, where `*` stands for any text, `\*` for itself |
//! | `{"anything-but": value, list, or one of the above}` | every other value that is there |
//! | `{"numeric": ["<", n]}`, `[">", n, "<=", m]`, `["=", n]` | numbers |
//! | `{"exists": true or false}` | whether there is a value; an object is none |
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

/// A pattern that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    fields: Vec<(String, Field)>,
    /// Of each group one must match.
    groups: Vec<Vec<Pattern>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Below(Pattern),
    OneOf(Vec<Matcher>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Everything that is wrong with it, for people.
    pub fn read(pattern: &Value) -> Result<Self, Vec<Fault>> {
        read::read(pattern)
    }

    /// Whether an event is one of those meant. What is no object is an event without fields.
    pub fn matches(&self, event: &Value) -> bool {
        event.as_object().map_or_else(|| self.matches_fields(&Map::new()), |event| self.matches_fields(event))
    }

    fn matches_fields(&self, event: &Map<String, Value>) -> bool {
        self.fields.iter().all(|(name, field)| field.matches(event.get(name)))
            && self.groups.iter().all(|group| group.iter().any(|pattern| pattern.matches_fields(event)))
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        let mut leaves = Vec::new();
        flatten(value, &mut leaves);
        match self {
            Self::Below(pattern) => {
                let mut objects = leaves.iter().filter_map(|leaf| leaf.as_object()).peekable();
                match objects.peek() {
                    Some(_) => objects.any(|object| pattern.matches_fields(object)),
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

/// The value, or the items of a list, and of the lists in it.
fn flatten<'v>(value: Option<&'v Value>, into: &mut Vec<&'v Value>) {
    match value {
        None => {}
        Some(Value::Array(items)) => items.iter().for_each(|item| flatten(Some(item), into)),
        Some(other) => into.push(other),
    }
}
