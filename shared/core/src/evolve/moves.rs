//! What events do to the state of a node, its edges and the execution.

use super::node::{drop_open, node_mut, note_at_end, put_out};
use crate::{
    execution::{EdgeState, Execution, Phase, Status, Warned},
    limits,
    payload::Payload,
};
use document::{Workflow, id::NodeId, time::Time};
use std::sync::Arc;

/// Keeps a warning, or counts it where it is known.
pub(super) fn warned(state: &mut Execution, node: &NodeId, code: &str, message: &str, at: Time) {
    let message: String = message.chars().take(limits::WARNING_CHARS).collect();
    let warnings = Arc::make_mut(&mut state.warnings);
    let known = warnings.iter().position(|one| one.node == *node && one.code == code && one.message == message);
    match known {
        Some(known) => warnings[known].count += 1,
        None if warnings.len() < limits::KEPT_WARNINGS => {
            warnings.push(Warned { node: node.clone(), code: code.to_owned(), message, count: 1, at });
        }
        None => {}
    }
}

/// Whether a person is asked, or was asked just now, what to do about a failure of the node.
pub(super) fn asked_about(state: &Execution, node: &NodeId) -> bool {
    let Some(Phase::Asking { interaction_id }) = state.node(node).map(|node| &node.phase) else { return false };
    state.interaction(interaction_id.as_str()).is_some_and(|one| one.on_error)
}

/// Begins a visit to a node. The output of the visit before stays until this one has its own, though the loops that
/// began another iteration since do not see it.
pub(super) fn activate(state: &mut Execution, node: &NodeId, visit: u32, via: &[usize], at: Time) {
    let seq = state.seq;
    let node = node_mut(state, node);
    node.visit = visit;
    node.phase = Phase::Due { at: None };
    node.was = None;
    node.undecided = None;
    node.given = None;
    node.talk = None;
    node.forgiven = 0;
    node.used_up.clear();
    node.taken_back = 0;
    node.via = via.to_vec();
    node.attempt = 1;
    node.activated_at = at;
    node.activated_seq = seq;
    node.due_at = None;
    node.timeout_at = None;
    node.finished_at = None;
    node.duration_ms = None;
    node.port = None;
    node.error = None;
}

/// Counts an attempt that ended.
pub(super) fn attempted(state: &mut Execution, node: &NodeId, attempt: u32, duration_ms: Option<u64>) {
    let node = node_mut(state, node);
    node.attempt = attempt;
    node.attempts += 1;
    node.duration_ms = duration_ms.or(node.duration_ms);
}

/// Keeps the outcome of a node, whose edges are still to be resolved.
pub(super) fn finish(state: &mut Execution, node: &NodeId, port: &str, output: Option<&Payload>, at: Time) {
    let seq = state.seq;
    let node = node_mut(state, node);
    node.phase = Phase::Unrouted;
    node.timeout_at = None;
    node.port = Some(port.into());
    if let Some(output) = output {
        put_out(node, output.clone());
    }
    // A node that is routed later keeps the time at which its outcome was recorded.
    node.finished_at = node.finished_at.or(Some(at));
    node.finished_seq = seq;
}

/// Resolves the edges out of a node. Those of a loop's port `loop` are left alone: each iteration resolves them itself.
pub(super) fn route(workflow: &Workflow, state: &mut Execution, node: &NodeId, live: &[usize]) -> Option<()> {
    let ix = *workflow.graph.index.get(node)?;
    let is_loop = !workflow.graph.body.get(ix)?.is_empty();
    node_mut(state, node).phase = Phase::Finished;
    if workflow.graph.around.get(ix)?.is_none() {
        state.done += 1;
    }
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in workflow.graph.out.get(ix)? {
        if !(is_loop && workflow.edges.get(edge)?.port == "loop") {
            *edges.get_mut(edge)? = if live.contains(&edge) { EdgeState::Live } else { EdgeState::Dead };
        }
    }
    Some(())
}

/// Marks a node as skipped: all edges out of it are dead.
pub(super) fn skip(workflow: &Workflow, state: &mut Execution, node: &NodeId, at: Time) -> Option<()> {
    let ix = *workflow.graph.index.get(node)?;
    if workflow.graph.around.get(ix)?.is_none() {
        state.skipped += 1;
    }
    let state_of = node_mut(state, node);
    state_of.phase = Phase::Skipped;
    state_of.finished_at = Some(at);
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in workflow.graph.out.get(ix)? {
        *edges.get_mut(edge)? = EdgeState::Dead;
    }
    Some(())
}

/// Ends the execution: no node can act any more.
pub(super) fn end(state: &mut Execution, status: Status, at: Time) {
    state.end = Some(status);
    state.stuck = None;
    state.stuck_seq = 0;
    state.paused = false;
    state.completed_at = Some(at);
    let open: Vec<NodeId> =
        state.nodes.iter().filter(|(_, node)| node.phase.is_open()).map(|(id, _)| id.clone()).collect();
    for node in &open {
        note_at_end(state, node);
        drop_open(state, node);
    }
}
