//! When somebody must look after an execution, in case that a message of it was lost.

use crate::{
    effect::Purpose,
    execution::{Execution, NodeState, Phase},
    id::Activation,
    owed::{body_is_over, timers},
    retention::expires_at,
};
use document::{Workflow, graph::NodeIx, id::NodeId, time::Time};
use std::sync::Arc;

/// When the activation of a node is overdue: its due time, the node's timeout and a grace have passed without a turn.
/// None where nothing but a timer can make it overdue.
pub fn overdue_at(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Option<Time> {
    let node = workflow.nodes.get(ix)?;
    let found = state.node(&node.id)?;
    let grace = crate::limits::GRACE_SECONDS;
    match &found.phase {
        Phase::Due { at } => {
            let since = found.activated_at.max(reopened_at(workflow, state).unwrap_or(found.activated_at));
            let due = at.unwrap_or(since);
            let timeout =
                if node.of.mode.waits() { 0.0 } else { node.timeout_seconds.unwrap_or(crate::limits::NODE_SECONDS) };
            Some(due.after_seconds(timeout + grace))
        }
        Phase::Intended { deadline } => Some(*deadline),
        Phase::Looping if body_is_over(workflow, state, ix) => Some(state.updated_at.after_seconds(grace)),
        _ => None,
    }
}

/// When an execution was retried or came back from a rollback last: what is due in it is due since then, whenever it was
/// activated. None where its time runs since its start.
fn reopened_at(workflow: &Workflow, state: &Execution) -> Option<Time> {
    state.extended.map(|deadline| deadline.after_seconds(-workflow.settings.timeout_seconds))
}

/// When somebody must look after an execution, in case that a message of it was lost: its first activation is overdue,
/// a timer should have fired, it is held back for a while, or the execution's own timeout has passed. For an ended
/// execution it is the time at which it may be removed; none where it is kept for ever, or is removed with its parent, and for one
/// that has not wholly arrived from another host.
pub fn due_at(workflow: &Workflow, state: &Execution) -> Option<Time> {
    if state.arrives() && state.end.is_none() {
        return None;
    }
    if state.completed_at.is_some() {
        return expires_at(state, Some(workflow));
    }
    let grace = |at: Time| at.after_seconds(crate::limits::GRACE_SECONDS);
    if let Some(rolling) = &state.rolling {
        let next = rolling.awaits().or(rolling.intended).or(rolling.due).unwrap_or(state.updated_at);
        let stands_still = state.paused || state.stuck.is_some();
        return (!stands_still).then(|| grace(next.after_seconds(crate::limits::NODE_SECONDS)));
    }
    let of_node = |ix: NodeIx| {
        let node = state.node(&workflow.nodes[ix].id)?;
        let timer = timers(state, node).into_iter().map(|(_, at)| grace(at)).min();
        let stands_still = state.stands_still() || state.held || state.is_stuck_at(node);
        timer.or_else(|| if stands_still { None } else { overdue_at(workflow, state, ix) })
    };
    let held = state.held.then(|| state.started_at.after_seconds(crate::limits::HELD_SECONDS));
    (0..workflow.nodes.len()).filter_map(of_node).chain(held).chain([state.deadline()]).min()
}

/// The timers that should have fired by now.
pub fn past_timers(state: &Execution, now: Time) -> Vec<(Activation, Purpose)> {
    let of_node = |(id, node): (&NodeId, &Arc<NodeState>)| {
        let past = timers(state, node).into_iter().filter(|(_, at)| *at <= now);
        past.map(|(purpose, _)| (state.activation(id), purpose)).collect::<Vec<_>>()
    };
    state.nodes.iter().flat_map(of_node).collect()
}
