//! What happens to an execution whose message cannot be processed.

use super::super::turn::Deciding;
use crate::{
    error::{Error, Rejection},
    event::Event,
};
use document::id::NodeId;

/// Records that a message kept failing: the execution is stuck until somebody moves the message back to the queue. An
/// execution that is stuck already gets stuck anew only where a node was activated since, because the message may
/// belong to that node.
pub(crate) fn dead_letter(
    turn: &mut Deciding<'_>,
    about: &str,
    (node, attempt): (Option<NodeId>, Option<u32>),
    error: &str,
) -> Result<(), Rejection> {
    let state = &turn.state;
    let goes_on = state.nodes.values().any(|node| node.phase.is_open() && !state.is_stuck_at(node));
    if state.stuck.is_some() && !goes_on {
        return Err(Rejection::Stale("it is stuck already"));
    }
    let message = format!("{about} could not be processed: {error}");
    let error = Error { node, attempt, ..Error::new("dead_letter", message) };
    turn.record(Event::ExecutionStuck { error });
    Ok(())
}
