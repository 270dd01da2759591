//! Retry: an execution that failed or was cancelled goes on where it ended.

use super::{
    super::turn::Deciding,
    resume::{route_recorded, send_due},
};
use crate::{
    effect::{ChildControl, Effect, Purpose},
    error::Rejection,
    event::Event,
    execution::{Phase, Status},
};
use document::{Delivery, graph::NodeIx, id::NodeId, time::Time};
use std::collections::BTreeMap;

/// Takes up the nodes that failed, and what was due, running or waiting when the execution ended, in the same visits.
/// Attempt numbers go on; the budget of each node's `retry` and the execution's timeout begin afresh.
pub(super) fn retry(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    match status {
        Status::Failed | Status::Cancelled => {}
        _ if status.is_terminal() => return Err(Rejection::instead(status, "there is nothing to retry")),
        _ if turn.state.retried > 0 => return Err(Rejection::Stale("it was retried and goes on")),
        _ => return Err(Rejection::instead(status, "only one that failed or was cancelled is retried")),
    }
    // It was cancelled while it went back: it goes on with that.
    if turn.state.rolling.is_some() {
        let deadline = turn.now.after_seconds(turn.workflow.settings.timeout_seconds);
        turn.record(Event::ExecutionRetried { reason, deadline, timeouts: BTreeMap::new(), begun: Vec::new() });
        turn.undo_next();
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
    let (timeouts, begun) = (timeouts(turn), begun(turn));
    turn.record(Event::ExecutionRetried { reason, deadline, timeouts, begun });
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
        wait_on(turn, ix);
    }
    send_due(turn);
    route_recorded(turn);
    turn.look_at_joins();
    turn.settle();
    Ok(())
}

/// When the attempts time out of those nodes that go on waiting.
fn timeouts(turn: &Deciding<'_>) -> BTreeMap<NodeId, Time> {
    let waits = |ix: &NodeIx| {
        let was = turn.state.node(&turn.node(*ix).id).and_then(|node| node.was.as_ref());
        matches!(was, Some(Phase::Waiting { .. } | Phase::Children))
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

/// Sets the timers of a node that waits on, and tells its children to go on too.
fn wait_on(turn: &mut Deciding<'_>, ix: NodeIx) {
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
            turn.control_children(ix, ChildControl::Retry);
            turn.start_after_pause(ix);
        }
        _ => {}
    }
}
