//! Documents as n8n exports them. The few types that mean the same here are read, and of each other one it is said what
//! comes closest. In its `connections` the named node sends, whereas in ours it receives.

use super::normal::{EDGE_KEYS, Normal, ordered, stow};
use crate::{
    limits,
    node::node_type::NodeType,
    reading::{cut, join},
};
use serde_json::{Map, Value, json};

/// What n8n keeps beside nodes and connections, and what matters to it alone.
const KEYS: [&str; 13] = [
    "active",
    "createdAt",
    "isArchived",
    "meta",
    "pinData",
    "settings",
    "shared",
    "staticData",
    "tags",
    "triggerCount",
    "updatedAt",
    "versionId",
    "versionCounter",
];

/// The type of n8n that does nothing.
const PASSES: &str = "noOp";
/// The types that mean the same here, behind `n8n-nodes-base.`.
const SAME: [(&str, &str); 3] =
    [("manualTrigger", "manual_trigger"), (PASSES, "transform"), ("httpRequest", "http_request")];

/// Whether a type is one of n8n's.
pub(crate) fn is_n8n(kind: &str) -> bool {
    kind.starts_with("n8n-nodes-") || kind.starts_with("@n8n/")
}

/// Whether a flow has nodes of n8n's types.
pub(super) fn is_flow(map: &Map<String, Value>) -> bool {
    let nodes = map.get("nodes").and_then(Value::as_array).into_iter().flatten();
    nodes.filter_map(|node| node.get("type")?.as_str()).any(is_n8n)
}

/// Whether each named node of `connections` sends, as n8n has it. Ours say `connection_types`.
pub(super) fn sends(map: &Map<String, Value>) -> bool {
    let connections = map.get("connections").and_then(Value::as_object);
    connections.is_some_and(|all| all.values().all(|kinds| kinds.get("connection_types").is_none()))
}

/// What comes closest to a type of n8n that is not read, as a hint.
pub(crate) fn closest(kind: &str) -> String {
    if kind.contains("langchain") {
        return "Agents, models and memories are nodes of their own types: make an `agent` of it, and join the others to \
                it by edges with a `connection`."
            .into();
    }
    let name = kind.rsplit('.').next().unwrap_or_default();
    if name == "stickyNote" {
        return "Remove it: what is for people alone goes into `description` or `metadata`.".into();
    }
    let here = match name {
        "webhook" | "formTrigger" => "a `webhook_trigger`",
        "scheduleTrigger" | "cron" | "interval" => "a `schedule_trigger`",
        "executeWorkflowTrigger" | "start" => "a `manual_trigger`",
        "httpRequest" | "graphql" => "an `http_request`",
        "set" | "editFields" | "renameKeys" | "dateTime" => "a `transform`",
        "if" | "switch" | "filter" => "a `branch`",
        "merge" => "a `join` on the node that the edges lead to",
        "code" | "function" | "functionItem" | "aggregate" | "summarize" | "sort" | "limit" | "removeDuplicates"
        | "itemLists" => "a `code`, which sees its input as `output` and not as `$input`",
        "splitInBatches" | "splitOut" => "a `map` over the list, or a `loop` with `for_each`",
        "wait" => "a `wait`",
        "executeWorkflow" => "a `workflow`",
        "stopAndError" => "a `fail`",
        "respondToWebhook" => "a `succeed`, whose `output` is the result",
        other if other.ends_with("Trigger") => "a `webhook_trigger` that the service calls",
        _ => "an `http_request` to the API of the service, or a `human` where it asks somebody",
    };
    format!("What comes closest here is {here}.")
}

impl Normal {
    /// Puts what n8n keeps beside the flow into `metadata`, where nothing runs by it.
    pub(super) fn n8n_keys(&mut self, map: &mut Map<String, Value>) {
        stow(map, &KEYS, "", &mut self.origins);
    }

    /// Reads a node of a type that means the same here. Any other is left as it is, for the reader to refuse.
    pub(super) fn n8n_node(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let kind = map.get("type").and_then(Value::as_str).and_then(|kind| kind.strip_prefix("n8n-nodes-base."));
        let Some((of_n8n, ours)) = SAME.iter().find(|(of_n8n, _)| Some(*of_n8n) == kind) else { return };
        stow(map, &["webhookId", "notesInFlow"], now, &mut self.origins);
        map.insert("type".into(), (*ours).into());
        let Value::Object(config) = map.entry("config").or_insert_with(|| json!({})) else { return };
        config.retain(|key, value| key != "options" || value.as_object().is_none_or(|more| !more.is_empty()));
        if let Some(method) = config.remove("requestMethod") {
            self.origins.moved(format!("{now}/config/method"), format!("{sent}/parameters/requestMethod"));
            config.entry("method").or_insert(method);
        }
        // It passes its input on, which a node here is told to do.
        if *of_n8n == PASSES && config.is_empty() {
            config.insert("expression".into(), "output".into());
        }
    }

    /// Turns `connections` into edges, after those that are there: `{"Sender": {"main": [[{"node": "Receiver"}]]}}`, where
    /// the outer list has an entry for each output of the sender.
    pub(super) fn n8n_connections(&mut self, map: &mut Map<String, Value>, now: &str, sent: &str) {
        let Some(Value::Object(connections)) = map.remove("connections") else { return };
        let names = super::connections::names_of(map.get("nodes"));
        let mut edges = match map.remove("edges") {
            Some(Value::Array(edges)) => edges,
            _ => Vec::new(),
        };
        let root = format!("{sent}/connections");
        for (sender, kinds) in &connections {
            let sender_at = join(&root, sender);
            let Some(from) = self.resolve(sender, &names, &sender_at) else { continue };
            let ports = self.ports_of(map.get("nodes"), &from);
            for (kind, outputs) in kinds.as_object().into_iter().flatten() {
                let kind_at = join(&sender_at, kind);
                let outputs = outputs.as_array().map(Vec::as_slice).unwrap_or_default();
                for (output, item, at) in items(outputs, &kind_at) {
                    if edges.len() > limits::EDGES {
                        return self.refuse(
                            "schema",
                            root,
                            format!("there are more than {} connections", limits::EDGES),
                            "Split the workflow.",
                        );
                    }
                    let Some(receiver) = item.get("node").and_then(Value::as_str) else {
                        self.refuse("schema", at, "`node` is missing", "Name the node that receives.");
                        continue;
                    };
                    let Some(to) = self.resolve(receiver, &names, &format!("{at}/node")) else { continue };
                    let mut edge = Map::new();
                    edge.insert("from".into(), from.clone().into());
                    edge.insert("to".into(), to.into());
                    self.output(&mut edge, output, ports.as_deref(), &at);
                    if !kind.eq_ignore_ascii_case("main") {
                        edge.insert("connection".into(), kind.to_lowercase().into());
                    }
                    let now = format!("{now}/edges/{}", edges.len());
                    self.origins.moved(format!("{now}/from"), sender_at.clone());
                    self.origins.moved(format!("{now}/to"), format!("{at}/node"));
                    self.origins.moved(format!("{now}/connection"), kind_at.clone());
                    self.origins.moved(now, at);
                    edges.push(Value::Object(ordered(edge, &EDGE_KEYS)));
                }
            }
        }
        map.insert("edges".into(), Value::Array(edges));
    }

    /// The port that stands for an output by its number: the first needs no name. Of a node whose type is refused
    /// nothing is known, and nothing more is said.
    fn output(&mut self, edge: &mut Map<String, Value>, output: usize, ports: Option<&[String]>, at: &str) {
        let (true, Some(ports)) = (output > 0, ports) else { return };
        match ports.get(output) {
            Some(port) => drop(edge.insert("port".into(), port.clone().into())),
            None => {
                let message = format!("the node has no output {output}");
                let hint = format!("Its ports here: `{}`.", cut(&ports.join("`, `")));
                self.refuse("unknown_port", at.to_owned(), message, hint);
            }
        }
    }

    /// The ports of the node of this id; none where its type is not known.
    fn ports_of(&self, nodes: Option<&Value>, id: &str) -> Option<Vec<String>> {
        let node = nodes?.as_array()?.iter().find(|node| node.get("id").and_then(Value::as_str) == Some(id))?;
        let name = node.get("type")?.as_str()?;
        let of: &NodeType = self.types.iter().find(|of| of.name == name)?;
        of.ports_of(node.get("config").unwrap_or(&Value::Null))
    }
}

/// The connections of all outputs, each with the number of its output and its place.
fn items<'a>(outputs: &'a [Value], at: &str) -> Vec<(usize, &'a Value, String)> {
    let of = |(output, list): (usize, &'a Value)| {
        let items = list.as_array().into_iter().flatten().enumerate();
        items.map(move |(ix, item)| (output, item, ix)).collect::<Vec<_>>()
    };
    outputs
        .iter()
        .enumerate()
        .flat_map(of)
        .map(|(output, item, ix)| (output, item, format!("{at}/{output}/{ix}")))
        .collect()
}
