//! The rules: a command and a state make a turn, or a typed rejection. They read no clock, do no I/O and draw no random
//! numbers, so that every host decides the same.

pub mod admitted;
mod after_error;
mod agent;
mod answer;
mod arrival;
mod channels;
mod children;
mod close;
mod closing;
mod control;
mod delay;
mod failed;
mod human;
mod join;
mod leave;
mod loops;
mod named;
mod open;
mod patch;
pub(crate) mod people;
mod report;
mod rollback;
mod route;
mod start;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
mod timer;
mod turn;
mod typed;

pub use crate::id::child_id;
pub(crate) use crate::{
    command::{Asked, Command},
    documents::Documents,
    error::Rejection,
    event::Request,
    execution::Execution,
    reading::Reading,
};
pub use answer::overlong;
pub use arrival::not_here;
use document::time::Time;
pub(crate) use join::Joined;
pub use leave::may_answer;
pub use patch::stands_in_the_way;
pub use turn::Decided;
pub(crate) use turn::Deciding;
pub use typed::{emptied, unmet};

/// Decides one command on the state of an execution; a state of none stands for an execution that does not exist yet.
/// The result has no turn where nothing is to be recorded, but effects may still be owed.
///
/// # Errors
/// A [`Rejection`] says why nothing changed.
pub fn decide<'a>(
    documents: impl Into<Documents<'a>>,
    state: Option<&Execution>,
    asked: Asked,
    now: Time,
) -> Result<Decided, Rejection> {
    let documents = documents.into();
    let decided = Reading::of(|reading| match (state, asked.command) {
        (None, Command::Start(started)) => start::start(documents, *started, asked.by, now, reading),
        (None, _) => Err(Rejection::Missing("there is no such execution".into())),
        (Some(state), command) => {
            once(state, asked.request.as_ref(), asked.checkpoint)?;
            let mut turn = Deciding::new(documents, state.clone(), now, reading)?;
            turn.above = asked.above;
            if state.arrives() {
                arrival::table(&mut turn, command, state)?;
            } else {
                table(&mut turn, command)?;
            }
            Ok(turn.done(asked.by, asked.request))
        }
    });
    decided.unwrap_or_else(|missing| Err(Rejection::Needs(missing)))
}

/// Refuses a request that was done before, another one under its key, and one whose caller has seen another checkpoint.
/// A repetition comes first: the turn of the request itself has moved the execution on.
fn once(state: &Execution, request: Option<&Request>, checkpoint: Option<u64>) -> Result<(), Rejection> {
    if let Some(request) = request
        && let Some(before) = state.request(&request.key)
    {
        let same = before.request.hash == request.hash;
        return Err(if same { Rejection::Repeated(before.seq) } else { Rejection::KeyReused });
    }
    match checkpoint {
        Some(seen) if seen != state.seq => Err(Rejection::MovedOn(state.seq)),
        _ => Ok(()),
    }
}

/// Which command does what in which status. A command about something that is over is stale. What is recorded while the
/// execution is paused takes effect when it is resumed.
fn table(turn: &mut Deciding<'_>, command: Command) -> Result<(), Rejection> {
    let status = turn.state.status();
    match (status, command) {
        (_, Command::Start(_)) => Err(Rejection::Stale("the execution exists already")),
        (_, Command::Imported) => Err(Rejection::Stale("the execution is here whole")),
        (_, Command::Control { control, reason }) => control::control(turn, control, status, reason),
        (_, Command::LeaveUndone { reason }) => control::leave_undone(turn, reason),
        (_, Command::StandStill { still, reason }) => control::stand_still(turn, still, reason),
        (_, Command::TakeUp { by_parent, reason }) => control::take_up(turn, status, by_parent, reason),
        (_, Command::Answer { interaction_id, answer }) => answer::answer(turn, &interaction_id, *answer),
        // What became of a message is kept also after the end, of which the last messages tell.
        (_, Command::Told { delivering, told }) => people::told(turn, &delivering, told),
        (_, Command::Reassign { interaction_id, actor, assignees, reason }) => {
            people::reassign(turn, &interaction_id, &actor, assignees, reason)
        }
        (_, Command::TellAgain { interaction_id, actor, to }) => people::tell_again(turn, &interaction_id, &actor, to),
        (s, Command::PassOn { .. }) if s.is_terminal() => {
            Err(Rejection::instead(s, "nobody is asked below it any more"))
        }
        (_, Command::PassOn { execution_id, interaction_id }) => answer::pass_on(turn, execution_id, interaction_id),
        (s, Command::Signal { .. }) if s.is_terminal() => Err(Rejection::instead(s, "no signal is awaited any more")),
        (_, Command::Signal { name, data }) => timer::signal(turn, name, data),
        (_, Command::Patch { patched, seq }) => patch::patch(turn, status, *patched, seq),
        (_, Command::RollBack { rollback, plan, seq }) => rollback::begin(turn, *rollback, plan, seq),
        (_, Command::Unstick { action, node, output, reason }) => {
            rollback::unstick(turn, status, action, node, output, reason)
        }

        // The commands from here on come from workers and timers. One that comes after the end is stale, and
        // acknowledged.
        (s, _) if s.is_terminal() => Err(Rejection::Stale("the execution has ended")),
        (_, Command::IntendUndo { undoing, deadline }) => rollback::intend(turn, undoing, deadline),
        (_, Command::Undone { undoing, outcome, again }) => rollback::undone(turn, undoing, outcome, again.as_ref()),
        (_, Command::StopAwaiting { undoing, lost }) => rollback::stop_awaiting(turn, undoing, lost),
        (_, Command::ChildUndone { epoch, activation, attempt, index, error, seq }) => {
            rollback::child_undone(turn, epoch, &activation, (attempt, index), error.map(|error| (error, seq)))
        }
        // Nobody knows how long it takes to undo what was done: the time begins afresh after it.
        (_, Command::Timeout) if turn.state.rolling.is_some() => Err(Rejection::Stale("it is rolled back")),
        (_, Command::Timeout) => timer::execution_timeout(turn),
        (_, Command::Admit) => start::admit(turn),
        (_, Command::Report { activation, attempt, outcome, duration_ms }) => {
            report::report(turn, &activation, attempt, outcome, duration_ms)
        }
        (_, Command::Timer { activation, purpose }) => timer::fired(turn, &activation, purpose),
        (_, Command::ChildrenEnded { activation, attempt, reopened, ends }) => {
            children::ended(turn, &activation, attempt, reopened, ends)
        }
        (_, Command::ChildrenAsked { activation, attempt, told }) => children::asked(turn, &activation, attempt, &told),
        (_, Command::DeadLetter { about, at, error }) => control::dead_letter(turn, &about, at, &error),

        // Nothing starts while the execution is paused, or goes back.
        (_, Command::Open { .. } | Command::Intend { .. }) if turn.state.stands_still() => {
            Err(Rejection::Stale("the execution stands still: what is due is enqueued when it goes on"))
        }
        (_, Command::Intend { activation, attempt, deadline }) => report::intend(turn, &activation, attempt, deadline),
        (_, Command::Open { activation }) => open::open(turn, &activation),
    }
}
