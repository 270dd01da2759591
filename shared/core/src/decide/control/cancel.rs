//! Cancel.

use super::super::turn::Deciding;
use crate::{
    error::Rejection,
    event::Event,
    execution::Status,
    owed::{Since, owed},
};

/// Cancels an execution: all that is open is closed. Cancelling twice is no error: children and parent are told once
/// more.
pub(super) fn cancel(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    match status {
        Status::Cancelled => {
            for effect in owed(turn.workflow, &turn.state, Since::Ever) {
                turn.request(effect);
            }
            Ok(())
        }
        _ if status.is_terminal() => Err(Rejection::instead(status, "it cannot be cancelled")),
        // Its parent waits until it is undone: it cannot end before.
        _ if turn.state.is_being_undone() => Err(Rejection::status(
            status,
            "its parent goes back and undoes it whole, after which it is cancelled; where it is stuck, unstick it",
        )),
        _ => {
            end(turn, reason);
            Ok(())
        }
    }
}

/// Ends a child that was being undone, since its parent left it as it is.
pub(super) fn leave_undone(turn: &mut Deciding<'_>, reason: Option<String>) -> Result<(), Rejection> {
    if !turn.state.is_being_undone() {
        return Err(Rejection::Stale("nobody undoes it"));
    }
    end(turn, reason);
    Ok(())
}

fn end(turn: &mut Deciding<'_>, reason: Option<String>) {
    turn.close_all();
    turn.stop_children();
    turn.record(Event::ExecutionCancelled(turn.said(reason)));
    turn.tell_of_end(Some("it was cancelled".into()));
}
