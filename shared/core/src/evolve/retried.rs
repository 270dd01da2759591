//! How an execution that had ended takes up its work again.

use crate::{
    execution::{Children, Execution, NodeState, Phase},
    interaction::Interaction,
};
use document::{AfterError, id::NodeId, time::Time};
use std::{collections::BTreeMap, sync::Arc};

/// How nodes are taken up that do not simply run again.
pub(super) struct TakenUp<'a> {
    /// When the attempts of nodes that wait on fail with `timeout`.
    pub timeouts: &'a BTreeMap<NodeId, Time>,
    /// Those of which an `at_most_once` attempt was under way: it is not made twice.
    pub begun: &'a [NodeId],
    /// Those of which an attempt may have been cut off: what comes of that one counts no more.
    pub cut_off: &'a [NodeId],
    /// Those that failed, and go on with the children or the iterations that they have.
    pub reopened: &'a [NodeId],
}

/// Takes up the nodes that failed and those that the end of the execution dropped, each in the visit in which it was.
pub(super) fn take_up(state: &mut Execution, at: Time, deadline: Time, by_parent: u32, taken: &TakenUp<'_>) {
    state.end = None;
    state.rests_no_more(at);
    state.error = None;
    state.stuck = None;
    state.stuck_seq = 0;
    state.retried += 1;
    state.taken_up = state.taken_up.max(by_parent);
    state.extended = Some(deadline);
    // It was cancelled while it went back: the checkpoint brings its nodes.
    if let Some(rolling) = &mut state.rolling {
        if rolling.failed.is_some() {
            Arc::make_mut(rolling).failed = None;
        }
        return;
    }
    // What was due when it got stuck or was paused is asked for again by itself.
    let interactions = state.interactions.clone();
    for id in taken.reopened {
        if let Some(kids) = state.children.get_mut(id) {
            Arc::make_mut(kids).reopen(state.retried);
        }
    }
    for (id, node) in &mut state.nodes {
        let open = matches!(node.phase, Phase::Failed) || matches!(node.phase, Phase::Dropped) && node.was.is_some();
        if open {
            let node = Arc::make_mut(node);
            match (taken.reopened.contains(id), state.children.get(id)) {
                (true, kids) => go_on(node, kids.map(|kids| &**kids)),
                (false, _) => reopen(node, &interactions, taken.begun.contains(id), taken.cut_off.contains(id)),
            }
            let waits = matches!(node.phase, Phase::Waiting { .. } | Phase::Children);
            node.timeout_at = taken.timeouts.get(id).copied().filter(|_| waits);
            node.due_at = Some(at);
        }
    }
}

/// Gives a node that an end closed the phase in which it goes on.
fn reopen(node: &mut NodeState, interactions: &[Arc<Interaction>], begun: bool, cut_off: bool) {
    let was = node.was.take();
    node.finished_at = None;
    node.phase = match was {
        Some(phase @ Phase::Intended { .. }) if begun => phase,
        Some(Phase::Due { .. } | Phase::Intended { .. }) if cut_off => next_attempt(node),
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

/// A failed node goes on in the same attempt, which counts as its first: with its children, or with the iteration that a
/// loop was to begin. Where all children have completed, its output is made of what they gave.
fn go_on(node: &mut NodeState, kids: Option<&Children>) {
    // An abort that people chose is taken back.
    node.taken_back += u32::from(matches!(node.was.take(), Some(Phase::Asking { .. })));
    node.finished_at = None;
    node.forgiven = node.attempt.saturating_sub(1);
    node.phase = match kids {
        Some(kids) if kids.ended.len() == kids.count => Phase::Due { at: None },
        Some(_) => Phase::Children,
        None => Phase::Looping,
    };
}

/// The attempts so far no longer count, and another one is due.
fn next_attempt(node: &mut NodeState) -> Phase {
    node.forgiven = node.attempt;
    node.used_up.clear();
    node.attempt += 1;
    Phase::Due { at: None }
}
