//! Edges in other shapes: `source` and `target`, handles, conditions as objects, what editors keep in `data`.

use super::normal::{EDGE_KEYS, Normal, Origins, number_to_text, ordered, rename};
use crate::{
    node::node_type::NodeType,
    reading::{cut, join},
};
use serde_json::{Map, Value};

/// The keys under which editors keep the port of an edge.
pub(super) const HANDLES: [&str; 3] = ["sourceHandle", "source_handle", "output_handle"];
/// The keys of an edge that matter to editors alone.
const EDITOR_KEYS: [&str; 11] = [
    "id",
    "type",
    "targetHandle",
    "target_handle",
    "label",
    "animated",
    "style",
    "selected",
    "markerEnd",
    "markerStart",
    "zIndex",
];
/// The names that editors give to the only handle of a node, which is no port in particular.
const ANY_HANDLE: [&str; 6] = ["output", "main", "default", "source", "out", "right"];

/// Whether edges come from an editor: at least one has `source` or `target`.
pub(super) fn drawn(edges: Option<&Value>) -> bool {
    edges.and_then(Value::as_array).is_some_and(|edges| edges.iter().any(is_drawn))
}

fn is_drawn(edge: &Value) -> bool {
    edge.get("source").is_some() || edge.get("target").is_some()
}

impl Normal {
    /// Brings the edges of a flow into canonical form.
    pub(super) fn edges(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let Some(Value::Array(edges)) = map.get_mut("edges") else { return };
        let mut edges = std::mem::take(edges);
        let (nodes, types) = (map.get("nodes"), self.types.clone());
        for (ix, edge) in edges.iter_mut().enumerate() {
            let drawn = is_drawn(edge);
            let Value::Object(edge) = edge else { continue };
            let (now, sent) = (format!("{now}/edges/{ix}"), format!("{sent}/edges/{ix}"));
            self.origins.moved(now.clone(), sent.clone());
            ends(edge, &now, &sent, &mut self.origins);
            let from = edge.get("from").cloned();
            let source = Source { nodes, id: from.as_ref(), types: &types };
            rest(edge, source, &now, &sent, &mut self.origins);
            if drawn {
                EDITOR_KEYS.iter().for_each(|key| drop(edge.remove(*key)));
                if let Some(Value::Object(data)) = edge.remove("data") {
                    self.data(edge, data, source, &now, &format!("{sent}/data"));
                }
            }
            *edge = ordered(std::mem::take(edge), &EDGE_KEYS);
        }
        map.insert("edges".into(), Value::Array(edges));
    }

    /// Takes over from `data` what an edge has a key for and the edge itself does not say: without it the flow would go
    /// elsewhere. A contradiction between the two is an error. All else in `data` is decoration and is dropped.
    fn data(
        &mut self,
        edge: &mut Map<String, Value>,
        mut data: Map<String, Value>,
        source: Source<'_>,
        now: &str,
        sent: &str,
    ) {
        let meant =
            |key: &str| EDGE_KEYS.contains(&key) || HANDLES.contains(&key) || matches!(key, "source" | "target");
        data.retain(|key, value| meant(key) && !value.is_null() && value != "");
        let mut origins = Origins::default();
        origins.moved(now.to_owned(), sent.to_owned());
        ends(&mut data, now, sent, &mut origins);
        rest(&mut data, source, now, sent, &mut origins);
        for (key, value) in data {
            let at = join(now, &key);
            let path = origins.sent(&at);
            match edge.get(&key).filter(|own| !own.is_null()) {
                None => {
                    self.origins.moved(at, path);
                    edge.insert(key, value);
                }
                Some(own) if *own == value => {}
                Some(own) => {
                    let (own, value) = (own.to_string(), value.to_string());
                    let message = format!("`{key}` is {} here, and {} on the edge", cut(&value), cut(&own));
                    self.refuse("schema", path, message, "Say it once, best on the edge itself.");
                }
            }
        }
    }
}

/// Brings the ends of an edge into canonical form: `from` and `to`, with ids that are strings.
fn ends(edge: &mut Map<String, Value>, now: &str, sent: &str, origins: &mut Origins) {
    rename(edge, &["source"], "from", now, sent, origins);
    rename(edge, &["target"], "to", now, sent, origins);
    number_to_text(edge, "from");
    number_to_text(edge, "to");
}

/// Brings all that an edge says besides its ends into canonical form: port, condition and connection.
pub(super) fn rest(edge: &mut Map<String, Value>, source: Source<'_>, now: &str, sent: &str, origins: &mut Origins) {
    let port = edge.get("port").cloned();
    // A handle that says nothing, or the same as `port`, is dropped. Any other becomes the port or, beside one, is
    // refused as an unknown key.
    let idle = |handle: &Value| source.is_any(handle) || port.as_ref() == Some(handle);
    edge.retain(|key, value| !HANDLES.contains(&key.as_str()) || !idle(value));
    rename(edge, &HANDLES, "port", now, sent, origins);
    condition(edge, now, origins);
    if let Some(connection) = edge.get("connection").and_then(Value::as_str).map(str::to_lowercase) {
        edge.insert("connection".into(), connection.into());
    }
}

/// The node that an edge leaves.
#[derive(Clone, Copy)]
pub(super) struct Source<'d> {
    /// All nodes, in canonical form.
    pub(super) nodes: Option<&'d Value>,
    pub(super) id: Option<&'d Value>,
    /// The types that nodes may have.
    pub(super) types: &'d [&'static NodeType],
}

impl Source<'_> {
    /// Whether a handle names no port in particular: it is null or empty, or an editor's name for the only handle that
    /// is not also the name of a port.
    fn is_any(self, handle: &Value) -> bool {
        let Some(name) = handle.as_str() else { return handle.is_null() };
        name.is_empty() || ANY_HANDLE.contains(&name) && self.ports().is_some_and(|ports| !ports.contains(&name.into()))
    }

    /// The ports of the node; none where there is no such node or they cannot be told.
    fn ports(self) -> Option<Vec<String>> {
        let mut nodes = self.nodes?.as_array()?.iter();
        let node = nodes.find(|node| node.get("id").is_some_and(|id| Some(id) == self.id))?;
        let name = node.get("type")?.as_str()?;
        let of = self.types.iter().find(|of| of.name == name)?;
        of.ports_of(node.get("config").unwrap_or(&Value::Null))
    }
}

/// Puts the expression in the place of a condition such as `{"type": "cel", "expression": "…"}`. Conditions of other
/// forms are left to the reader.
fn condition(edge: &mut Map<String, Value>, now: &str, origins: &mut Origins) {
    let Some(Value::Object(condition)) = edge.get("condition") else { return };
    let only = condition.keys().all(|key| key == "type" || key == "expression");
    let is_cel = condition.get("type").is_none_or(|kind| kind.as_str().is_some_and(|t| t.eq_ignore_ascii_case("cel")));
    if let (true, true, Some(Value::String(text))) = (only, is_cel, condition.get("expression")) {
        let (at, text) = (format!("{now}/condition"), text.clone());
        let from = origins.sent(&at);
        origins.moved(at, format!("{from}/expression"));
        edge.insert("condition".into(), text.into());
    }
}
