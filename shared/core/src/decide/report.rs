//! Outcomes of attempts: what is recorded of a success or a failure.

use super::{failed::fail, turn::Deciding};
use crate::{error::Rejection, event::Event, execution::Phase, id::Activation, payload::Payload, task::Outcome};
use document::{graph::NodeIx, time::Time};

/// Records the outcome of an attempt, and what follows from it.
pub(super) fn report(
    turn: &mut Deciding<'_>,
    activation: &Activation,
    attempt: u32,
    outcome: Outcome<Payload>,
    duration_ms: Option<u64>,
) -> Result<(), Rejection> {
    let ix = match attempt_of(turn, activation, attempt) {
        Ok(ix) => ix,
        Err(stale) => return super::rollback::late(turn, activation, outcome).unwrap_or(Err(stale)),
    };
    match outcome {
        Outcome::Succeeded { port, output } => match turn.node(ix).kind.agent() {
            Some(agent) => super::agent::heard(turn, ix, agent, &output, duration_ms),
            None => turn.finish(ix, &port, output, duration_ms),
        },
        Outcome::Failed(failure) => fail(turn, ix, failure, false),
        Outcome::Unknown(failure) => fail(turn, ix, failure, true),
    }
    turn.settle();
    Ok(())
}

/// Records that an `at_most_once` attempt is about to run. Of two workers with the same message one is refused, and
/// does not run it.
pub(super) fn intend(
    turn: &mut Deciding<'_>,
    activation: &Activation,
    attempt: u32,
    deadline: Time,
) -> Result<(), Rejection> {
    let ix = attempt_of(turn, activation, attempt)?;
    if matches!(turn.phase(ix), Phase::Intended { .. }) {
        return Err(Rejection::Stale("the attempt runs already"));
    }
    let Activation { node, visit, .. } = activation.clone();
    turn.record(Event::AttemptIntended { node, visit, attempt, deadline });
    Ok(())
}

/// The node whose present attempt this is. An earlier attempt is stale; a later one is unknown, because its message
/// overtook the turn that asked for it.
fn attempt_of(turn: &Deciding<'_>, activation: &Activation, attempt: u32) -> Result<NodeIx, Rejection> {
    let ix = turn.current(activation)?;
    if turn.state.awaits(activation, attempt) {
        return Ok(ix);
    }
    match turn.phase(ix) {
        Phase::Due { .. } | Phase::Intended { .. } => {}
        _ => return Err(Rejection::Stale("the activation is finished")),
    }
    match turn.state.node(&activation.node).map(|node| node.attempt) {
        Some(current) if current > attempt => Err(Rejection::Stale("the attempt's outcome is recorded")),
        _ => Err(Rejection::Unknown),
    }
}
