//! What a node is given: the outputs along the edges that activated it.

use crate::{
    execution::{EdgeState, Execution},
    payload::Payload,
    workflow::{Workflow, graph::NodeIx},
};
use serde_json::{Map, Value};

/// A node's input: the output along its one live edge, or several merged (workflow format, §3).
pub fn input_of(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Payload {
    let Some(node) = workflow.nodes.get(ix).and_then(|node| state.node(&node.id)) else { return Payload::default() };
    if node.via.is_empty() {
        return state.started.item.clone().unwrap_or_else(|| state.started.input.clone());
    }
    along(workflow, state, &node.via)
}

/// The value of the iteration that ran last: what came along the edges back, or what `break` gave.
pub fn iteration_value(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Payload {
    let broken = workflow.nodes.get(ix).and_then(|node| state.loops.get(&node.id)).and_then(|l| l.broken.as_ref());
    if let Some(by) = broken {
        return state.node(by).and_then(|node| node.output.clone()).unwrap_or_default();
    }
    let back: Vec<usize> = workflow.graph.back.get(ix).map_or(Vec::new(), |edges| {
        edges.iter().copied().filter(|edge| state.edges.get(*edge) == Some(&EdgeState::Live)).collect()
    });
    if back.is_empty() { Payload::default() } else { along(workflow, state, &back) }
}

fn along(workflow: &Workflow, state: &Execution, edges: &[usize]) -> Payload {
    let output = |edge: usize| {
        let from = &workflow.edges.get(edge)?.from;
        Some((from, state.node(from)?.output.clone().unwrap_or_default()))
    };
    if let [only] = edges {
        return output(*only).map(|(_, output)| output).unwrap_or_default();
    }
    let outputs: Vec<_> = edges.iter().filter_map(|edge| output(*edge)).collect();
    let objects: Option<Vec<&Map<String, Value>>> =
        outputs.iter().map(|(_, value)| value.value().as_object()).collect();
    let merged: Map<String, Value> = match objects {
        Some(objects) => objects.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
        None => outputs.iter().map(|(from, value)| (from.to_string(), value.value().clone())).collect(),
    };
    Payload::new(Value::Object(merged))
}
