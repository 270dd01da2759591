//! Attempts that failed: whether another one follows, and when.

use super::{delay::delay_seconds, turn::Deciding};
use crate::{
    agent::{Tries, used_up},
    error::Error,
    event::Event,
    task::Failure,
};
use document::{Delivery, graph::NodeIx};

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
    let tries = Tries::of(node, turn.state.node(&node.id), attempt).without(&used_up(error.details.as_ref()));
    if !failure.retryable || once || tries.is_last() {
        return turn.fail_node(ix, error, unknown);
    }
    // The delay is the policy's, or the longer one that the other side asked for, within `max_seconds`. The jitter
    // derives from the activation: deciding again gives the same time.
    let activation = turn.state.activation(&node.id);
    let seed = [turn.state.id().as_str(), &activation.to_string(), &attempt.to_string()].join("/");
    // Each model of a list is waited for as if it were the only one, and the next of them is not waited for.
    let delay = match tries.again() {
        true => delay_seconds(&node.retry, tries.of_this(), &seed).max(failure.retry_after_seconds.unwrap_or_default()),
        false => 0.0,
    };
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
