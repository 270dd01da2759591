//! The nodes of an execution as the API shows them.

use crate::{
    evolve::input_of,
    execution::{Execution, NodeState, Phase},
    task::NodeLog,
};
use document::{Node, Workflow};
use serde_json::{Value, json};

/// The `items` of `GET /v1/executions/{id}/nodes`, in the document's order. `logs` are the lines of all nodes.
pub fn nodes(execution: &Execution, workflow: &Workflow, logs: &[NodeLog]) -> Vec<Value> {
    workflow.nodes.iter().map(|node| one(execution, workflow, node, logs)).collect()
}

fn one(execution: &Execution, workflow: &Workflow, node: &Node, logs: &[NodeLog]) -> Value {
    let lines: Vec<Value> = logs
        .iter()
        .filter(|log| log.node == node.id.as_str())
        .map(|log| {
            json!({
                "visit": log.visit,
                "attempt": log.attempt,
                "at": log.line.at.to_string(),
                "level": log.line.level,
                "message": log.line.message,
            })
        })
        .collect();
    let state = execution.node(&node.id);
    // Input and times belong to a visit, so a node that was only skipped has none.
    let visited = state.filter(|state| state.visit > 0);
    json!({
        "node": node.id,
        "name": node.name,
        "status": node_status(state),
        "visits": state.map_or(0, |state| state.visit),
        "attempts": state.map_or(0, |state| state.attempts),
        "input": visited.and(workflow.graph.index.get(&node.id)).map(|ix| input_of(workflow, execution, *ix).value().clone()),
        "output": state.and_then(|state| state.output.as_ref()).map(|output| output.value()),
        "port": state.and_then(|state| state.port.as_ref()),
        "error": state.and_then(|state| state.error.as_ref()),
        "started_at": visited.map(|state| state.activated_at.to_string()),
        "completed_at": visited.and_then(|state| state.finished_at).map(|time| time.to_string()),
        "duration_ms": visited.and_then(duration),
        "logs": lines,
    })
}

/// Milliseconds that the last attempt ran. Where nobody measured it, the time from the start of the visit to its end.
fn duration(state: &NodeState) -> Option<u64> {
    let whole = || state.finished_at.map(|end| end.since(state.activated_at).as_millis() as u64);
    state.duration_ms.or_else(whole)
}

/// What a node is doing: `pending`, `running`, `retrying`, `waiting`, `waiting_human`, `completed`, `failed`, `skipped`
/// or `cancelled`. A node without a state was not reached yet.
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
