//! How an execution that had ended takes up its work again.

use crate::{
    execution::{Execution, NodeState, Phase},
    interaction::Interaction,
};
use document::{AfterError, id::NodeId, time::Time};
use std::{collections::BTreeMap, sync::Arc};

/// Takes up the nodes that failed and those that the end of the execution dropped, each in the visit in which it was.
/// `begun` are those of which an `at_most_once` attempt was under way: it is not made twice.
pub(super) fn take_up(
    state: &mut Execution,
    at: Time,
    deadline: Time,
    timeouts: &BTreeMap<NodeId, Time>,
    begun: &[NodeId],
) {
    state.end = None;
    state.completed_at = None;
    state.error = None;
    state.stuck = None;
    state.stuck_seq = 0;
    state.retried += 1;
    state.extended = Some(deadline);
    // It was cancelled while it went back: the checkpoint brings its nodes.
    if state.rolling.is_some() {
        return;
    }
    // What was due when it got stuck or was paused is asked for again by itself.
    let interactions = state.interactions.clone();
    for (id, node) in &mut state.nodes {
        let open = matches!(node.phase, Phase::Failed) || matches!(node.phase, Phase::Dropped) && node.was.is_some();
        if open {
            let node = Arc::make_mut(node);
            reopen(node, &interactions, begun.contains(id));
            node.timeout_at = timeouts.get(id).copied();
            node.due_at = Some(at);
        }
    }
}

/// Gives a node that an end closed the phase in which it goes on.
fn reopen(node: &mut NodeState, interactions: &[Arc<Interaction>], begun: bool) {
    let was = node.was.take();
    node.finished_at = None;
    node.phase = match was {
        Some(phase @ Phase::Intended { .. }) if begun => phase,
        Some(Phase::Due { .. } | Phase::Intended { .. }) => Phase::Due { at: None },
        Some(Phase::Asking { interaction_id }) => {
            let one = interactions.iter().rev().find(|one| one.interaction_id == interaction_id);
            match one.filter(|one| one.on_error) {
                // The question is asked anew, under another id.
                None => Phase::Due { at: None },
                Some(one) if one.decision.as_deref() == Some(AfterError::Abort.as_str()) => {
                    node.taken_back += 1;
                    next_attempt(node)
                }
                // People are asked anew what to do about the failure.
                Some(_) => Phase::Unrouted,
            }
        }
        Some(Phase::Unrouted) if node.port.is_some() => Phase::Unrouted,
        Some(phase @ (Phase::Waiting { .. } | Phase::Children | Phase::Looping)) => phase,
        // It failed. What could not be decided about its way on is decided again, without running it again.
        Some(Phase::Unrouted | Phase::Idle | Phase::Finished | Phase::Skipped | Phase::Dropped | Phase::Failed)
        | None => match node.undecided.take() {
            Some(port) => {
                node.port = Some(port);
                node.error = None;
                Phase::Unrouted
            }
            None => next_attempt(node),
        },
    };
}

/// The attempts so far no longer count, and another one is due.
fn next_attempt(node: &mut NodeState) -> Phase {
    node.forgiven = node.attempt;
    node.attempt += 1;
    Phase::Due { at: None }
}
