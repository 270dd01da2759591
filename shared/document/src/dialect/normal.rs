//! A document on its way to the canonical form: what was moved from where, and what has no place in it.

use crate::{
    limits,
    node::node_type::NodeType,
    reading::{Issue, Severity, join},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, rc::Rc};

/// Keys of a document, in the order in which they are stored.
pub(crate) const DOCUMENT_KEYS: [&str; 10] =
    ["$schema", "id", "name", "description", "input_schema", "nodes", "edges", "output", "settings", "metadata"];
/// Keys of a node, in the order in which they are stored.
pub(crate) const NODE_KEYS: [&str; 12] = [
    "id",
    "name",
    "type",
    "config",
    "retry",
    "timeout_seconds",
    "on_error",
    "join",
    "delivery",
    "compensate",
    "tool",
    "metadata",
];
/// Keys of an edge, in the order in which they are stored.
pub(crate) const EDGE_KEYS: [&str; 5] = ["from", "to", "port", "condition", "connection"];

/// A document in canonical form, not checked yet.
pub(crate) struct Normal {
    pub(crate) document: Map<String, Value>,
    pub(crate) origins: Origins,
    /// Errors of what has no place in the canonical form.
    pub(crate) issues: Vec<Issue>,
    /// The types that nodes may have.
    pub(super) types: Rc<[&'static NodeType]>,
}

/// Where parts of the canonical document stood in the one that was sent.
#[derive(Default)]
pub(crate) struct Origins(BTreeMap<String, String>);

impl Origins {
    /// Remembers that what stands at the pointer `now` stood at the pointer `sent`.
    pub(crate) fn moved(&mut self, now: String, sent: String) {
        if now != sent {
            self.0.insert(now, sent);
        }
    }

    /// Translates a pointer into the canonical document to one into the document as it was sent. The longest beginning
    /// of the pointer that is known to have moved decides.
    pub(crate) fn sent(&self, pointer: &str) -> String {
        let mut end = pointer.len();
        loop {
            if let Some(sent) = self.0.get(&pointer[..end]) {
                return format!("{sent}{}", &pointer[end..]);
            }
            match pointer[..end].rfind('/') {
                Some(slash) => end = slash,
                None => return pointer.to_owned(),
            }
        }
    }
}

impl Normal {
    /// Notes an error about the document as it was sent.
    pub(super) fn refuse(&mut self, code: &str, path: String, message: impl Into<String>, hint: impl Into<String>) {
        if self.issues.len() < limits::ISSUES {
            self.issues.push(issue(code, path, message, hint));
        }
    }
}

/// An error about the document as it was sent.
pub(super) fn issue(code: &str, path: String, message: impl Into<String>, hint: impl Into<String>) -> Issue {
    Issue {
        code: code.to_owned(),
        severity: Severity::Error,
        path,
        node: None,
        message: message.into(),
        hint: hint.into(),
    }
}

/// Moves keys that only an editor needs to `metadata`.
pub(super) fn stow(map: &mut Map<String, Value>, keys: &[&str], sent: &str, origins: &mut Origins) {
    for key in keys {
        let Some(value) = map.remove(*key) else { continue };
        let metadata = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            origins.moved(format!("{sent}/metadata/{key}"), format!("{sent}/{key}"));
            metadata.entry(*key).or_insert(value);
        }
    }
}

/// Renames to `key` the first of `aliases` that an object has, unless it has `key` itself.
pub(super) fn rename(
    map: &mut Map<String, Value>,
    aliases: &[&str],
    key: &str,
    now: &str,
    sent: &str,
    origins: &mut Origins,
) {
    if map.contains_key(key) {
        return;
    }
    if let Some(alias) = aliases.iter().find(|alias| map.contains_key(**alias))
        && let Some(value) = map.remove(*alias)
    {
        origins.moved(join(now, key), join(sent, alias));
        map.insert(key.to_owned(), value);
    }
}

/// Turns a number into its decimal text: ids are strings, and documents may give them as numbers.
pub(super) fn number_to_text(map: &mut Map<String, Value>, key: &str) {
    if let Some(value) = map.get_mut(key)
        && let Value::Number(number) = value
    {
        *value = Value::String(number.to_string());
    }
}

/// The known keys in their order, then the unknown ones, which the reader refuses.
pub(super) fn ordered(mut map: Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let mut out = Map::with_capacity(map.len());
    for key in keys {
        if let Some((key, value)) = map.remove_entry(*key) {
            out.insert(key, value);
        }
    }
    out.extend(map);
    out
}

/// A name as an identifier: lower case, `-` for whatever an identifier cannot hold.
pub(crate) fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= limits::ID_BYTES {
            break;
        }
    }
    out.trim_end_matches('-').to_owned()
}
