//! Outcomes of attempts: what is recorded of a success or a failure, and when a failed attempt is retried.

use super::{delay::delay_seconds, turn::Deciding};
use crate::{
    error::{Error, Rejection},
    event::Event,
    execution::Phase,
    id::Activation,
    payload::Payload,
    task::{Failure, Outcome},
};
use document::{Delivery, graph::NodeIx, time::Time};

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

/// Records that the present attempt of a node failed. Another attempt follows where the failure is retryable and
/// `retry` has attempts left; otherwise the node fails for good.
pub(super) fn fail(turn: &mut Deciding<'_>, ix: NodeIx, failure: Failure, unknown: bool) {
    let node = turn.node(ix);
    let attempt = turn.state.node(&node.id).map_or(1, |state| state.attempt.max(1));
    // An `at_most_once` attempt with an unknown outcome may have happened, so it is not repeated.
    let once = node.delivery == Delivery::AtMostOnce && unknown;
    let error = Error {
        code: failure.code,
        message: failure.message,
        node: Some(node.id.clone()),
        attempt: Some(attempt),
        details: failure.details,
    };
    let forgiven = turn.state.node(&node.id).map_or(0, |state| state.forgiven);
    let counted = attempt.saturating_sub(forgiven);
    if !failure.retryable || once || counted >= node.retry.max_attempts {
        return turn.fail_node(ix, error, unknown);
    }
    // The delay is the policy's, or the longer one that the other side asked for, within `max_seconds`. The jitter
    // derives from the activation: deciding again gives the same time.
    let activation = turn.state.activation(&node.id);
    let seed = [turn.state.id().as_str(), &activation.to_string(), &attempt.to_string()].join("/");
    let delay = delay_seconds(&node.retry, counted, &seed).max(failure.retry_after_seconds.unwrap_or_default());
    let retry_at = turn.now.after_seconds(delay.min(node.retry.max_seconds));
    turn.drop_timeout(ix);
    turn.record(Event::AttemptFailed {
        node: node.id.clone(),
        visit: activation.visit,
        attempt,
        error,
        unknown,
        retry_at,
    });
    if !turn.state.stands_still() {
        turn.send_step(ix, Some(retry_at));
    }
}
