//! Descendants of an execution that was cancelled or needs them no longer. Those who cancel tell them level by level, in
//! slices, which takes a while where they are many: until then their messages are dropped as they come.

use super::{children::obey, handled::Handled, named};
use crate::port::{Delivery, Host, StoreError, Verdict};
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    effect::{ChildControl, Work},
    execution::{Execution, Instruction},
    wanted::{name_for, stop, wish_for},
};

/// The reason that is recorded in the journal of such an execution where nobody gave one.
const REASON: &str = "an execution above it no longer needs it";

/// What becomes of the messages of an execution that nobody needs any more, in the place of what they ask for: it is
/// cancelled, as its parent would do in a moment, or stands still until it is undone. None where it is needed, or stands
/// still, or has ended, or where looking would cost a read for each step.
///
/// # Errors
/// Where the store fails. The messages then come again.
pub async fn dropped(
    host: &dyn Host,
    state: &Arc<Execution>,
    batch: &[&Delivery],
) -> Result<Option<Vec<Handled>>, StoreError> {
    let only_told = batch.iter().all(|delivery| matches!(delivery.message.work, Work::Control { .. }));
    if only_told || state.end.is_some() || !host.journal().keeps_states() {
        return Ok(None);
    }
    let only_undoes = batch.iter().all(|delivery| matches!(delivery.message.work, Work::Undo(_)));
    if state.is_being_undone() && only_undoes {
        let stands = stands_still(host, state).await?;
        return Ok(stands.then(|| batch.iter().map(|_| Handled::Verdict(Verdict::Acknowledge)).collect()));
    }
    if state.rolling.is_some() {
        return Ok(None);
    }
    let stop = match unneeded(host, state).await? {
        None => return Ok(None),
        Some((ChildControl::Pause, _)) if state.paused => return Ok(None),
        Some((control, name)) => {
            named::command(name, REASON, |reason| Command::Control { control: Control::from(control), reason })
        }
    };
    let first = Handled::Commands(vec![stop], Vec::new());
    let others = batch.iter().skip(1).map(|_| Handled::Commands(Vec::new(), Vec::new()));
    Ok(Some(std::iter::once(first).chain(others).collect()))
}

/// How an execution stops, and in whose name, where one above it does not wait for the one below it. None where each does.
async fn unneeded(
    host: &dyn Host,
    state: &Arc<Execution>,
) -> Result<Option<(ChildControl, Option<Instruction>)>, StoreError> {
    let mut below = state.clone();
    while let Some(link) = below.started.parent.clone() {
        let Some(parent) = host.journal().load_lean(&link.execution_id).await? else {
            return Ok(Some((ChildControl::Cancel, None)));
        };
        if !parent.waits_for_children(&link.activation, link.attempt) {
            let control = stop(&parent, &below);
            return Ok(Some((control, name_for(Some(&parent), &below, control).0)));
        }
        below = parent;
    }
    Ok(None)
}

/// Whether an execution that is being undone stands still, or has ended, once those above it that do have told so from one to
/// the next. What is undone next is asked for again when it goes on.
async fn stands_still(host: &dyn Host, state: &Arc<Execution>) -> Result<bool, StoreError> {
    let (mut below, mut chain, mut stops) = (state.clone(), Vec::new(), false);
    while let Some(link) = below.started.parent.clone().filter(|_| below.is_being_undone()) {
        let parent = host.journal().load_lean(&link.execution_id).await?;
        // What it wants is known once it is here whole.
        if parent.as_ref().is_some_and(|parent| parent.arrives()) {
            return Ok(false);
        }
        stops |= wish_for(parent.as_deref(), &below) != ChildControl::Resume;
        chain.push(below.id().clone());
        let Some(parent) = parent else { break };
        below = parent;
    }
    if !stops {
        return Ok(false);
    }
    for id in chain.iter().rev() {
        obey(host, id, ChildControl::Pause).await?;
    }
    let now = host.journal().load_lean(state.id()).await?;
    Ok(now.is_none_or(|now| now.paused || now.end.is_some()))
}
