//! Patterns that were read, and which events they match.

use super::leaf::Matcher;
use serde_json::{Map, Value};

/// An event pattern that was read without a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The named fields, all of which must match.
    pub(super) fields: Vec<(String, Field)>,
    /// The `$or` groups: of each, at least one pattern must match.
    pub(super) groups: Vec<Vec<Pattern>>,
}

/// What a pattern asks of one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    /// The field is an object that matches the pattern, or a list that holds such an object.
    Below(Pattern),
    /// The field is a leaf that one of the matchers accepts.
    OneOf(Vec<Matcher>),
}

impl Pattern {
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
