//! Pause.

use super::super::turn::Deciding;
use crate::{effect::ChildControl, error::Rejection, event::Event, execution::Status};

/// Pauses an execution: no node starts after this turn. Pausing twice is no error: the children are told once more,
/// because the first message to them may be lost.
pub(super) fn pause(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    if status.is_terminal() {
        return Err(Rejection::instead(status, "it cannot be paused"));
    }
    if turn.state.is_being_undone() {
        return Err(Rejection::status(
            status,
            "its parent goes back and undoes it whole: it is paused and resumed with that one",
        ));
    }
    stand(turn, reason);
    Ok(())
}

/// Starts nothing more, and tells those below.
pub(super) fn stand(turn: &mut Deciding<'_>, reason: Option<String>) {
    if !turn.state.paused {
        turn.record(Event::ExecutionPaused(turn.said(reason)));
    }
    for ix in 0..turn.workflow.nodes.len() {
        turn.control_children(ix, ChildControl::Pause);
    }
    turn.control_undone(ChildControl::Pause);
}
