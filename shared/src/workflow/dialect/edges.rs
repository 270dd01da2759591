//! Edges in other shapes: `source` and `target`, handles, conditions as objects.

use super::{EDGE_KEYS, Normal, number_to_text, ordered, rename};
use crate::node;
use serde_json::{Map, Value};

const HANDLES: [&str; 3] = ["sourceHandle", "source_handle", "output_handle"];
/// What editors keep on an edge and no engine reads.
const EDITOR_KEYS: [&str; 12] = [
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
    "data",
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
        let Some(Value::Array(mut edges)) = map.get_mut("edges").map(Value::take) else { return };
        for (ix, edge) in edges.iter_mut().enumerate() {
            let drawn = is_drawn(edge);
            let Value::Object(edge) = edge else { continue };
            let (now, sent) = (format!("{now}/edges/{ix}"), format!("{sent}/edges/{ix}"));
            self.origins.moved(now.clone(), sent.clone());
            rename(edge, &["source"], "from", &now, &sent, &mut self.origins);
            rename(edge, &["target"], "to", &now, &sent, &mut self.origins);
            number_to_text(edge, "from");
            number_to_text(edge, "to");
            if drawn {
                // A condition kept with the drawing decides all the same; dropping it would open the edge.
                if let Some(Value::Object(data)) = edge.get_mut("data")
                    && let Some(condition) = data.remove("condition")
                    && !edge.contains_key("condition")
                {
                    self.origins.moved(format!("{now}/condition"), format!("{sent}/data/condition"));
                    edge.insert("condition".into(), condition);
                }
                EDITOR_KEYS.iter().for_each(|key| drop(edge.remove(*key)));
            }
            self.port(edge, map.get("nodes"), &now, &sent);
            self.condition(edge, &now, &sent);
            if let Some(connection) = edge.get("connection").and_then(Value::as_str).map(str::to_lowercase) {
                edge.insert("connection".into(), connection.into());
            }
            *edge = ordered(std::mem::take(edge), &EDGE_KEYS);
        }
        map.insert("edges".into(), Value::Array(edges));
    }

    fn port(&mut self, edge: &mut Map<String, Value>, nodes: Option<&Value>, now: &str, sent: &str) {
        if edge.contains_key("port") {
            return;
        }
        HANDLES.iter().for_each(|key| {
            if edge.get(*key).is_some_and(|handle| handle.is_null() || handle == "") {
                edge.remove(*key);
            }
        });
        rename(edge, &HANDLES, "port", now, sent, &mut self.origins);
        let Some(port) = edge.get("port").and_then(Value::as_str) else { return };
        if ANY_HANDLE.contains(&port) {
            let source = nodes.and_then(Value::as_array).and_then(|nodes| {
                nodes.iter().find(|node| node.get("id").is_some_and(|id| Some(id) == edge.get("from")))
            });
            let ports = source.and_then(|node| {
                node::ports_of(node.get("type")?.as_str()?, node.get("config").unwrap_or(&Value::Null))
            });
            if ports.is_some_and(|ports| !ports.iter().any(|name| name == port)) {
                edge.remove("port");
            }
        }
    }

    fn condition(&mut self, edge: &mut Map<String, Value>, now: &str, sent: &str) {
        let Some(Value::Object(condition)) = edge.get("condition") else { return };
        let only = condition.keys().all(|key| key == "type" || key == "expression");
        let is_cel =
            condition.get("type").is_none_or(|kind| kind.as_str().is_some_and(|t| t.eq_ignore_ascii_case("cel")));
        if let (true, true, Some(Value::String(text))) = (only, is_cel, condition.get("expression")) {
            let text = text.clone();
            let from = self.origins.sent(&format!("{now}/condition"));
            let from = if from == format!("{now}/condition") { format!("{sent}/condition") } else { from };
            self.origins.moved(format!("{now}/condition"), format!("{from}/expression"));
            edge.insert("condition".into(), text.into());
        }
    }
}
