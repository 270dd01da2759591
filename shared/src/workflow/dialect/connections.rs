//! A `connections` object: each named node receives from those listed under it.

use super::{Normal, issue, slug};
use crate::validate::{at::join, fields::cut, suggest};
use serde_json::{Map, Value};

impl Normal {
    /// Turns `connections` into edges, after those that are there.
    pub(super) fn connections(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let Some(Value::Object(connections)) = map.remove("connections") else { return };
        let names = names_of(map.get("nodes"));
        let mut edges = match map.remove("edges") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(edges)) => edges,
            Some(other) => {
                map.insert("edges".into(), other);
                return;
            }
        };
        let root = format!("{sent}/connections");
        for (receiver, value) in &connections {
            let at = join(&root, receiver);
            let Some(to) = self.resolve(receiver, &names, &at) else { continue };
            let Some(Value::Object(kinds)) = value.get("connection_types") else {
                let hint = "Give {\"connection_types\": {\"main\": {\"connections\": [{\"node\": …}]}}}.";
                self.issues.push(issue("schema", at, "`connection_types` is missing", hint));
                continue;
            };
            for (kind, list) in kinds {
                let at = join(&join(&at, "connection_types"), kind);
                let Some(Value::Array(items)) = list.get("connections") else {
                    let hint = "Give {\"connections\": [{\"node\": …}]}.";
                    self.issues.push(issue("schema", at, "`connections` is missing", hint));
                    continue;
                };
                for (ix, item) in items.iter().enumerate() {
                    let at = format!("{at}/connections/{ix}");
                    if let Some(edge) = self.connection(item, &to, kind, &names, &at) {
                        let ix = edges.len();
                        self.origins.moved(format!("{now}/edges/{ix}"), at.clone());
                        self.origins.moved(format!("{now}/edges/{ix}/from"), format!("{at}/node"));
                        edges.push(edge);
                    }
                }
            }
        }
        map.insert("edges".into(), Value::Array(edges));
    }

    fn connection(&mut self, item: &Value, to: &str, kind: &str, names: &Names, at: &str) -> Option<Value> {
        let Some(source) = item.get("node").and_then(Value::as_str) else {
            self.issues.push(issue("schema", at.to_owned(), "`node` is missing", "Name the node that gives."));
            return None;
        };
        let from = self.resolve(source, names, &format!("{at}/node"))?;
        let connection = kind.to_lowercase();
        if let Some(other) = item.get("type").and_then(Value::as_str)
            && !other.eq_ignore_ascii_case(kind)
        {
            let message = format!("`{}` stands under `{}`", cut(other), cut(kind));
            self.issues.push(issue("schema", format!("{at}/type"), message, "Give both the same type."));
        }
        let mut edge = Map::new();
        edge.insert("from".into(), from.into());
        edge.insert("to".into(), to.into());
        for (key, value) in item.as_object().into_iter().flatten() {
            match key.as_str() {
                "node" | "type" | "index" => {}
                "port" | "sourceHandle" | "source_handle" => drop(edge.insert("port".into(), value.clone())),
                _ => drop(edge.insert(key.clone(), value.clone())),
            }
        }
        if connection != "main" {
            edge.insert("connection".into(), connection.into());
        }
        Some(Value::Object(edge))
    }

    fn resolve(&mut self, given: &str, names: &Names, at: &str) -> Option<String> {
        let by_id = names.iter().find(|(id, _)| id == given);
        let found = by_id.or_else(|| names.iter().find(|(_, name)| name.as_deref() == Some(given)));
        if found.is_none() {
            let known = names.iter().map(|(id, name)| name.as_deref().unwrap_or(id));
            let message = format!("no node is called `{}`", cut(given));
            self.issues.push(issue("unknown_node", at.to_owned(), message, suggest::hint(given, known)));
        }
        found.map(|(id, _)| id.clone())
    }
}

type Names = Vec<(String, Option<String>)>;

fn names_of(nodes: Option<&Value>) -> Names {
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
