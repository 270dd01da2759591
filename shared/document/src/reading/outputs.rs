//! What is known, before anything runs, of what the nodes of a flow put out, and of what they are given.

use super::{Declared, RawEdge, RawNode};
use crate::{
    graph::{Bits, Graph, NodeIx},
    limits,
    node::node_type::Role,
    policy::OnError,
};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// The output of a node that failed: along its port `error`, and where its failure is handled.
static FAILURE: LazyLock<Value> = LazyLock::new(|| {
    let members = ["code", "message", "node", "attempt", "details"];
    json!({ "properties": { "error": object_of(&members) } })
});

/// The schema of an object with these members and no others.
pub(crate) fn object_of(members: &[&str]) -> Value {
    let members: Map<String, Value> = members.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    json!({ "type": "object", "properties": members, "additionalProperties": false })
}

/// What is known of a flow's nodes.
pub(crate) struct Outputs {
    /// The schema of what each node itself puts out where it succeeds; none where nothing is known of it.
    own: Vec<Option<Value>>,
    /// Where the input of each node comes from.
    inputs: Vec<Source>,
    /// Whether a node puts out its input.
    passes: Vec<bool>,
}

/// Where a node's input comes from.
#[derive(Clone)]
struct Source {
    /// Whether it may be anything.
    unknown: bool,
    /// Whether it may be the input of the execution.
    input: bool,
    /// Whether it may be what a failed node puts out.
    failure: bool,
    /// The nodes whose output it may be.
    nodes: Bits,
    /// The schema of the inputs that several nodes give together, under their ids.
    together: Option<Value>,
}

impl Outputs {
    /// What the raw nodes and edges tell. `within` is true for the body of a map, and `policy` is that of nodes without
    /// an `on_error` of their own.
    pub(crate) fn of(
        nodes: &[RawNode<'_>],
        edges: &[RawEdge<'_>],
        graph: &Graph,
        within: bool,
        policy: OnError,
    ) -> Self {
        let own = nodes.iter().map(|node| own_output(node, policy)).collect();
        let passes: Vec<bool> = nodes.iter().map(|node| node.kind.is_some_and(|kind| kind.passes_input)).collect();
        let anything =
            Source { unknown: true, input: false, failure: false, nodes: Bits::new(nodes.len()), together: None };
        let mut inputs = vec![anything.clone(); nodes.len()];
        for &ix in &graph.order {
            let incoming = &graph.incoming[ix];
            let trigger = nodes[ix].kind.is_some_and(|kind| kind.role == Role::Trigger);
            // The first nodes of a map's body are given the item, and a trigger in it the input of the map's execution.
            let mut source = Source { unknown: incoming.is_empty() && (within || !trigger), ..anything.clone() };
            source.input = incoming.is_empty() && !source.unknown;
            let mut ids = Vec::new();
            for &edge in incoming {
                let (Some(from), Some(port)) = (edges[edge].from, edges[edge].port.as_deref()) else {
                    source.unknown = true;
                    continue;
                };
                ids.extend(nodes[from].id.as_ref().map(|id| id.as_str()));
                let looped = nodes[from].kind.is_some_and(|kind| kind.role == Role::Loop) && port == "loop";
                match port {
                    "error" => source.failure = true,
                    _ if looped => source.unknown = true,
                    _ if passes[from] => source.join(&inputs[from]),
                    _ => source.nodes.insert(from),
                }
            }
            source.unknown |= source.nodes.iter().nth(limits::SHAPE_SOURCES).is_some();
            // What is no object keeps the id of the node that it comes from, and beside it stands what is handed over.
            let handed = graph.data[ix].iter().map(|&edge| edges[edge].connection.as_str());
            let several = ids.len() > 1 || !graph.data[ix].is_empty();
            ids.extend(handed);
            source.together = several.then(|| object_of(&ids));
            inputs[ix] = source;
        }
        Self { own, inputs, passes }
    }

    /// What is declared of a node's output, whatever became of the node. `input` is the schema of the execution's input.
    pub(crate) fn output<'s>(&'s self, ix: NodeIx, input: Option<&'s Value>) -> Option<Declared<'s>> {
        let succeeded = if self.passes[ix] { self.input(ix, input)? } else { Declared::of(self.own[ix].as_ref()?) };
        Some(succeeded.or(Self::failure()))
    }

    /// What is declared of the output of a node that failed.
    pub(crate) fn failure<'s>() -> Declared<'s> {
        Declared::of(&FAILURE)
    }

    /// What is declared of a node's input.
    pub(crate) fn input<'s>(&'s self, ix: NodeIx, input: Option<&'s Value>) -> Option<Declared<'s>> {
        let source = &self.inputs[ix];
        if source.unknown {
            return None;
        }
        let mut all = Declared::default();
        if source.input {
            all = all.or(Declared::of(input?));
        }
        if source.failure {
            all = all.or(Self::failure());
        }
        for node in source.nodes.iter() {
            all = all.or(Declared::of(self.own[node].as_ref()?)).or(Self::failure());
        }
        Some(match &source.together {
            Some(together) => all.or(Declared::of(together)),
            None => all,
        })
    }
}

impl Source {
    /// What comes along this way as well.
    fn join(&mut self, other: &Self) {
        self.unknown |= other.unknown;
        self.input |= other.input;
        self.failure |= other.failure;
        self.nodes.join(&other.nodes);
        // What was merged before is merged again here, under ids that are not known any more.
        self.unknown |= other.together.is_some();
    }
}

/// The schema of what a node itself puts out where it succeeds; none where nothing is known of it, as where a person may
/// put anything in its place.
fn own_output(node: &RawNode<'_>, policy: OnError) -> Option<Value> {
    let (kind, object) = (node.kind?, node.object?);
    let policy = object.get("on_error").filter(|given| !given.is_null()).map_or(Some(policy), OnError::of)?;
    if policy == OnError::AskHuman && kind.may_go_on() {
        return None;
    }
    (kind.output)(object.get("config").unwrap_or(&Value::Null))
}

/// The schema of what the literal parts of a template fix: its objects and their members.
pub(crate) fn literal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: Map<String, Value> =
                members.iter().map(|(key, value)| (key.clone(), literal(value))).collect();
            json!({ "type": "object", "properties": members, "additionalProperties": false })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => json!({}),
    }
}
