//! A `connections` object: each named node receives from those listed under it.

use super::{
    edges::{HANDLES, Source, rest},
    normal::{EDGE_KEYS, Normal, ordered, slug},
};
use crate::{
    limits,
    reading::{cut, join, suggest},
};
use serde_json::{Map, Value};

impl Normal {
    /// Turns `connections` into edges, after those that are there.
    pub(super) fn connections(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let types = self.types.clone();
        let Some(Value::Object(connections)) = map.remove("connections") else { return };
        let names = names_of(map.get("nodes"));
        // `edges` that are no list stay as they are, for the reader to refuse.
        let mut edges = match map.remove("edges") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(edges)) => edges,
            Some(other) => {
                map.insert("edges".into(), other);
                return;
            }
        };
        let root = format!("{sent}/connections");
        if connections.values().map(count).sum::<usize>() > limits::EDGES {
            let message = format!("there are more than {} connections", limits::EDGES);
            self.refuse("schema", root, message, "Split the workflow.");
            return;
        }
        for (receiver, value) in &connections {
            let receiver_at = join(&root, receiver);
            let Some(to) = self.resolve(receiver, &names, &receiver_at) else { continue };
            let Some(Value::Object(kinds)) = value.get("connection_types") else {
                let hint = "Give {\"connection_types\": {\"main\": {\"connections\": [{\"node\": …}]}}}.";
                self.refuse("schema", receiver_at, "`connection_types` is missing", hint);
                continue;
            };
            self.only(value, &["connection_types"], &receiver_at);
            for (kind, list) in kinds {
                let kind_at = join(&join(&receiver_at, "connection_types"), kind);
                let Some(Value::Array(items)) = list.get("connections") else {
                    let hint = "Give {\"connections\": [{\"node\": …}]}.";
                    self.refuse("schema", kind_at, "`connections` is missing", hint);
                    continue;
                };
                self.only(list, &["connections"], &kind_at);
                for (ix, item) in items.iter().enumerate() {
                    let at = format!("{kind_at}/connections/{ix}");
                    let Some(mut edge) = self.connection(item, &to, kind, &names, &at) else { continue };
                    // Problems of the new edge are reported where its parts stood.
                    let now = format!("{now}/edges/{}", edges.len());
                    self.origins.moved(now.clone(), at.clone());
                    self.origins.moved(format!("{now}/from"), format!("{at}/node"));
                    self.origins.moved(format!("{now}/to"), receiver_at.clone());
                    self.origins.moved(format!("{now}/connection"), kind_at.clone());
                    let from = edge.get("from").cloned();
                    let source = Source { nodes: map.get("nodes"), id: from.as_ref(), types: &types };
                    rest(&mut edge, source, &now, &at, &mut self.origins);
                    edges.push(Value::Object(ordered(edge, &EDGE_KEYS)));
                }
            }
        }
        map.insert("edges".into(), Value::Array(edges));
    }

    /// Makes an edge of one connection. Its ends and its connection are in canonical form; the rest is as it was sent.
    fn connection(
        &mut self,
        item: &Value,
        to: &str,
        kind: &str,
        names: &Names,
        at: &str,
    ) -> Option<Map<String, Value>> {
        let Some(source) = item.get("node").and_then(Value::as_str) else {
            self.refuse("schema", at.to_owned(), "`node` is missing", "Name the node that gives.");
            return None;
        };
        let from = self.resolve(source, names, &format!("{at}/node"))?;
        if let Some(other) = item.get("type").filter(|other| !other.is_null())
            && !other.as_str().is_some_and(|other| other.eq_ignore_ascii_case(kind))
        {
            let other = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let message = format!("`{}` stands under `{}`", cut(&other), cut(kind));
            self.refuse("schema", format!("{at}/type"), message, "Give both the same type.");
        }
        if let Some(index) = item.get("index").filter(|index| !index.is_null() && index.as_f64() != Some(0.0)) {
            let message = format!("`index` is {}: outputs have names here, and inputs none", cut(&index.to_string()));
            let hint = "Name the output of the node that gives with `port`, and leave `index` out.";
            self.refuse("schema", format!("{at}/index"), message, hint);
        }
        let said = [&["port", "condition"], &HANDLES[..]].concat();
        self.only(item, &[&["node", "type", "index"], &said[..]].concat(), at);
        let mut edge = Map::new();
        for key in said {
            edge.extend(item.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        edge.insert("from".into(), from.into());
        edge.insert("to".into(), to.into());
        let connection = kind.to_lowercase();
        if connection != "main" {
            edge.insert("connection".into(), connection.into());
        }
        Some(edge)
    }

    /// Refuses the keys of an object that are not known.
    fn only(&mut self, object: &Value, known: &[&str], at: &str) {
        for key in object.as_object().into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str())) {
            let hint = suggest::hint(key, known.iter().copied());
            self.refuse("schema", join(at, key), format!("unknown key `{}`", cut(key)), hint);
        }
    }

    /// The id of the node that has this id or, if none does, this name. No such node is an error at `at`.
    pub(super) fn resolve(&mut self, given: &str, names: &Names, at: &str) -> Option<String> {
        let by_id = names.iter().find(|(id, _)| id == given);
        let found = by_id.or_else(|| names.iter().find(|(_, name)| name.as_deref() == Some(given)));
        if found.is_none() {
            let known = names.iter().map(|(id, name)| name.as_deref().unwrap_or(id));
            let message = format!("no node is called `{}`", cut(given));
            // The nearest name is looked for among all.
            let hint = match self.issues.len() {
                few if few < limits::SUGGESTIONS => suggest::hint(given, known),
                _ => suggest::list(known),
            };
            self.refuse("unknown_node", at.to_owned(), message, hint);
        }
        found.map(|(id, _)| id.clone())
    }
}

/// The number of connections into one node.
fn count(receiver: &Value) -> usize {
    let kinds = receiver.get("connection_types").and_then(Value::as_object).into_iter().flatten();
    kinds.map(|(_, list)| list.get("connections").and_then(Value::as_array).map_or(0, Vec::len)).sum()
}

/// The ids of nodes, each with the node's name where it has one.
pub(super) type Names = Vec<(String, Option<String>)>;

pub(super) fn names_of(nodes: Option<&Value>) -> Names {
    let nodes = nodes.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |node: &Value, key: &str| node.get(key).and_then(Value::as_str).map(str::to_owned);
    nodes
        .iter()
        .filter_map(|node| {
            let name = text(node, "name");
            Some((text(node, "id").or_else(|| name.as_deref().map(slug))?, name))
        })
        .collect()
}
