//! Resume: what is due goes on, and what was recorded during the pause takes effect.

use super::super::{start::begin_at_trigger, turn::Deciding};
use crate::{
    effect::ChildControl,
    error::Rejection,
    event::Event,
    execution::{Phase, Status},
};
use document::{Delivery, graph::NodeIx};

/// Resumes an execution: what is due is enqueued, and what was recorded during the pause takes effect.
pub(super) fn resume(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    if status.is_terminal() {
        return Err(Rejection::instead(status, "it cannot be resumed"));
    }
    if turn.state.is_being_undone() {
        let why = "its parent goes back and undoes it whole: it is paused and resumed with that one";
        return Err(Rejection::status(status, why));
    }
    go_on(turn, reason);
    Ok(())
}

/// Asks for what is due and is undone next, and tells those below.
pub(super) fn go_on(turn: &mut Deciding<'_>, reason: Option<String>) {
    let paused = turn.state.paused;
    if paused {
        turn.record(Event::ExecutionResumed(turn.said(reason)));
    }
    if turn.state.rolling.is_some() {
        turn.control_undone(ChildControl::Resume);
        // What runs already is not sent once more.
        if paused {
            turn.undo_next();
        }
        return;
    }
    for ix in 0..turn.workflow.nodes.len() {
        turn.control_children(ix, ChildControl::Resume);
        if paused && *turn.phase(ix) == Phase::Children {
            turn.start_after_pause(ix);
        }
    }
    if !paused {
        return;
    }
    // An execution that was admitted while it was paused has not begun yet.
    if !turn.state.held && turn.state.nodes.is_empty() {
        begin_at_trigger(turn);
        return;
    }
    send_due(turn);
    route_recorded(turn);
    turn.look_at_joins();
    turn.settle();
}

/// Makes outcomes that were recorded take effect in the order in which they were recorded, each with the joins that it
/// satisfies: so an `any` join is won by the same edge as without the pause.
pub(crate) fn route_recorded(turn: &mut Deciding<'_>) {
    let mut recorded: Vec<NodeIx> =
        (0..turn.workflow.nodes.len()).filter(|&ix| *turn.phase(ix) == Phase::Unrouted).collect();
    recorded.sort_by_key(|&ix| turn.state.node(&turn.node(ix).id).map_or(0, |node| node.finished_seq));
    for ix in recorded {
        turn.route_recorded(ix);
        turn.settle_joins();
    }
}

/// Enqueues every activation that is due.
pub(crate) fn send_due(turn: &mut Deciding<'_>) {
    for ix in 0..turn.workflow.nodes.len() {
        match *turn.phase(ix) {
            Phase::Due { at } => turn.send_step(ix, at),
            // The attempt may still run. One that may run twice is looked for at once; of another the message finds at
            // its deadline that its outcome is unknown.
            Phase::Intended { deadline } => {
                let twice = turn.node(ix).delivery == Delivery::AtLeastOnce;
                turn.send_step(ix, (!twice).then_some(deadline));
            }
            _ => {}
        }
    }
}
