//! Nodes as the API shows them.

use crate::{
    execution::{Execution, NodeState, Phase},
    port::NodeLog,
    workflow::{Node, NodeKind, Workflow},
};
use serde_json::{Map, Value, json};

/// `items` of `GET /v1/executions/{id}/nodes`, in the document's order; `logs` are the lines of all nodes.
pub fn nodes(execution: &Execution, workflow: &Workflow, logs: &[NodeLog]) -> Vec<Value> {
    workflow.nodes.iter().map(|node| one(execution, workflow, node, logs)).collect()
}

fn one(execution: &Execution, workflow: &Workflow, node: &Node, logs: &[NodeLog]) -> Value {
    let lines: Vec<Value> = logs
        .iter()
        .filter(|log| log.node == node.id.as_str())
        .map(|log| json!({
            "visit": log.visit,
            "attempt": log.attempt,
            "at": log.line.at.to_string(),
            "level": log.line.level,
            "message": log.line.message,
        }))
        .collect();
    let state = execution.node(&node.id);
    let visited = state.filter(|state| state.visit > 0);
    json!({
        "node": node.id,
        "name": node.name,
        "status": node_status(state),
        "visits": state.map_or(0, |state| state.visit),
        "attempts": state.map_or(0, |state| state.attempts),
        "input": visited.map(|state| input_of(execution, workflow, node, state)),
        "output": state.and_then(|state| state.output.as_ref()).map(|output| output.value()),
        "port": state.and_then(|state| state.port.as_ref()),
        "error": state.and_then(|state| state.error.as_ref()),
        "started_at": visited.map(|state| state.activated_at.to_string()),
        "completed_at": visited.and_then(|state| state.finished_at).map(|time| time.to_string()),
        "duration_ms": visited.and_then(duration),
        "logs": lines,
    })
}

/// How long the last attempt took; where that is not known, the time from the visit's start to its end.
fn duration(state: &NodeState) -> Option<u64> {
    let whole = || state.finished_at.map(|end| end.since(state.activated_at).as_millis() as u64);
    state.duration_ms.or_else(whole)
}

/// `pending`, `running`, `retrying`, `waiting`, `waiting_human`, `completed`, `failed`, `skipped`, `cancelled`.
pub fn node_status(state: Option<&NodeState>) -> &'static str {
    let Some(state) = state else { return "pending" };
    match &state.phase {
        Phase::Idle => "pending",
        Phase::Due { at: None } | Phase::Intended { .. } | Phase::Looping => "running",
        Phase::Due { at: Some(_) } => "retrying",
        Phase::Waiting { .. } | Phase::Children => "waiting",
        Phase::Asking { .. } => "waiting_human",
        Phase::Finished | Phase::Unrouted if state.port.as_deref() == Some("error") => "failed",
        Phase::Finished | Phase::Unrouted => "completed",
        Phase::Skipped => "skipped",
        Phase::Dropped => "cancelled",
        Phase::Failed => "failed",
    }
}

/// A node's input at its latest visit: the outputs along the live edges (workflow format, §3), as far as they are kept.
pub fn input_of(execution: &Execution, workflow: &Workflow, node: &Node, state: &NodeState) -> Value {
    let output = |edge: &usize| {
        let edge = workflow.edges.get(*edge)?;
        Some((edge.from.as_str(), along(execution, workflow, edge)))
    };
    let outputs: Vec<(&str, Value)> = state.via.iter().filter_map(output).collect();
    match outputs.as_slice() {
        [] => execution.started.item.as_ref().unwrap_or(&execution.started.input).value().clone(),
        [(_, one)] => one.clone(),
        several if several.iter().all(|(_, value)| value.is_object()) => {
            let merged = several.iter().filter_map(|(_, value)| value.as_object());
            Value::Object(merged.flat_map(|fields| fields.clone()).collect::<Map<_, _>>())
        }
        several => Value::Object(several.iter().map(|(from, value)| ((*from).to_owned(), value.clone())).collect()),
    }
}

/// What travels along an edge: a loop hands its body the item, or the body's last output.
fn along(execution: &Execution, workflow: &Workflow, edge: &crate::workflow::Edge) -> Value {
    let source = workflow.nodes.iter().find(|node| node.id == edge.from);
    let looping = source.is_some_and(|node| matches!(node.kind, NodeKind::Loop(_)) && edge.port == "loop");
    if let (true, Some(state)) = (looping, execution.loops.get(&edge.from)) {
        if let Some(items) = &state.items {
            return items.value().get(state.iteration as usize).cloned().unwrap_or(Value::Null);
        }
        if let Some(last) = state.outputs.last() {
            return last.value().clone();
        }
        let entered = source.zip(execution.node(&edge.from));
        return entered.map_or(Value::Null, |(node, state)| input_of(execution, workflow, node, state));
    }
    let output = execution.node(&edge.from).and_then(|state| state.output.as_ref());
    output.map_or(Value::Null, |output| output.value().clone())
}
