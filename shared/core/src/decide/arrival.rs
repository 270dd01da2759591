//! An execution that comes from another host, turn by turn: it stands still until it is here whole.

use super::{control, turn::Deciding};
use crate::{
    command::{Command, Control},
    error::Rejection,
    event::Event,
    execution::Execution,
    owed::{Since, owed},
};

/// Which command does what while turns are missing: the last step of the import lets the execution go on, and a caller
/// may give it up. What comes from workers comes again later. `before` is the state on which the command is decided.
pub(super) fn table(turn: &mut Deciding<'_>, command: Command, before: &Execution) -> Result<(), Rejection> {
    let refused = || not_here(before);
    match command {
        Command::Start(_) => Err(Rejection::Stale("the execution exists already")),
        Command::Imported if !is_whole(before) => Err(refused()),
        Command::Imported => {
            go_on(turn);
            Ok(())
        }
        Command::Control { control: Control::Cancel, reason } => {
            control::control(turn, Control::Cancel, before.status(), reason)
        }
        Command::Control { .. }
        | Command::LeaveUndone { .. }
        | Command::StandStill { .. }
        | Command::TakeUp { .. }
        | Command::Answer { .. }
        | Command::PassOn { .. }
        | Command::Reassign { .. }
        | Command::TellAgain { .. }
        | Command::Signal { .. }
        | Command::RollBack { .. }
        | Command::Patch { .. }
        | Command::Unstick { .. } => Err(refused()),
        Command::Admit
        | Command::Told { .. }
        | Command::Intend { .. }
        | Command::Report { .. }
        | Command::Open { .. }
        | Command::Timer { .. }
        | Command::Timeout
        | Command::ChildrenEnded { .. }
        | Command::ChildrenAsked { .. }
        | Command::IntendUndo { .. }
        | Command::Undone { .. }
        | Command::StopAwaiting { .. }
        | Command::ChildUndone { .. }
        | Command::DeadLetter { .. } => Err(Rejection::Unknown),
    }
}

/// Whether all that came along is there, but for the word that it is.
fn is_whole(before: &Execution) -> bool {
    before.started.imported.as_ref().is_some_and(|imported| imported.turns == before.seq)
}

/// Records that all is there, and asks for everything that the execution owes by its state.
fn go_on(turn: &mut Deciding<'_>) {
    turn.record(Event::ExecutionImported);
    for effect in owed(turn.workflow, &turn.state, Since::Ever) {
        turn.request(effect);
    }
}

/// The refusal of what is asked of an execution that is not here whole.
pub fn not_here(before: &Execution) -> Rejection {
    Rejection::Status { status: before.status(), message: missing(before) }
}

fn missing(before: &Execution) -> String {
    if before.end.is_some() {
        return "the execution was cancelled before its import was complete: delete it, and import its file anew"
            .into();
    }
    let turns = before.started.imported.as_ref().map_or(0, |imported| imported.turns);
    format!(
        "the import of the execution is not complete ({} of its {turns} turns are here): import its file again, or cancel \
         the execution and delete it",
        before.seq
    )
}
