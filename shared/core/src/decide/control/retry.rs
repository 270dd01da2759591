//! Retry: an execution that failed or was cancelled goes on where it ended.

use super::{
    super::{rollback, turn::Deciding},
    resume::{route_recorded, send_due},
};
use crate::{
    effect::{ChildControl, Effect, Purpose},
    error::Rejection,
    event::Event,
    execution::{Children, NodeState, Phase, Status},
};
use document::{AfterError, Delivery, NodeKind, graph::NodeIx, id::NodeId, time::Time};
use std::collections::BTreeMap;

/// Takes up the nodes that failed, and what was due, running or waiting when the execution ended, in the same visits.
/// Attempt numbers go on; the budget of each node's `retry` and the execution's timeout begin afresh. A `map` or `workflow`
/// node that failed goes on with the children that it has, in the same attempt, so that none does again what it did.
/// `by_parent` is the retry of its parent that takes up a child whose end made the parent fail; 0 for none.
pub(super) fn retry(
    turn: &mut Deciding<'_>,
    status: Status,
    reason: Option<String>,
    by_parent: u32,
) -> Result<(), Rejection> {
    match status {
        Status::Failed | Status::Cancelled => {}
        _ if status.is_terminal() => return Err(Rejection::instead(status, "there is nothing to retry")),
        _ if turn.state.retried > 0 => return Err(Rejection::Stale("it was retried and goes on")),
        _ => return Err(Rejection::instead(status, "only one that failed or was cancelled is retried")),
    }
    // It was cancelled while it went back: it goes on with that.
    if let Some(rolling) = turn.state.rolling.clone() {
        let deadline = turn.now.after_seconds(turn.workflow.settings.timeout_seconds);
        let above = turn.above.clone();
        let (timeouts, begun, cut_off, reopened) = Default::default();
        turn.record(Event::ExecutionRetried { reason, above, deadline, timeouts, begun, cut_off, reopened, by_parent });
        rollback::take_up(turn, &rolling);
        return Ok(());
    }
    let lost = |(ix, node): (NodeIx, &document::Node)| {
        let found = turn.state.node(&node.id);
        let dropped = found.is_some_and(|found| found.phase == Phase::Dropped && found.was.is_none());
        dropped && turn.workflow.graph.around[ix].is_none()
    };
    // A `break` drops nodes of loops alone. Others were dropped by an end that an earlier release decided.
    if turn.workflow.nodes.iter().enumerate().any(lost) {
        let why = "an earlier release ended it, which did not keep what was due: start it anew";
        return Err(Rejection::status(status, why));
    }
    let deadline = turn.now.after_seconds(turn.workflow.settings.timeout_seconds);
    let taken_up = reopened(turn);
    let (timeouts, begun) = (timeouts(turn, &taken_up), begun(turn));
    let (above, cut_off, reopened) = (turn.above.clone(), cut_off(turn, &begun), taken_up.clone());
    turn.record(Event::ExecutionRetried { reason, above, deadline, timeouts, begun, cut_off, reopened, by_parent });
    // It was cancelled before it began.
    if !turn.state.held && turn.state.nodes.is_empty() {
        super::super::start::begin_at_trigger(turn);
        return Ok(());
    }
    if turn.state.held {
        let workflow = turn.state.started.workflow_id.clone();
        turn.request(Effect::Admit { workflow });
    }
    for ix in 0..turn.workflow.nodes.len() {
        wait_on(turn, ix, taken_up.contains(&turn.node(ix).id));
    }
    send_due(turn);
    route_recorded(turn);
    turn.look_at_joins();
    turn.settle();
    Ok(())
}

/// The failed nodes that go on with what they have: with the children of the attempt that failed, by a config that is the
/// same still, or with the iterations of a loop. What could not be decided about the way on from a node is decided again
/// instead.
fn reopened(turn: &Deciding<'_>) -> Vec<NodeId> {
    let goes_on = |node: &&document::Node| {
        let state = &turn.state;
        let failed = |found: &&NodeState| found.phase == Phase::Failed || is_aborted(turn, found);
        let Some(found) = state.node(&node.id).filter(failed).filter(|found| found.undecided.is_none()) else {
            return false;
        };
        let of_attempt = |kids: &Children| (kids.visit, kids.attempt) == (found.visit, found.attempt.max(1));
        if matches!(node.kind, NodeKind::Children(_)) {
            return state.children.get(&node.id).is_some_and(|kids| of_attempt(kids) && !kids.outdated);
        }
        node.kind.as_loop().and(state.loops.get(&node.id)).is_some_and(|looped| looped.visit == found.visit)
    };
    turn.workflow.nodes.iter().filter(goes_on).map(|node| node.id.clone()).collect()
}

/// Whether people were asked about the failure of a node, and it was decided that the execution fails.
fn is_aborted(turn: &Deciding<'_>, found: &NodeState) -> bool {
    let Some(Phase::Asking { interaction_id }) = &found.was else { return false };
    let one = turn.state.interaction(interaction_id.as_str());
    one.is_some_and(|one| one.on_error && one.decision.as_deref() == Some(AfterError::Abort.as_str()))
}

/// When the attempts time out of those nodes that go on waiting.
fn timeouts(turn: &Deciding<'_>, reopened: &[NodeId]) -> BTreeMap<NodeId, Time> {
    let waits = |ix: &NodeIx| {
        let id = &turn.node(*ix).id;
        let was = turn.state.node(id).and_then(|node| node.was.as_ref());
        matches!(was, Some(Phase::Waiting { .. } | Phase::Children)) || reopened.contains(id)
    };
    let nodes = (0..turn.workflow.nodes.len()).filter(waits);
    nodes.filter_map(|ix| Some((turn.node(ix).id.clone(), turn.timeout_at(ix)?))).collect()
}

/// The nodes of which an `at_most_once` attempt was under way at the end. It may have done its work, so it is not made
/// again: what came of it is told until its deadline, or unknown.
fn begun(turn: &Deciding<'_>) -> Vec<NodeId> {
    let under_way = |node: &&document::Node| {
        let was = turn.state.node(&node.id).and_then(|found| found.was.as_ref());
        node.delivery == Delivery::AtMostOnce && matches!(was, Some(Phase::Intended { .. }))
    };
    turn.workflow.nodes.iter().filter(under_way).map(|node| node.id.clone()).collect()
}

/// The nodes that do I/O of which an attempt may have been under way at the end, and is made again: nobody records when one
/// that may run twice begins. Its outcome was refused, so the one that follows has a number of its own. An agent's talk goes
/// on in the same attempt, since the tools that it has run belong to that.
fn cut_off(turn: &Deciding<'_>, begun: &[NodeId]) -> Vec<NodeId> {
    let ended = turn.state.completed_at;
    let may_have_begun = |node: &&document::Node| {
        let was = turn.state.node(&node.id).and_then(|found| found.was.as_ref());
        match was {
            Some(Phase::Due { at }) => at.is_none_or(|at| ended.is_none_or(|ended| at <= ended)),
            Some(Phase::Intended { .. }) => !begun.contains(&node.id),
            _ => false,
        }
    };
    let runs = |node: &&document::Node| matches!(node.kind, NodeKind::Run(_));
    turn.workflow.nodes.iter().filter(runs).filter(may_have_begun).map(|node| node.id.clone()).collect()
}

/// Sets the timers of a node that waits on, and tells its children to go on too. Those of a node that is `reopened` are told
/// as they are asked for, as many at once as may run.
fn wait_on(turn: &mut Deciding<'_>, ix: NodeIx, reopened: bool) {
    match turn.phase(ix).clone() {
        Phase::Waiting { until, .. } => {
            if let Some(at) = until {
                let activation = turn.state.activation(&turn.node(ix).id);
                turn.request(Effect::SetTimer { activation, purpose: Purpose::Wait, at });
            }
            turn.set_timeout(ix);
        }
        Phase::Children => {
            turn.set_timeout(ix);
            if !reopened {
                turn.control_children(ix, ChildControl::Retry);
            }
            turn.start_after_pause(ix);
        }
        _ => {}
    }
}
