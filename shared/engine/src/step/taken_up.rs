//! Children of a parent that was retried: which go on, and which of their words no longer count.

use super::named;
use crate::{
    delivery::{self, may_be_lost},
    drive::{submit, workflow_of},
    limits,
    port::{Host, StoreError},
};
use document::Workflow;
use stepwell_core::{
    children::{Family, is_taken_up},
    command::Command,
    effect::{ChildControl, Effect, Message, Work},
    error::Rejection,
    event::{Event, Turn},
    execution::{Children as Kids, Execution, Instruction, Status},
    id::{Activation, ExecutionId},
    owed::{Since, owed, owed_at_end},
    wanted::taken_up_by,
};

/// The reason that is recorded in the journal of a child that goes on.
pub(super) const REASON: &str = "its parent was retried";

/// Whether the word that a child did not complete is void: the child was reopened since, or an execution above it was retried
/// before the child went on. In that case it is told to go on, once its turn has come, and tells its next end.
///
/// # Errors
/// Where the store fails.
pub(super) async fn is_void(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    activation: &Activation,
    attempt: u32,
    index: u32,
) -> Result<bool, StoreError> {
    let waits = state.waits_for_children(activation, attempt);
    // Elsewhere children are cancelled by their parent alone, and it must have been retried to wait for them again.
    if waits && !host.journal().keeps_states() && state.retried == 0 {
        return Ok(false);
    }
    let Some(family) = Family::of(workflow, state, activation, attempt) else { return Ok(false) };
    let id = family.id(index);
    let Some(child) = host.journal().load_lean(&id).await? else { return Ok(false) };
    // It was taken up since and lives, or has completed: then it has told that by another message. A parent that does not
    // wait refuses it. Where it is retried before it does, it tells the child to go on.
    if !waits || !matches!(child.end, Some(Status::Failed | Status::Cancelled)) {
        return Ok(true);
    }
    if !is_taken_up(state, &child) && (child.end == Some(Status::Failed) || by_somebody(host, &child).await?) {
        return Ok(false);
    }
    let asked = state.children.get(&activation.node).map_or(0, |kids| kids.asked());
    if index < asked {
        let message = Message { execution: id, work: Work::Control { control: ChildControl::Retry } };
        host.outbox().deliver(state.id(), &[Effect::Send { message, at: None }]).await?;
    }
    Ok(true)
}

/// Whether a caller asked for the last turn of an execution, of itself and of none above it.
async fn by_somebody(host: &dyn Host, state: &Execution) -> Result<bool, StoreError> {
    let last = host.journal().turns_lean(state.id(), state.seq.saturating_sub(1), 1).await?;
    let above = |event: &Event| matches!(event, Event::ExecutionCancelled(said) if said.above.is_some());
    Ok(last.iter().any(|turn| turn.by.is_some() && !turn.events.iter().any(above)))
}

/// Lets a child go on that exists already. Says why it cannot, where it cannot.
///
/// # Errors
/// Where the store fails.
pub(super) async fn goes_on(
    host: &dyn Host,
    parent: &Execution,
    child: &Execution,
    activation: &Activation,
) -> Result<Option<String>, StoreError> {
    let kids = parent.children.get(&activation.node).filter(|kids| kids.reopened > 0);
    match kids {
        Some(kids) if is_taken_up(parent, child) => take_up(host, child.id(), kids, taken_up_by(parent)).await,
        // It told its end when the parent did not wait for it.
        Some(_) if child.end.is_some() => delivery::deliver(host, child.id(), &owed_at_end(child)).await.map(|()| None),
        Some(_) | None => begin_again(host, child).await.map(|()| None),
    }
}

/// Lets a child go on, since its parent was retried, in the name of whoever asked that. Says why it cannot, where it cannot.
///
/// # Errors
/// Where the store fails.
pub(super) async fn take_up(
    host: &dyn Host,
    child: &ExecutionId,
    kids: &Kids,
    name: Option<Instruction>,
) -> Result<Option<String>, StoreError> {
    let by_parent = kids.reopened;
    let asked = named::command(name, REASON, |reason| Command::TakeUp { by_parent, reason });
    let submitted = submit(host, child, asked).await?;
    Ok(submitted.and_then(|submitted| match submitted.replies.into_iter().next() {
        Some(Err(Rejection::Status { message, .. })) => Some(message),
        _ => None,
    }))
}

/// Delivers the effects of a child's first turns again. Whoever started the child may have died before it could deliver
/// them, or before the parent knew of the end; a later turn of one that goes on shows that they arrived. The same of the turn
/// by which a retry took it up.
///
/// # Errors
/// Where the store fails.
pub(super) async fn begin_again(host: &dyn Host, child: &Execution) -> Result<(), StoreError> {
    if !may_be_lost(host) {
        return Ok(());
    }
    if child.end.is_some() {
        return delivery::deliver(host, child.id(), &owed_at_end(child)).await;
    }
    let first = 1 + limits::COMPUTED_AT_START as u64;
    if child.seq > first && !was_taken_up(host, child).await? {
        return Ok(());
    }
    let workflow = workflow_of(host, child).await?;
    delivery::deliver(host, child.id(), &owed(&workflow, child, Since::Ever)).await
}

/// Whether the last turn of a child is one by which a retry took it up.
async fn was_taken_up(host: &dyn Host, child: &Execution) -> Result<bool, StoreError> {
    if child.retried == 0 {
        return Ok(false);
    }
    let retries = |turn: &Turn| turn.events.iter().any(|event| matches!(event, Event::ExecutionRetried { .. }));
    Ok(host.journal().turns_lean(child.id(), child.seq.saturating_sub(1), 1).await?.iter().any(retries))
}
