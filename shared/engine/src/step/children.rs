//! Starts the children of `map` and `workflow` nodes, and tells them what their parent wants: to pause, resume or
//! cancel.

use super::{
    first_turns, named,
    taken_up::{begin_again, goes_on, take_up},
};
use crate::{
    delivery::{self, children_at_once, may_be_lost},
    drive::{Submission, Submitted, submit, with_values, workflow_of},
    limits,
    port::{Host, StoreError},
};
use document::{Workflow, id::WorkflowId};
use futures::{StreamExt, TryStreamExt, stream};
use std::{ops::Range, sync::Arc};
use stepwell_core::{
    below::tell_slice,
    children::{Family, Runs},
    command::{Asked, Command},
    decide::child_id,
    effect::{ChildControl, Effect, Message, Work},
    event::Started,
    execution::{Children as Kids, Execution},
    id::{Activation, ExecutionId},
    owed::{Since, owed, owed_at_end},
    reading::Reading,
    wanted::{is_left, taken_up_by, taken_up_with, wish, wish_for},
};

/// Starts the children of an activation whose indexes are in `range`, each at most once. Where they are more than a slice,
/// or time runs out, a further message asks for the rest, so that other work comes in between. Returns the commands that tell the
/// parent which children could not start, and which are over already.
///
/// # Errors
/// Where the store fails. The message then comes again, and children that were started already are left alone.
pub async fn start_children(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Result<Vec<Asked>, StoreError> {
    if !state.waits_for_children(activation, attempt) {
        // The parent no longer wants these children. Some may have been started by a handler that died before it could
        // tell them so, so each is told.
        let effects = tell_slice(state, activation, attempt, ChildControl::Cancel, range);
        return delivery::deliver(host, state.id(), &effects).await.map(|()| Vec::new());
    }
    if state.stands_still() {
        return Ok(Vec::new());
    }
    let Some(family) = Family::of(workflow, state, activation, attempt) else { return Ok(Vec::new()) };
    let ended = state.children.get(&activation.node).map(|kids| kids.ended.clone()).unwrap_or_default();
    let (owner, items) = (state.started.owner.as_str(), family.items());
    // All children read it, so it is fetched before the first.
    if items.missing().is_some() {
        host.journal().fetch(state.id(), &[&items]).await?;
    }
    // Children that have ended are not started again. The others are, since a start that is repeated does no harm.
    let missing: Vec<u32> = range.clone().filter(|index| !ended.contains(*index)).collect();
    let in_time = || host.time_left().is_none_or(|left| !left.is_zero());
    let mut ends = Vec::new();
    // An error with one child does not stop the others, so that less is left for the next time.
    let slice = missing.iter().copied().take(limits::CHILDREN_IN_A_SLICE as usize);
    let starts = slice.map_while(|index| in_time().then(|| start(host, state, owner, family, index)));
    let started: Vec<_> = stream::iter(starts).buffered(children_at_once(host)).collect().await;
    let rest = missing.get(started.len()).map(|&from| from..range.end);
    for started in started {
        ends.extend(started?);
    }
    // Not all were begun: the message is replaced by one about the rest.
    if let Some(rest) = &rest {
        let work = Work::StartChildren { activation: activation.clone(), attempt, from: rest.start, to: rest.end };
        let message = Message { execution: state.id().clone(), work };
        host.outbox().deliver(state.id(), &[Effect::Send { message, at: None }]).await?;
    }
    catch_up(host, state, activation, attempt, range.start..rest.map_or(range.end, |rest| rest.start)).await?;
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![told_ends(state, activation.clone(), attempt, ends).into()])
}

/// The command that records ends of children, as they are seen in a state of their parent.
pub fn told_ends(state: &Execution, activation: Activation, attempt: u32, ends: Vec<End>) -> Command {
    let reopened = state.children.get(&activation.node).map_or(0, |kids| kids.reopened);
    Command::ChildrenEnded { activation, attempt, reopened, ends }
}

/// Tells children that were just started what their parent wants, where it was cancelled or paused meanwhile: they did
/// not exist when it told its children.
async fn catch_up(
    host: &dyn Host,
    before: &Execution,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Result<(), StoreError> {
    let Some(after) = host.journal().load_lean(before.id()).await? else { return Ok(()) };
    let control = wish(&after, activation, attempt);
    if control == ChildControl::Resume {
        return Ok(());
    }
    let same = |kids: &&Arc<Kids>| kids.visit == activation.visit && kids.attempt == attempt;
    let kids = after.children.get(&activation.node).filter(same);
    let running = range.filter(|index| !kids.is_some_and(|kids| kids.ended.contains(*index)));
    tell(host, running.map(|index| child_id(before.id(), activation, attempt, index)), control).await
}

/// Tells children what their parent wants, several at the same time.
async fn tell(
    host: &dyn Host,
    children: impl Iterator<Item = ExecutionId> + Send,
    control: ChildControl,
) -> Result<(), StoreError> {
    let told = children.map(|id| async move { obey(host, &id, control).await });
    stream::iter(told).buffer_unordered(children_at_once(host)).try_collect().await
}

/// Makes a child do what its parent wants. `control` is what the message asks for, but the parent's present state
/// counts: messages overtake each other, and one that pauses may come after the one that resumes. After each command
/// both are loaded again, until the child is as the parent wants it.
///
/// # Errors
/// Where the store fails. The message then comes again.
pub async fn obey(host: &dyn Host, id: &ExecutionId, control: ChildControl) -> Result<(), StoreError> {
    let mut asked = Some(control);
    while let Some(child) = host.journal().load_lean(id).await? {
        // One that comes from another host learns what its parent wants once it is here whole.
        if child.arrives() {
            return Ok(());
        }
        let Some(parent) = &child.started.parent else { return Ok(()) };
        let above = host.journal().load_lean(&parent.execution_id).await?;
        let wish = wish_for(above.as_deref(), &child);
        let retried = control == ChildControl::Retry && wish != ChildControl::Cancel;
        if let Some(kids) = taken_up_with(above.as_deref(), &child).filter(|_| retried) {
            let name = above.as_deref().and_then(taken_up_by);
            if take_up(host, id, kids, name).await?.is_some() {
                return Ok(());
            }
            asked = None;
            continue;
        }
        // The child has ended, and its effects may have been lost: they are delivered again. A parent that was retried
        // may have refused the end while it had ended itself.
        if child.end.is_some() {
            if !may_be_lost(host) && !retried {
                return Ok(());
            }
            let workflow = workflow_of(host, &child).await?;
            let again = owed(&workflow, &child, Since::Ever);
            let upwards = |effect: &Effect| matches!(effect, Effect::Send { message, .. } if message.execution == parent.execution_id);
            // A parent that wants its children cancelled does not wait for their ends.
            let again: Vec<Effect> =
                again.into_iter().filter(|effect| wish != ChildControl::Cancel || !upwards(effect)).collect();
            return delivery::deliver(host, id, &again).await;
        }
        let done = match wish {
            // It is stuck at what cannot be undone, and its parent went on without that, or is gone.
            ChildControl::Cancel if is_left(above.as_deref(), &child) => {
                submit(host, id, named::as_its_parent(above.as_deref(), &child, wish)).await?;
                return Ok(());
            }
            ChildControl::Cancel => false,
            ChildControl::Pause => child.paused,
            ChildControl::Resume | ChildControl::Retry => !child.paused,
        };
        // A retry has nothing to tell a child that goes on.
        if done && asked == Some(ChildControl::Retry) {
            return begin_again(host, &child).await;
        }
        // What the message asks for is submitted even where the child is so already: the rules then pass it on to the
        // child's own children, which may not have been told.
        if asked.take() != Some(wish) && done {
            return Ok(());
        }
        submit(host, id, named::as_its_parent(above.as_deref(), &child, wish)).await?;
    }
    Ok(())
}

/// The end of a child, by its index: why it failed, none where it completed.
pub(super) type End = (u32, Option<String>);

/// Starts the child with this index. Returns its end where it is over by then, or cannot be started.
async fn start(
    host: &dyn Host,
    parent: &Execution,
    owner: &str,
    family: Family<'_>,
    index: u32,
) -> Result<Option<End>, StoreError> {
    if let Some(child) = host.journal().load_lean(&family.id(index)).await? {
        return there_already(host, parent, owner, &child, index).await;
    }
    let runs = with_values(host, parent.id(), || Reading::of(|reading| family.runs(index, reading))).await?;
    let started = match runs {
        None => return Ok(None),
        Some(Ok(Runs::Body(body))) => {
            let begin = || family.start_of_body(index, body, host.now());
            Ok((body.clone(), with_values(host, parent.id(), begin).await?))
        }
        Some(Ok(Runs::Saved(workflow))) => match saved(host, owner, workflow).await? {
            Ok((version, saved)) => {
                let begin = || family.start_of_saved(index, version, &saved, host.now());
                with_values(host, parent.id(), begin).await?.map(|started| (saved.clone(), started))
            }
            Err(why) => Err(why),
        },
        Some(Err(why)) => Err(why),
    };
    match started {
        Ok((workflow, started)) => match begin(host, &workflow, started).await? {
            Some(Submitted { state, committed: true, .. }) => Ok(end_of(&state).map(|error| (index, error))),
            // Another handler was faster, and may have died before it told anybody.
            Some(Submitted { state, .. }) => there_already(host, parent, owner, &state, index).await,
            None => Ok(None),
        },
        Err(why) => Ok(Some((index, Some(why)))),
    }
}

/// What becomes of a child that exists.
async fn there_already(
    host: &dyn Host,
    parent: &Execution,
    owner: &str,
    child: &Execution,
    index: u32,
) -> Result<Option<End>, StoreError> {
    // An execution that was imported has the id that its file names.
    let own = child.started.parent.as_ref().is_some_and(|one| one.execution_id == *parent.id());
    if !own || child.started.owner != owner {
        return Ok(Some((index, Some(format!("another execution has its id {}", child.id())))));
    }
    let why = match &child.started.parent {
        Some(link) => goes_on(host, parent, child, &link.activation).await?,
        None => None,
    };
    Ok(why.map(|why| (index, Some(why))))
}

/// Writes a child's first turns. None where the caller need not tell how it ended.
async fn begin(host: &dyn Host, workflow: &Arc<Workflow>, started: Started) -> Result<Option<Submitted>, StoreError> {
    let id = started.execution_id.clone();
    if !delivery::computes_at_start(host) {
        submit(host, &id, Command::Start(Box::new(started))).await?;
        return Ok(None);
    }
    let asked = first_turns::commands(host, workflow, started).await?;
    submit(host, &id, Submission { asked, settled: Some(first_turns::is_settled), ..Submission::default() }).await
}

/// How a child ended, as its parent is told of it; none where it goes on.
fn end_of(child: &Execution) -> Option<Option<String>> {
    owed_at_end(child).into_iter().find_map(|effect| match effect {
        Effect::Send { message: Message { work: Work::ChildEnded { error, .. }, .. }, .. } => Some(error),
        _ => None,
    })
}

/// The latest version of a saved workflow and its number, or why a child cannot run it.
pub(super) async fn saved(
    host: &dyn Host,
    owner: &str,
    workflow: &WorkflowId,
) -> Result<Result<(u64, Arc<Workflow>), String>, StoreError> {
    let latest = host.catalogue().saved(owner, workflow.as_str(), None).await?.filter(|saved| !saved.deleted);
    let Some(latest) = latest else { return Ok(Err(format!("there is no workflow {workflow}: save it first"))) };
    match host.catalogue().workflow(&latest.hash).await? {
        Some(parsed) => Ok(Ok((latest.version, parsed))),
        None => Err(StoreError::Permanent(format!("the document of workflow {workflow} is not stored"))),
    }
}
