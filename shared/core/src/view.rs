//! Executions as the API shows them: pure functions of the state, the document and the journal.

mod event;
mod history;
mod interaction;
mod node;

pub use event::event;
pub use history::{finished_node, history_item, sentence, stream_events};
pub use interaction::{interaction, responses_needed};
pub use node::{node_status, nodes};

use crate::execution::{Execution, Phase, Status};
use document::{Workflow, graph::NodeIx, id::NodeId};
use serde_json::{Map, Value, json};

/// An execution as `GET /v1/executions/{id}` shows it.
pub fn execution(execution: &Execution, workflow: &Workflow) -> Value {
    let started = &execution.started;
    let pending: Vec<Value> = execution.open_interactions().map(|one| interaction(one, execution, workflow)).collect();
    let version = if started.workflow_version == 0 { Value::Null } else { started.workflow_version.into() };
    json!({
        "execution_id": execution.id(),
        "workflow_id": started.workflow_id,
        "workflow_version": version,
        "status": execution.status(),
        "progress": progress(execution, workflow),
        "current_nodes": current_nodes(execution, workflow),
        "started_at": execution.started_at.to_string(),
        "updated_at": execution.updated_at.to_string(),
        "completed_at": execution.completed_at.map(|time| time.to_string()),
        "started_by": started.started_by,
        "input": started.input.value(),
        "output": execution.output.as_ref().map(|output| output.value()),
        "error": error(execution),
        "pending_interactions": pending,
        "checkpoint": execution.seq.to_string(),
        "resume_count": execution.resume_count,
        "loop_counters": loop_counters(execution, workflow),
        "parent": started.parent.as_ref().map(|parent| json!({
            "execution_id": parent.execution_id,
            "node": parent.activation.node,
            "visit": parent.activation.visit,
            "attempt": parent.attempt,
            "index": parent.index,
        })),
        "cost": { "turns": execution.seq },
        "message": message(execution, workflow),
        "metadata": started.metadata,
        "links": links(execution.id().as_str()),
    })
}

/// What the caller that starts an execution is told at once: that it was accepted, and where to read more.
pub fn accepted(execution: &Execution) -> Value {
    // After its first turn an execution has run nothing yet.
    let status = match execution.status() {
        Status::Running if execution.seq == 1 => Status::Pending,
        other => other,
    };
    let id = execution.id().as_str();
    json!({ "execution_id": id, "status": status, "links": links(id) })
}

/// The paths under which more of an execution is to be read.
pub fn links(id: &str) -> Value {
    let own = format!("/v1/executions/{id}");
    json!({
        "self": own,
        "nodes": format!("{own}/nodes"),
        "history": format!("{own}/history"),
        "events": format!("{own}/events"),
        "logs": format!("{own}/logs"),
    })
}

/// The error of an execution that failed or is stuck: `{code, message, node, attempt, details?}`; null for others.
pub fn error(execution: &Execution) -> Value {
    let error = execution.error.as_ref().or(execution.stuck.as_ref());
    error.and_then(|error| serde_json::to_value(error).ok()).unwrap_or(Value::Null)
}

/// The progress in percent, 0 to 100, with one decimal at most: the share of the nodes outside of loops that are done,
/// of those on paths that are live or undecided. It is 100 only where the execution completed.
pub fn progress(execution: &Execution, workflow: &Workflow) -> Value {
    if execution.end == Some(Status::Completed) {
        return json!(100);
    }
    let outside = workflow.graph.around.iter().filter(|around| around.is_none()).count();
    let known = outside.saturating_sub(execution.skipped as usize).max(1);
    let share = f64::from(execution.done) / known as f64;
    let tenths = (share * 1000.0).floor().clamp(0.0, 999.0);
    if tenths % 10.0 == 0.0 { json!((tenths / 10.0) as u64) } else { json!(tenths / 10.0) }
}

/// The nodes that run, are due, or wait, in topological order. A loop whose body is at work is not among them.
pub fn current_nodes(execution: &Execution, workflow: &Workflow) -> Vec<NodeId> {
    let current = |phase: &Phase| phase.is_open() && *phase != Phase::Looping;
    nodes_where(workflow, |id| execution.node(id).is_some_and(|state| current(&state.phase)))
}

/// The nodes that are still to finish, as far as is known now, in topological order.
pub fn remaining_nodes(execution: &Execution, workflow: &Workflow) -> Vec<NodeId> {
    if execution.status().is_terminal() {
        return Vec::new();
    }
    nodes_where(workflow, |id| match execution.node(id) {
        None => true,
        Some(state) => state.phase.is_open() || state.phase == Phase::Idle,
    })
}

fn nodes_where(workflow: &Workflow, wanted: impl Fn(&NodeId) -> bool) -> Vec<NodeId> {
    let ordered = workflow.graph.order.iter().filter_map(|index| workflow.nodes.get(*index));
    ordered.map(|node| node.id.clone()).filter(wanted).collect()
}

/// For each loop, by its path (`outer/inner`), the iterations begun since it was last entered.
pub fn loop_counters(execution: &Execution, workflow: &Workflow) -> Map<String, Value> {
    let mut counters = Map::new();
    for (index, node) in workflow.nodes.iter().enumerate() {
        let (Some(_), Some(state)) = (node.kind.as_loop(), execution.loops.get(&node.id)) else { continue };
        counters.insert(loop_path(workflow, index), state.begun.into());
    }
    counters
}

/// The ids of the loops around a loop and its own, from the outermost, with slashes between them.
fn loop_path(workflow: &Workflow, index: NodeIx) -> String {
    let mut path = Vec::new();
    let mut next = Some(index);
    while let Some(at) = next {
        let Some(node) = workflow.nodes.get(at) else { break };
        path.push(node.id.as_str());
        next = workflow.graph.around.get(at).copied().flatten();
    }
    path.reverse();
    path.join("/")
}

/// What an execution is doing, in one sentence for people.
pub fn message(execution: &Execution, workflow: &Workflow) -> String {
    let names = || list(&current_nodes(execution, workflow));
    let failure = |error: &crate::error::Error| match &error.node {
        Some(node) => format!(" at node {node}: {} ({})", error.message, error.code),
        None => format!(": {} ({})", error.message, error.code),
    };
    match execution.status() {
        Status::Pending => "Waits for its turn: max_concurrency is reached.".into(),
        Status::Running => format!("Running {}.", names()),
        Status::Paused => "Paused; resume it to go on.".into(),
        Status::WaitingHuman => {
            let nodes: Vec<_> = execution.open_interactions().map(|one| one.activation.node.clone()).collect();
            format!("Waits for a person at {}.", list(&nodes))
        }
        Status::Waiting => format!("Waits at {}.", names()),
        Status::RollingBack => "Rolling back.".into(),
        Status::Stuck => format!("Stuck{}.", execution.stuck.as_ref().map(failure).unwrap_or_default()),
        Status::Completed => "Completed.".into(),
        Status::Failed => format!("Failed{}.", execution.error.as_ref().map(failure).unwrap_or_default()),
        Status::Cancelled => "Cancelled.".into(),
        Status::Skipped => {
            let why = execution.started.skipped.as_deref().unwrap_or("another execution of the workflow lives");
            format!("Skipped: {why}.")
        }
    }
}

/// Nodes as people list them: `a`, `a and b`, `a, b and c`.
fn list(nodes: &[NodeId]) -> String {
    match nodes {
        [] => "nothing".into(),
        [one] => one.to_string(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(NodeId::as_str).collect();
            format!("{} and {last}", rest.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
