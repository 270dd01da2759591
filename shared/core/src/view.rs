//! What is said about executions to those who look at them: pure functions of the state, the document and the journal.
//! The API's types put the answers into the shapes that callers see.

mod agent;
mod event;
mod history;
mod interaction;
mod node;
mod shown;

pub use agent::{CallState, Decision, ToolCalls, UnderWay, calls_under_way, lent_to, tool_calls};
pub use event::event;
pub use history::{finished_node, sentence, sentence_with};
pub use interaction::{also_kept_out, keeps_out, kept_out, responses_needed, tally};
pub use node::{ChildCounts, NodeStatus, children, duration_ms, node_status, tolerated};

use crate::{
    error::Error,
    execution::{Execution, Phase, Status},
    rollback::{After, Rolling},
};
use document::{Workflow, graph::NodeIx, id::NodeId, time::Time};
use serde_json::Number;
use std::time::Duration;

/// The status that the caller who starts an execution is told: after its first turn it has run nothing yet.
pub fn accepted_status(execution: &Execution) -> Status {
    match execution.status() {
        Status::Running if execution.seq == 1 => Status::Pending,
        other => other,
    }
}

/// How long an execution has been at work by a moment, or until its end. While it had ended, before somebody had it go on, it was
/// not.
pub fn took(execution: &Execution, now: Time) -> Duration {
    let whole = execution.completed_at.unwrap_or(now).since(execution.started_at);
    whole.saturating_sub(Duration::from_millis(execution.rested_ms))
}

/// The error of an execution that failed or is stuck; none for others.
pub fn error(execution: &Execution) -> Option<&Error> {
    execution.error.as_ref().or(execution.stuck.as_ref())
}

/// The progress in percent, 0 to 100, with one decimal at most: the share of the nodes outside of loops that are done, of
/// those on paths that are live or undecided and that run by themselves. Of a `for_each` at work its iterations count, of a node with children those
/// that ended. It never falls, and is 100 only where the execution completed.
pub fn progress(execution: &Execution, workflow: &Workflow) -> Number {
    if execution.end == Some(Status::Completed) {
        return 100.into();
    }
    let tenths = execution.progress.max(crate::evolve::progress(workflow, execution));
    let whole = tenths / 10;
    if tenths.is_multiple_of(10) {
        return whole.into();
    }
    Number::from_f64(f64::from(tenths) / 10.0).unwrap_or_else(|| whole.into())
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
pub fn loop_counters(execution: &Execution, workflow: &Workflow) -> Vec<(String, u64)> {
    let entered = |(index, node): (NodeIx, &document::Node)| {
        let state = node.kind.as_loop().and(execution.loops.get(&node.id))?;
        Some((loop_path(workflow, index), state.begun))
    };
    workflow.nodes.iter().enumerate().filter_map(entered).collect()
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

/// What an execution is doing, in one sentence for people. Nodes stand in it by their ids.
pub fn message(execution: &Execution, workflow: &Workflow) -> String {
    message_with(execution, workflow, &NodeId::to_string)
}

/// The same sentence with what `name` says in the place of the ids of nodes.
pub fn message_with(execution: &Execution, workflow: &Workflow, name: &dyn Fn(&NodeId) -> String) -> String {
    let called = |nodes: &[NodeId]| list(&nodes.iter().map(name).collect::<Vec<_>>());
    let names = || called(&current_nodes(execution, workflow));
    let failure = |error: &crate::error::Error| match &error.node {
        Some(node) => format!(" at node {}: {} ({})", name(node), error.message, error.code),
        None => format!(": {} ({})", error.message, error.code),
    };
    match execution.status() {
        Status::Pending if execution.arrives() => {
            "Comes from another host: some of it is missing. Import its file again, or cancel and delete it.".into()
        }
        Status::Pending if execution.started.in_line.is_some() => {
            "Waits for its turn: the message before it has not ended, or max_concurrency is reached.".into()
        }
        Status::Pending => {
            "Waits for its turn: others of the workflow have not ended (`max_concurrency`, or `overlap: queue`).".into()
        }
        Status::Running => format!("Running {}.", names()),
        Status::Paused => match &execution.rolling {
            Some(rolling) => format!("Paused. {}; resume it to go on.", going_back(rolling, name)),
            None => "Paused; resume it to go on.".into(),
        },
        Status::WaitingHuman => {
            let own = execution.open_interactions().map(|one| one.activation.node.clone());
            let below = nodes_where(workflow, |id| execution.is_asked_below(id));
            format!("Waits for a person at {}.", called(&own.chain(below).collect::<Vec<_>>()))
        }
        Status::Waiting => format!("Waits at {}.", names()),
        Status::RollingBack => execution.rolling.as_ref().map_or_else(String::new, |it| going_back(it, name) + "."),
        Status::Stuck => {
            let undoes = execution.rolling.is_some();
            let own = |error: &Error| if undoes { format!(": {}", error.message) } else { failure(error) };
            let why = execution.stuck.as_ref().map(own).unwrap_or_default();
            let way = match undoes {
                true => "`retry` to try it again, `skip` to leave it as it is, `mark_done` once it is done by hand",
                false => "`redrive` or `retry` to send its messages again, `skip` or `mark_done` to go on without them",
            };
            format!("Stuck{why}. Unstick it: {way}.")
        }
        Status::Completed => "Completed.".into(),
        Status::Failed => format!("Failed{}.", execution.error.as_ref().map(failure).unwrap_or_default()),
        Status::Cancelled => "Cancelled.".into(),
        Status::Skipped => {
            let why = execution.started.skipped.as_deref().unwrap_or("another execution of the workflow lives");
            format!("Skipped: {why}.")
        }
    }
}

/// How far a rollback is, such as `Rolling back to checkpoint 3: 2 of 5 undone`.
fn going_back(rolling: &Rolling, name: &dyn Fn(&NodeId) -> String) -> String {
    let to = match (&rolling.asked.after, &rolling.asked.node) {
        (After::Cancel { .. }, _) => "Being undone".to_owned(),
        (After::GoOn | After::Fail { .. }, Some(node)) => format!("Going back to node {}", name(node)),
        (After::GoOn | After::Fail { .. }, None) => format!("Rolling back to checkpoint {}", rolling.asked.to),
    };
    match rolling.plan.as_ref().map(|plan| plan.undo.len()) {
        None | Some(0) => to,
        Some(all) => format!("{to}: {} of {all} undone", rolling.next),
    }
}

/// Nodes as people list them: `a`, `a and b`, `a, b and c`.
fn list(nodes: &[impl ToString]) -> String {
    match nodes {
        [] => "nothing".into(),
        [one] => one.to_string(),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            format!("{} and {}", rest.join(", "), last.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
