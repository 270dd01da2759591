//! What comes of the attempts to undo something.

use super::super::{delay::delay_seconds, turn::Deciding};
use crate::{
    command::Again,
    effect::Undoing,
    error::{Error, Rejection},
    event::{Event, NotUndone, Unstick},
    id::Activation,
    payload::Payload,
    rollback::{Ended, Rolling, Undo, What},
    task::{Failure, Outcome},
};
use document::{Delivery, id::NodeId, time::Time};
use serde_json::json;
use std::sync::Arc;

/// The code of an execution that is stuck at what cannot be undone.
pub(super) const NOT_UNDONE: &str = "compensation_failed";
/// In the details of such an error, where it is a child that cannot be undone: the child's turn that says so.
const STUCK_SINCE: &str = "stuck_since";

/// The rollback that an attempt belongs to, where the attempt is the one that it awaits. Of one that failed for good, or that a
/// dead letter has it stuck at, another copy may still run: what comes of that changes nothing, since a person decides.
fn present(turn: &Deciding<'_>, undoing: Undoing) -> Result<(Arc<Rolling>, Undo), Rejection> {
    // An attempt of a rollback that was cut short counts for the one that took its place.
    let counts = |rolling: &Arc<Rolling>| turn.state.epoch == undoing.epoch || rolling.carried == Some(undoing);
    let Some(rolling) = turn.state.rolling.clone().filter(counts) else {
        return Err(Rejection::Stale("that rollback is over"));
    };
    if turn.state.stuck.is_some() || rolling.failed.is_some() {
        return Err(Rejection::Stale("no outcome is awaited: a person decides"));
    }
    let Some(current) = rolling.current().cloned() else { return Err(Rejection::Unknown) };
    if rolling.carried == Some(undoing) {
        return Ok((rolling, current));
    }
    match (rolling.next, rolling.attempt) {
        (next, attempt) if (next, attempt) == (undoing.number, undoing.attempt) => Ok((rolling, current)),
        (next, attempt) if (next, attempt) > (undoing.number, undoing.attempt) => {
            Err(Rejection::Stale("the outcome is recorded"))
        }
        _ => Err(Rejection::Unknown),
    }
}

/// Records that an `at_most_once` attempt to undo something is about to run.
pub fn intend(turn: &mut Deciding<'_>, undoing: Undoing, deadline: Time) -> Result<(), Rejection> {
    let (rolling, _) = present(turn, undoing)?;
    if rolling.intended.is_some() {
        return Err(Rejection::Stale("the attempt runs already"));
    }
    turn.record(Event::CompensationIntended { deadline });
    Ok(())
}

/// Takes the outcome of an attempt for unknown that was awaited long enough, or that nobody runs any more.
pub fn stop_awaiting(turn: &mut Deciding<'_>, undoing: Undoing, lost: bool) -> Result<(), Rejection> {
    let (rolling, current) = present(turn, undoing)?;
    let Some(until) = rolling.awaits() else { return Err(Rejection::Stale("nothing is awaited")) };
    if lost || turn.now >= until {
        let Activation { node, visit, .. } = current.activation;
        turn.record(Event::AwaitedEnded { node, visit, ended: Ended::Unknown });
    }
    turn.undo_next();
    Ok(())
}

/// Records the outcome of an attempt to undo something: the next thing follows, or another attempt, or the execution is
/// stuck until a person finds the way out.
pub fn undone(
    turn: &mut Deciding<'_>,
    undoing: Undoing,
    outcome: Outcome<Payload>,
    again: Option<&Again>,
) -> Result<(), Rejection> {
    let (rolling, current) = present(turn, undoing)?;
    match outcome {
        Outcome::Succeeded { .. } => {
            done(turn, &current, undoing.attempt, false);
            Ok(())
        }
        Outcome::Failed(failure) => failed(turn, &rolling, &current, failure, (again, false)),
        Outcome::Unknown(failure) => failed(turn, &rolling, &current, failure, (once(again), true)),
    }
}

/// Records that something is undone, and goes on.
pub(super) fn done(turn: &mut Deciding<'_>, current: &Undo, attempt: u32, skipped: bool) {
    let Activation { node, visit, .. } = current.activation.clone();
    turn.record(Event::Compensated { node, visit, index: index_of(&current.what), attempt, skipped });
    turn.undo_next();
}

/// The same policy after an attempt with an unknown outcome: an `at_most_once` attempt may have happened, so it is not
/// repeated.
fn once(again: Option<&Again>) -> Option<&Again> {
    again.filter(|again| again.delivery == Delivery::AtLeastOnce)
}

fn failed(
    turn: &mut Deciding<'_>,
    rolling: &Rolling,
    current: &Undo,
    failure: Failure,
    (again, unknown): (Option<&Again>, bool),
) -> Result<(), Rejection> {
    let Activation { node, visit, .. } = current.activation.clone();
    let error = Error {
        code: failure.code,
        message: failure.message,
        node: Some(node.clone()),
        attempt: Some(rolling.attempt),
        details: failure.details,
    };
    let counted = rolling.attempt.saturating_sub(rolling.forgiven);
    let follows = |again: &&Again| failure.retryable && counted < again.retry.max_attempts;
    let retry_at = again.filter(follows).map(|again| {
        let seed = [turn.state.id().as_str(), "undo", &current.activation.to_string(), &rolling.attempt.to_string()];
        let delay = delay_seconds(&again.retry, counted, &seed.join("/"));
        let asked = failure.retry_after_seconds.unwrap_or_default();
        turn.now.after_seconds(delay.max(asked).min(again.retry.max_seconds))
    });
    let attempt = rolling.attempt;
    let not_undone = NotUndone { node: node.clone(), visit, attempt, error: error.clone(), retry_at, unknown };
    turn.record(Event::CompensationFailed(Box::new(not_undone)));
    if retry_at.is_some() {
        turn.undo_next();
    } else {
        turn.stuck_in_rollback(not_compensated(&node, error));
    }
    Ok(())
}

/// Takes up what could not be undone for good before the execution was cancelled: it is tried once more. An `at_most_once`
/// attempt of which nobody knows what it did is not, unless a person asks for that.
pub fn take_up(turn: &mut Deciding<'_>, rolling: &Rolling) {
    let Some(error) = rolling.failed.as_deref() else { return turn.undo_next() };
    match (&error.node, rolling.intended) {
        (Some(node), Some(_)) => turn.stuck_in_rollback(not_compensated(node, error.clone())),
        _ => {
            turn.unstuck(Unstick::Retry, None, None);
            turn.undo_next();
        }
    }
}

/// The error of an execution that is stuck at a node which could not be undone.
fn not_compensated(node: &NodeId, error: Error) -> Error {
    let message = format!("node {node} could not be compensated: {} ({})", error.message, error.code);
    Error { code: NOT_UNDONE.into(), message, ..error }
}

/// The child's turn in which it got stuck, where an execution is stuck since a child of it is.
pub(super) fn stuck_below(error: &Error) -> Option<u64> {
    let since = error.details.as_ref()?.get(STUCK_SINCE)?.as_u64()?;
    (error.code == NOT_UNDONE && since > 0).then_some(since)
}

/// Whether a child is stuck in something else by now than what its parent knows.
fn is_newer(stuck: &Error, seq: u64) -> bool {
    stuck_below(stuck).is_some_and(|known| seq > known)
}

/// Records that a child is undone whole, or that it is stuck, and this execution with it.
pub fn child_undone(
    turn: &mut Deciding<'_>,
    epoch: u32,
    activation: &Activation,
    (attempt, index): (u32, u32),
    error: Option<(String, u64)>,
) -> Result<(), Rejection> {
    let rolling = turn.state.rolling.clone().filter(|_| turn.state.epoch == epoch);
    let current = rolling.as_ref().and_then(|rolling| rolling.current());
    let meant = current.filter(|undo| undo.activation == *activation && undo.what.is_child(attempt, index));
    let (Some(rolling), Some(current)) = (&rolling, meant) else {
        return Err(Rejection::Stale("the child is not awaited"));
    };
    match error {
        // The child may have found its own way out while its parent was stuck because of it.
        None => {
            if turn.state.stuck.is_some() {
                turn.unstuck(Unstick::MarkDone, Some("the child is undone".into()), None);
            }
            done(turn, current, rolling.attempt, false);
        }
        Some((_, seq)) if turn.state.stuck.as_ref().is_some_and(|stuck| !is_newer(stuck, seq)) => {
            return Err(Rejection::Stale("it is stuck already"));
        }
        Some((message, seq)) => {
            let child = crate::id::child_id(turn.state.id(), activation, attempt, index);
            let error = Error {
                node: Some(activation.node.clone()),
                details: Some(json!({ "execution_id": child, STUCK_SINCE: seq })),
                ..Error::new(NOT_UNDONE, format!("child {index} ({child}) is stuck: {message}"))
            };
            turn.stuck_in_rollback(error);
        }
    }
    Ok(())
}

/// The index of a child that is undone; none for a node.
fn index_of(what: &What) -> Option<u32> {
    match what {
        What::Child { index, .. } => Some(*index),
        What::Node { .. } => None,
    }
}
