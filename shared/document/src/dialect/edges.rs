//! Edges in other shapes: `source` and `target`, handles, conditions as objects, what editors keep in `data`.

use super::{EDGE_KEYS, Normal, Origins, number_to_text, ordered, rename};
use crate::{
    node,
    validate::{at::join, fields::cut},
};
use serde_json::{Map, Value};

/// What editors call `port`.
pub(super) const HANDLES: [&str; 3] = ["sourceHandle", "source_handle", "output_handle"];
/// What editors keep on an edge and no engine reads.
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
/// What editors call a node's only handle.
const ANY_HANDLE: [&str; 6] = ["output", "main", "default", "source", "out", "right"];

/// Whether edges come from an editor.
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
        let nodes = map.get("nodes");
        for (ix, edge) in edges.iter_mut().enumerate() {
            let drawn = is_drawn(edge);
            let Value::Object(edge) = edge else { continue };
            let (now, sent) = (format!("{now}/edges/{ix}"), format!("{sent}/edges/{ix}"));
            self.origins.moved(now.clone(), sent.clone());
            ends(edge, &now, &sent, &mut self.origins);
            let from = edge.get("from").cloned();
            let source = Source { nodes, id: from.as_ref() };
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

    /// What `data` says of an edge counts where the edge itself is silent: losing it would change where the flow goes.
    /// All else in it is decoration.
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

/// `from` and `to`.
fn ends(edge: &mut Map<String, Value>, now: &str, sent: &str, origins: &mut Origins) {
    rename(edge, &["source"], "from", now, sent, origins);
    rename(edge, &["target"], "to", now, sent, origins);
    number_to_text(edge, "from");
    number_to_text(edge, "to");
}

/// What an edge says besides its ends.
pub(super) fn rest(edge: &mut Map<String, Value>, source: Source<'_>, now: &str, sent: &str, origins: &mut Origins) {
    let port = edge.get("port").cloned();
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
}

impl Source<'_> {
    /// Whether a handle names none of its ports: there is no handle, or it is an editor's word for the only one.
    fn is_any(self, handle: &Value) -> bool {
        let Some(name) = handle.as_str() else { return handle.is_null() };
        name.is_empty() || ANY_HANDLE.contains(&name) && self.ports().is_some_and(|ports| !ports.contains(&name.into()))
    }

    fn ports(self) -> Option<Vec<String>> {
        let mut nodes = self.nodes?.as_array()?.iter();
        let node = nodes.find(|node| node.get("id").is_some_and(|id| Some(id) == self.id))?;
        node::ports_of(node.get("type")?.as_str()?, node.get("config").unwrap_or(&Value::Null))
    }
}

/// `{"type": "cel", "expression": "…"}` is its expression.
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
