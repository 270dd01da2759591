//! Nodes in other shapes: `data` for `config`, a type with a subtype, functions with handlers.

use super::{
    agent, human,
    normal::{NODE_KEYS, Normal, number_to_text, ordered, rename, slug, stow},
    types,
};
use serde_json::{Map, Value};

const SUBTYPES: [&str; 3] = ["subtype", "sub_type", "node_subtype"];
/// The keys of a node that matter to editors alone.
const EDITOR_KEYS: [&str; 16] = [
    "position",
    "positionAbsolute",
    "width",
    "height",
    "measured",
    "selected",
    "dragging",
    "style",
    "sourcePosition",
    "targetPosition",
    "description",
    "type_version",
    "typeVersion",
    "disabled",
    "notes",
    "zIndex",
];

impl Normal {
    /// Brings one node into canonical form. `drawn` where the edges of its flow come from an editor. Tells whether the
    /// node was in a dialect.
    pub(super) fn node(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str, drawn: bool) -> bool {
        let mut dialect = drawn;
        number_to_text(map, "id");
        if ["data", "parameters"].iter().any(|key| map.contains_key(*key)) {
            dialect = true;
            rename(map, &["data", "parameters"], "config", now, sent, &mut self.origins);
        }
        self.n8n_node(map, now, sent);
        dialect |= self.node_type(map, now, sent);
        // In the canonical form, an editor's keys are unknown keys and an id is required.
        if dialect {
            self.label(map, now, sent);
            self.disabled(map, sent);
            stow(map, &EDITOR_KEYS, now, &mut self.origins);
            if !map.contains_key("id")
                && let Some(name) = map.get("name").and_then(Value::as_str).map(slug).filter(|id| !id.is_empty())
            {
                self.origins.moved(format!("{now}/id"), format!("{sent}/name"));
                map.insert("id".into(), name.into());
            }
        }
        self.node_config(map, now, sent);
        if let Some(Value::Object(undo)) = map.get_mut("compensate") {
            dialect |= self.node(undo, &format!("{now}/compensate"), &format!("{sent}/compensate"), false);
        }
        if now != sent {
            self.origins.moved(now.to_owned(), sent.to_owned());
        }
        *map = ordered(std::mem::take(map), &NODE_KEYS);
        dialect
    }

    /// Refuses a disabled node. Its editor would not run it, whereas here every node runs.
    fn disabled(&mut self, map: &Map<String, Value>, sent: &str) {
        if map.get("disabled").is_some_and(|value| !value.is_null() && value != false) {
            let hint = "Remove the node and lead its edges past it, or remove `disabled` to have it run.";
            self.refuse("schema", format!("{sent}/disabled"), "there are no disabled nodes: this one would run", hint);
        }
    }

    /// Takes `data.label`, which React Flow shows, as the name of the node.
    fn label(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        if let Some(Value::Object(config)) = map.get_mut("config")
            && config.get("label").is_some_and(Value::is_string)
            && let Some(label) = config.remove("label")
            && !map.contains_key("name")
        {
            self.origins.moved(format!("{now}/name"), format!("{sent}/data/label"));
            map.insert("name".into(), label);
        }
    }

    /// Brings a type, with its subtype, into canonical form. Tells whether it was in a dialect, which every unknown
    /// type is.
    fn node_type(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) -> bool {
        let Some(name) = map.get("type").and_then(Value::as_str).map(str::to_owned) else { return false };
        if self.types.iter().any(|of| of.name == name) {
            return false;
        }
        if name == "function" {
            return self.function(map, now, sent);
        }
        let subtype_key = SUBTYPES.into_iter().find(|key| map.get(*key).is_some_and(Value::is_string));
        let subtype = subtype_key.and_then(|key| map.get(key)).and_then(Value::as_str).map(str::to_owned);
        if agent::is_agent(&name) {
            let provider = subtype.as_deref().map(agent::provider);
            if provider != Some(None) {
                self.agent(map, now, sent, subtype_key.zip(provider.flatten()));
                return true;
            }
        }
        let family = types::is_family(&name) || agent::is_agent(&name);
        // Of a family, the subtype tells the type. A type that stands alone is in upper case, or a kind of `human`: any
        // other in lower case is a slip that the reader answers with a hint.
        let found = match &subtype {
            Some(subtype) if family => types::known(subtype),
            _ => types::known(&name).filter(|(_, kind)| kind.is_some() || !name.contains(|c: char| c.is_lowercase())),
        };
        let Some((known, kind)) = found else {
            // The reader refuses the type, and names the subtype, which says more.
            if let (Some(key), Some(subtype)) = (subtype_key, subtype) {
                map.remove(key);
                self.origins.moved(format!("{now}/type"), format!("{sent}/{key}"));
                map.insert("type".into(), subtype.into());
            }
            return true;
        };
        if let Some(key) = subtype_key {
            map.remove(key);
            self.origins.moved(format!("{now}/type"), format!("{sent}/{key}"));
        }
        map.insert("type".into(), known.into());
        if let Some(kind) = kind
            && let Some(config) = config_of(map)
        {
            config.entry("kind").or_insert_with(|| kind.into());
        }
        true
    }

    /// Reads an agent, whose subtype names who serves its model.
    fn agent(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str, named: Option<(&str, &str)>) {
        map.insert("type".into(), "agent".into());
        let provider = named.map(|(key, provider)| (provider, format!("{sent}/{key}")));
        if let Some((key, _)) = named {
            map.remove(key);
        }
        let (at, from) = self.config_at(now, sent);
        if let Some(config) = config_of(map) {
            agent::normalize(config, provider, &at, &from, &mut self.origins);
        }
    }

    /// Where a node's config is, and where it stood.
    fn config_at(&self, now: &str, sent: &str) -> (String, String) {
        let at = format!("{now}/config");
        let from = match self.origins.sent(&at) {
            moved if moved != at => moved,
            _ => format!("{sent}/config"),
        };
        (at, from)
    }

    /// Reads `{"type": "function", "config": {"handler": "http_request", …}}`, where the handler names a type of node.
    /// A handler that names none is left to the reader.
    fn function(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) -> bool {
        let handler = map.get("config").and_then(|config| config.get("handler")).and_then(Value::as_str);
        let Some(handler) = handler.map(str::to_owned) else { return true };
        let ours = self.types.iter().find(|of| of.name == handler).map(|of| (of.name, None));
        let Some((known, kind)) = ours.or_else(|| types::known(&handler)) else { return true };
        let config_key = ["config", "data", "parameters"].into_iter().find(|key| self.was(now, sent, key));
        let config_key = config_key.unwrap_or("config");
        self.origins.moved(format!("{now}/type"), format!("{sent}/{config_key}/handler"));
        map.insert("type".into(), known.into());
        if let Some(config) = config_of(map) {
            config.remove("handler");
            if let Some(kind) = kind {
                config.entry("kind").or_insert_with(|| kind.into());
            }
        }
        true
    }

    /// Whether a node's `config` was sent under this key.
    fn was(&self, now: &str, sent: &str, key: &str) -> bool {
        self.origins.sent(&format!("{now}/config")) == format!("{sent}/{key}")
    }

    /// Brings the configs that have dialects of their own into canonical form: questions, ids of workflows, bodies of
    /// maps.
    fn node_config(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let kind = map.get("type").and_then(Value::as_str).map(str::to_owned);
        let (at, from) = self.config_at(now, sent);
        let Some(Value::Object(config)) = map.get_mut("config") else { return };
        match kind.as_deref() {
            Some("human") => human::normalize(config, &at, &from, &mut self.origins),
            Some("workflow") => {
                number_to_text(config, "workflow_id");
                if let Some(Value::Array(ids)) = config.get_mut("workflow_id") {
                    for id in ids.iter_mut().filter(|id| id.is_number()) {
                        *id = Value::String(id.to_string());
                    }
                }
            }
            Some("map") => {
                number_to_text(config, "body");
                if let Some(Value::Object(body)) = config.get_mut("body") {
                    self.flow(body, &format!("{at}/body"), &format!("{from}/body"));
                }
            }
            _ => {}
        }
    }
}

/// The config of a node, made where there is none; none where it is no object.
fn config_of(map: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    map.entry("config").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}
