//! The input of a node: the outputs along the edges that activated it.

use crate::{
    execution::{EdgeState, Execution},
    payload::Payload,
    reading::Reading,
};
use document::{Edge, Workflow, graph::NodeIx};
use serde_json::{Map, Value};

/// The input of a node at its latest visit: the output along its one live edge, or several merged (workflow format,
/// §3). A node at which the execution begins gets the item of a map, or the execution's input.
pub fn input_of(workflow: &Workflow, state: &Execution, ix: NodeIx, reading: &Reading) -> Payload {
    let Some(node) = workflow.nodes.get(ix).and_then(|node| state.node(&node.id)) else { return Payload::default() };
    if let Some(given) = &node.given {
        return given.clone();
    }
    if node.via.is_empty() {
        return state.started.item.clone().unwrap_or_else(|| state.started.input.clone());
    }
    along(workflow, state, &node.via, reading)
}

/// The value of the iteration of a loop that ran last: the output along the live edges back to the loop, or the output
/// of the `break` node that ended it. Null where no edge back is live.
pub fn iteration_value(workflow: &Workflow, state: &Execution, ix: NodeIx, reading: &Reading) -> Payload {
    let broken = workflow.nodes.get(ix).and_then(|node| state.loops.get(&node.id)).and_then(|l| l.broken.as_ref());
    if let Some(by) = broken {
        return state.node(by).and_then(|node| node.output.clone()).unwrap_or_default();
    }
    let back: Vec<usize> = workflow.graph.back.get(ix).map_or(Vec::new(), |edges| {
        edges.iter().copied().filter(|edge| state.edges.get(*edge) == Some(&EdgeState::Live)).collect()
    });
    if back.is_empty() { Payload::default() } else { along(workflow, state, &back, reading) }
}

/// The outputs along several edges as one value. Where all are objects their keys are merged, and the later edge wins;
/// otherwise the value is `{predecessor: output}`.
fn along(workflow: &Workflow, state: &Execution, edges: &[usize], reading: &Reading) -> Payload {
    let output = |edge: usize| {
        let edge = workflow.edges.get(edge)?;
        Some((&edge.from, handed_on(workflow, state, edge, reading)?))
    };
    if let [only] = edges {
        return output(*only).map(|(_, output)| output).unwrap_or_default();
    }
    let outputs: Vec<_> = edges.iter().filter_map(|edge| output(*edge)).collect();
    let objects: Option<Vec<&Map<String, Value>>> =
        outputs.iter().map(|(_, value)| reading.value(value).as_object()).collect();
    let merged: Map<String, Value> = match objects {
        Some(objects) => objects.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
        None => outputs.iter().map(|(from, value)| (from.to_string(), reading.value(value).clone())).collect(),
    };
    Payload::new(Value::Object(merged))
}

/// The output that a node gives along an edge. A loop that is over has its final output, so what its last iteration was
/// given along the port `loop` is computed again from the loop's state.
fn handed_on(workflow: &Workflow, state: &Execution, edge: &Edge, reading: &Reading) -> Option<Payload> {
    let from = state.node(&edge.from)?;
    let latest = || Some(from.output.clone().unwrap_or_default());
    let Some(over) = state.loops.get(&edge.from).filter(|_| edge.port == "loop" && from.port.is_some()) else {
        return latest();
    };
    let last = usize::try_from(over.begun).ok()?.checked_sub(1)?;
    match (&over.items, last.checked_sub(1)) {
        (Some(items), _) => Some(Payload::new(reading.value(items).get(last)?.clone())),
        (None, Some(before)) => over.outputs.get(before).cloned(),
        (None, None) => Some(input_of(workflow, state, *workflow.graph.index.get(&edge.from)?, reading)),
    }
}
