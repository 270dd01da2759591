//! Reads the shapes of documents that users already have (workflow format §6) into the canonical one, and
//! remembers where everything came from, so that problems are reported in the document as it was sent.

mod agent;
mod connections;
mod edges;
mod foreign;
mod human;
mod n8n;
mod nodes;
mod normal;
mod types;

pub(crate) use agent::hint as closest_to_agent;
pub(crate) use n8n::{closest as closest_to_n8n, is_n8n};
pub(crate) use normal::{DOCUMENT_KEYS, EDGE_KEYS, NODE_KEYS, Origins};

use crate::{
    canonical::{CanonicalMap, sha256},
    limits,
    node::node_type::NodeType,
    reading::{Issue, kind_of},
};
use normal::{Normal, issue, number_to_text, ordered, slug, stow};
use serde_json::{Map, Value};

/// Brings a document into canonical form. Fails only where a value is no object, or is nested too deep to be walked.
pub(crate) fn normalize(document: &Value, types: Vec<&'static NodeType>) -> Result<Normal, Box<Issue>> {
    if depth_exceeds(document, limits::JSON_DEPTH) {
        let message = format!("the document is nested more than {} deep", limits::JSON_DEPTH);
        let hint = "Flatten it, or move parts to workflows of their own.";
        return Err(Box::new(issue("schema", String::new(), message, hint)));
    }
    if mentions(document, "matches") > limits::PATTERNS {
        let message = format!("the document says `matches` more than {} times", limits::PATTERNS);
        let hint = "Each pattern is compiled as the document is read: use contains(), startsWith() or a `code` node.";
        return Err(Box::new(issue("schema", String::new(), message, hint)));
    }
    let Value::Object(object) = document else {
        let message = format!("a workflow is an object, and this is {}", kind_of(document));
        return Err(Box::new(issue("schema", String::new(), message, "Send {\"id\", \"nodes\", \"edges\"}.")));
    };
    if let Some(foreign) = foreign::of(object) {
        let message = format!("this is {}, which is not run here", foreign.name);
        return Err(Box::new(issue("schema", String::new(), message, foreign.hint)));
    }
    let mut normal =
        Normal { document: object.clone(), origins: Origins::default(), issues: Vec::new(), types: types.into() };
    let mut map = std::mem::take(&mut normal.document);
    if n8n::is_flow(&map) {
        normal.n8n_keys(&mut map);
    }
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
        let many = |key: &str, most: usize| map.get(key).and_then(Value::as_array).is_some_and(|all| all.len() > most);
        // The reader refuses them by their number alone.
        if many("nodes", limits::NODES) || many("edges", limits::EDGES) {
            return false;
        }
        let connected = matches!(map.get("connections"), Some(Value::Object(_)));
        let of_n8n = n8n::is_flow(map) && n8n::sends(map);
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
        if of_n8n {
            self.n8n_connections(map, now, sent);
        } else if connected {
            self.connections(map, now, sent);
        }
        dialect
    }
}

/// The id of a document that has none: made of its name or, where that gives nothing, of its content's hash.
fn derived_id(map: &Map<String, Value>) -> String {
    match map.get("name").and_then(Value::as_str).map(slug) {
        Some(slug) if !slug.is_empty() => slug,
        _ => format!("workflow-{}", &sha256(&CanonicalMap(map))[..8]),
    }
}

/// How often a word stands in the texts of a value.
fn mentions(value: &Value, word: &str) -> usize {
    match value {
        Value::String(text) => text.matches(word).count(),
        Value::Array(items) => items.iter().map(|item| mentions(item, word)).sum(),
        Value::Object(map) => map.values().map(|item| mentions(item, word)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
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
