//! Descendants of an execution that was cancelled or needs them no longer. Those who cancel tell them level by level, in
//! slices, which takes a while where they are many: until then their messages are dropped as they come.

use super::handled::Handled;
use crate::port::{Delivery, Host, StoreError};
use stepwell_core::{
    command::{Command, Control},
    effect::Work,
    execution::Execution,
};

/// The reason that is recorded in the journal of such an execution.
const REASON: &str = "an execution above it no longer needs it";

/// What becomes of the messages of an execution that nobody needs any more, in the place of what they ask for: it is
/// cancelled, as its parent would do in a moment. None where it is needed, or has ended, or where looking would cost a
/// read for each step.
///
/// # Errors
/// Where the store fails. The messages then come again.
pub async fn dropped(
    host: &dyn Host,
    state: &Execution,
    batch: &[&Delivery],
) -> Result<Option<Vec<Handled>>, StoreError> {
    let only_told = batch.iter().all(|delivery| matches!(delivery.message.work, Work::Control { .. }));
    if only_told
        || state.end.is_some()
        || state.rolling.is_some()
        || !host.journal().keeps_states()
        || is_needed(host, state).await?
    {
        return Ok(None);
    }
    let cancel = Command::Control { control: Control::Cancel, reason: Some(REASON.into()) };
    let first = Handled::Commands(vec![cancel.into()], Vec::new());
    let others = batch.iter().skip(1).map(|_| Handled::Commands(Vec::new(), Vec::new()));
    Ok(Some(std::iter::once(first).chain(others).collect()))
}

/// Whether every execution above this one waits for the one below it.
async fn is_needed(host: &dyn Host, state: &Execution) -> Result<bool, StoreError> {
    let mut above = state.started.parent.clone();
    while let Some(link) = above.take() {
        let Some(parent) = host.journal().load_lean(&link.execution_id).await? else { return Ok(false) };
        if !parent.waits_for_children(&link.activation, link.attempt) {
            return Ok(false);
        }
        above.clone_from(&parent.started.parent);
    }
    Ok(true)
}
