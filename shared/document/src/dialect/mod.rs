//! Reads the shapes of documents that users already have (workflow format §6) into the canonical one, and
//! remembers where everything came from, so that problems are reported in the document as it was sent.

mod connections;
mod edges;
mod human;
mod nodes;
mod types;

pub(crate) use types::is_agent;

use crate::{
    hash::canonical_text,
    id::sha256_hex,
    limits,
    node::node_type::NodeType,
    reading::{Issue, Severity, join, kind_of},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, rc::Rc};

/// Keys of a document, in the order in which they are stored.
pub(crate) const DOCUMENT_KEYS: [&str; 9] =
    ["id", "name", "description", "input_schema", "nodes", "edges", "output", "settings", "metadata"];
/// Keys of a node, in the order in which they are stored.
pub(crate) const NODE_KEYS: [&str; 11] = [
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
    types: Rc<[&'static NodeType]>,
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

/// Brings a document into canonical form. Fails only where a value is no object, or is nested too deep to be walked.
pub(crate) fn normalize(document: &Value, types: Vec<&'static NodeType>) -> Result<Normal, Box<Issue>> {
    if depth_exceeds(document, limits::JSON_DEPTH) {
        let message = format!("the document is nested more than {} deep", limits::JSON_DEPTH);
        let hint = "Flatten it, or move parts to workflows of their own.";
        return Err(Box::new(issue("schema", String::new(), message, hint)));
    }
    let Value::Object(object) = document else {
        let message = format!("a workflow is an object, and this is {}", kind_of(document));
        return Err(Box::new(issue("schema", String::new(), message, "Send {\"id\", \"nodes\", \"edges\"}.")));
    };
    let mut normal =
        Normal { document: object.clone(), origins: Origins::default(), issues: Vec::new(), types: types.into() };
    let mut map = std::mem::take(&mut normal.document);
    let dialect = normal.flow(&mut map, "", "");
    // Only a document in a dialect may have an editor's keys; in the canonical form they are unknown keys.
    if dialect {
        stow(&mut map, &["viewport", "tags", "version", "active"], "", &mut normal.origins);
    }
    number_to_text(&mut map, "id");
    if map.get("id").is_none_or(Value::is_null) {
        let id = derived_id(&map);
        normal.origins.moved("/id".into(), if map.contains_key("name") { "/name".into() } else { String::new() });
        map.insert("id".into(), id.into());
    }
    normal.document = ordered(map, &DOCUMENT_KEYS);
    Ok(normal)
}

impl Normal {
    /// Brings the `nodes` and `edges` of a document, or of a map's body, into canonical form. `now` is the pointer of
    /// the flow in the canonical document, `sent` the one in the document as it was sent. Tells whether it was in a
    /// dialect.
    fn flow(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) -> bool {
        let connected = matches!(map.get("connections"), Some(Value::Object(_)));
        let drawn = connected || edges::drawn(map.get("edges"));
        let mut dialect = drawn;
        if let Some(Value::Array(nodes)) = map.get_mut("nodes") {
            for (ix, node) in nodes.iter_mut().enumerate() {
                if let Value::Object(object) = node {
                    let (now, sent) = (format!("{now}/nodes/{ix}"), format!("{sent}/nodes/{ix}"));
                    dialect |= self.node(object, &now, &sent, drawn);
                }
            }
        }
        self.edges(map, now, sent);
        if connected {
            self.connections(map, now, sent);
        }
        dialect
    }

    /// Notes an error about the document as it was sent.
    fn refuse(&mut self, code: &str, path: String, message: impl Into<String>, hint: impl Into<String>) {
        if self.issues.len() < limits::ISSUES {
            self.issues.push(issue(code, path, message, hint));
        }
    }
}

/// An error about the document as it was sent.
fn issue(code: &str, path: String, message: impl Into<String>, hint: impl Into<String>) -> Issue {
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
fn stow(map: &mut Map<String, Value>, keys: &[&str], sent: &str, origins: &mut Origins) {
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
fn rename(map: &mut Map<String, Value>, aliases: &[&str], key: &str, now: &str, sent: &str, origins: &mut Origins) {
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
fn number_to_text(map: &mut Map<String, Value>, key: &str) {
    if let Some(value) = map.get_mut(key)
        && let Value::Number(number) = value
    {
        *value = Value::String(number.to_string());
    }
}

/// The known keys in their order, then the unknown ones, which the reader refuses.
fn ordered(mut map: Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let mut out = Map::with_capacity(map.len());
    for key in keys {
        if let Some((key, value)) = map.remove_entry(*key) {
            out.insert(key, value);
        }
    }
    out.extend(map);
    out
}

/// The id of a document that has none: made of its name or, where that gives nothing, of its content's hash.
fn derived_id(map: &Map<String, Value>) -> String {
    match map.get("name").and_then(Value::as_str).map(slug) {
        Some(slug) if !slug.is_empty() => slug,
        _ => format!("workflow-{}", &sha256_hex(canonical_text(&Value::Object(map.clone())).as_bytes())[..8]),
    }
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

/// Whether a value nests more than `left` levels. The walk itself goes no deeper than that.
fn depth_exceeds(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) if left == 0 => true,
        Value::Array(items) => items.iter().any(|item| depth_exceeds(item, left - 1)),
        Value::Object(map) => map.values().any(|item| depth_exceeds(item, left - 1)),
        _ => false,
    }
}
