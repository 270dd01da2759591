//! The input of a node: the outputs along the edges that activated it.

use crate::{
    execution::{EdgeState, Execution},
    payload::Payload,
    reading::Reading,
};
use document::{Connection, Edge, Workflow, graph::NodeIx, id::NodeId};
use serde_json::{Map, Value};

/// The input of a node at its latest visit: the output along its one live edge, or several merged (workflow format,
/// §3), and beside it what typed connections hand the node. A node at which the execution begins gets the item of a map, or
/// the execution's input.
pub fn input_of(workflow: &Workflow, state: &Execution, ix: NodeIx, reading: &Reading) -> Payload {
    let (came, handed) = parts_of_input(workflow, state, ix, reading);
    if handed.is_empty() { came } else { with_handed(workflow, state, ix, (&came, &handed), reading) }
}

/// What came to a node along the edges that activated it, and what typed connections hand it, in the document's order. What
/// somebody gave it as its input is all of that.
pub fn parts_of_input(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    reading: &Reading,
) -> (Payload, Vec<(Connection, Payload)>) {
    let Some(node) = workflow.nodes.get(ix).and_then(|node| state.node(&node.id)) else { return Default::default() };
    if let Some(given) = &node.given {
        return (given.clone(), Vec::new());
    }
    if node.via.is_empty() {
        return (state.started.item.clone().unwrap_or_else(|| state.started.input.clone()), Vec::new());
    }
    (along(workflow, state, &node.via, reading), handed(workflow, state, ix))
}

/// The latest outputs that typed connections hand a node: those of ancestors on the graph, so that no value depends on a
/// race, and in a loop of the present iteration. One that has not run has none.
fn handed(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Vec<(Connection, Payload)> {
    let edges = workflow.graph.data.get(ix).map_or(&[][..], Vec::as_slice);
    let outputs = edges.iter().filter_map(|&edge| {
        let edge = workflow.edges.get(edge)?;
        let from = state.node(&edge.from).filter(|from| !from.stale)?;
        Some((edge.connection, from.output.clone()?))
    });
    outputs.collect()
}

/// What came to a node as an object, with what it is handed under the names of the connections: a list where the document
/// has several of one. What came and is no object stands under the id of the node that it came from.
fn with_handed(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    (came, handed): (&Payload, &[(Connection, Payload)]),
    reading: &Reading,
) -> Payload {
    let mut members = match (reading.value(came), from_of(workflow, state, ix)) {
        (Value::Object(members), _) => members.clone(),
        (other, Some(from)) => Map::from_iter([(from.to_string(), other.clone())]),
        (_, None) => Map::new(),
    };
    let edges = || workflow.graph.data[ix].iter().filter_map(|&edge| workflow.edges.get(edge));
    for &connection in Connection::ALL {
        let mut values =
            handed.iter().filter(|(of, _)| *of == connection).map(|(_, value)| reading.value(value).clone());
        let value = match edges().filter(|edge| edge.connection == connection).count() {
            0 => None,
            1 => values.next(),
            _ => Some(Value::Array(values.collect())),
        };
        members.extend(value.map(|value| (connection.as_str().to_owned(), value)));
    }
    Payload::new(Value::Object(members))
}

/// The node along whose edge another one was activated.
fn from_of<'w>(workflow: &'w Workflow, state: &Execution, ix: NodeIx) -> Option<&'w NodeId> {
    let node = state.node(&workflow.nodes.get(ix)?.id)?;
    workflow.edges.get(*node.via.first()?).map(|edge| &edge.from)
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
