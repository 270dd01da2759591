//! Rollback: reads the journal for the plan, and hands it to the rules.

mod preview;

use crate::{
    delivery,
    drive::{Submission, Submitted, submit, with_values, workflow_of},
    limits,
    past::Past,
    port::{Host, StoreError},
};
use document::Workflow;
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command, Control},
    effect::ChildControl,
    error::Rejection,
    event::{Request, Unstick},
    execution::Execution,
    id::ExecutionId,
    owed::{Since, owed},
    patch::Obstacle,
    reading::Reading,
    rollback::{After, Passed, Plan, Rollback, Rolling, Unreachable, plan},
    wanted::{GOES_BACK, undone_in_the_name_of},
};

pub use preview::{Preview, WouldRun, WouldUndo, preview};
pub use stepwell_core::rollback::to_node;

/// Why an execution does not go back.
#[derive(Debug)]
pub enum Refused {
    /// It cannot go there.
    Unreachable(Unreachable),
    /// Its past is not one of the document that is asked for.
    InTheWay(Vec<Obstacle>),
    /// The rules refuse it.
    Rejected(Rejection),
    /// There is no such execution.
    Missing,
}

/// An execution as its journal makes it, and the plan of a rollback of it.
struct Planned {
    state: Arc<Execution>,
    workflow: Arc<Workflow>,
    past: Past,
    plan: Plan,
}

/// Plans a rollback. None where the execution does not exist.
async fn planned(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: &Rollback,
) -> Result<Option<Result<Planned, Unreachable>>, StoreError> {
    let Some(state) = host.journal().load_lean(id).await? else { return Ok(None) };
    let workflow = workflow_of(host, &state).await?;
    let past = Past::of(host, &state).await?;
    let documents = past.ran_by.documents();
    let plan = with_values(host, id, || Reading::of(|reading| plan(documents, &past.turns, &state, rollback, reading)))
        .await?;
    Ok(Some(plan.map(|plan| Planned { state, workflow, past, plan })))
}

/// Goes back: plans from the journal and submits, and plans again where the execution moved on meanwhile.
///
/// # Errors
/// What the store says.
pub async fn roll_back(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: Rollback,
    by: Option<String>,
    request: Option<Request>,
) -> Result<Result<Submitted, Refused>, StoreError> {
    roll_back_seen(host, id, rollback, by, request, None).await
}

/// The same where the caller names the checkpoint at which they have seen the execution: on any other it is refused, since
/// what would be undone may be another thing by then.
///
/// # Errors
/// What the store says.
pub async fn roll_back_seen(
    host: &dyn Host,
    id: &ExecutionId,
    rollback: Rollback,
    by: Option<String>,
    request: Option<Request>,
    seen: Option<u64>,
) -> Result<Result<Submitted, Refused>, StoreError> {
    for _ in 0..limits::PLANS {
        let planned = match planned(host, id, &rollback).await? {
            Some(Ok(planned)) => planned,
            Some(Err(unreachable)) => return Ok(Err(Refused::Unreachable(unreachable))),
            None => return Ok(Err(Refused::Missing)),
        };
        let Planned { state, workflow, past, plan } = planned;
        let command = Command::RollBack { rollback: Box::new(rollback.clone()), plan: Arc::new(plan), seq: state.seq };
        let above = rollback.above.clone();
        let asked = Asked { request: request.clone(), checkpoint: seen, above, ..Asked::by(command, by.clone()) };
        let documents = past.ran_by.others(&workflow.hash);
        let submission = Submission { documents, ..Submission::of(vec![asked], &state, &workflow) };
        let Some(mut submitted) = submit(host, id, submission).await? else {
            return Ok(Err(Refused::Missing));
        };
        match submitted.replies.pop() {
            Some(Err(Rejection::MovedOn(now))) if seen.is_none_or(|seen| seen == now) => {}
            Some(Err(rejection)) => return Ok(Err(Refused::Rejected(rejection))),
            Some(Ok(())) | None => return Ok(Ok(submitted)),
        }
    }
    Err(StoreError::Conflict)
}

/// Makes the plan of the rollback that an execution asked for. False where it asks for none any more.
///
/// # Errors
/// What the store says, and `Permanent` where the execution cannot go there.
pub async fn asked(host: &dyn Host, state: &Execution) -> Result<bool, StoreError> {
    let Some(rolling) = state.rolling.as_ref().filter(|rolling| rolling.plan.is_none()) else { return Ok(false) };
    match roll_back(host, state.id(), rolling.asked.clone(), None, None).await? {
        Ok(_) | Err(Refused::Rejected(_) | Refused::Missing) => Ok(true),
        Err(Refused::Unreachable(why)) => Err(StoreError::Permanent(why.to_string())),
        Err(Refused::InTheWay(_)) => Err(StoreError::Permanent("a rollback asks for no other document".into())),
    }
}

/// How far a child is that is to be undone whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It is undone, or there was nothing to undo.
    Whole,
    /// It tells when it is.
    Begun,
    /// It cannot go on by itself, since this turn of it and for this reason.
    Stuck(u64, String),
    /// It does not exist: it never began, or was deleted.
    Gone,
}

/// Undoes a child whole, since its parent goes back. `again`: where it is stuck, it is to try once more.
///
/// # Errors
/// What the store says.
pub async fn undo_child(
    host: &dyn Host,
    parent: &Execution,
    id: &ExecutionId,
    again: bool,
) -> Result<Undone, StoreError> {
    let Some(child) = host.journal().load_lean(id).await? else { return Ok(Undone::Gone) };
    if child.undone_for.is_some() {
        return Ok(Undone::Whole);
    }
    if child.arrives() {
        return Err(StoreError::Transient(format!("the import of execution {id} is not complete")));
    }
    let after = After::Cancel { epoch: parent.epoch };
    let name = undone_in_the_name_of(parent, ChildControl::Cancel);
    let (by, said) = name.map(|name| (name.by, name.said)).unwrap_or_default();
    let reason = said.reason.or_else(|| Some(GOES_BACK.into()));
    let same = |rolling: &Arc<Rolling>| rolling.plan.is_some() && rolling.asked.after == after;
    if child.rolling.as_ref().is_some_and(same) {
        // It was cancelled with its parent, which was retried since.
        if child.end.is_some() {
            let retry = Command::Control { control: Control::Retry, reason };
            submit(host, id, Asked { above: said.above, ..Asked::by(retry, by) }).await?;
            return Ok(Undone::Begun);
        }
        let Some(error) = &child.stuck else {
            begun_elsewhere(host, &child).await?;
            return Ok(Undone::Begun);
        };
        let Some(way) = way_out(parent, &child, again) else {
            return Ok(Undone::Stuck(child.stuck_seq, error.message.clone()));
        };
        let Some(submitted) = submit(host, id, way).await? else { return Ok(Undone::Gone) };
        return match submitted.replies.as_slice() {
            [Err(Rejection::MovedOn(_))] => Err(StoreError::Conflict),
            // It is no way out of that: a person is asked once more.
            [Err(_)] => Ok(Undone::Stuck(child.stuck_seq, error.message.clone())),
            _ => Ok(Undone::Begun),
        };
    }
    let rollback = Rollback { after, reason, above: said.above, ..Rollback::to(0) };
    match roll_back(host, id, rollback, by, None).await? {
        Ok(submitted) if submitted.state.undone_for.is_some() => Ok(Undone::Whole),
        Ok(_) => Ok(Undone::Begun),
        // Another copy of the message was faster.
        Err(Refused::Rejected(Rejection::Repeated(_))) => {
            if let Some(child) = host.journal().load_lean(id).await? {
                begun_elsewhere(host, &child).await?;
            }
            Ok(Undone::Begun)
        }
        Err(Refused::Missing) => Ok(Undone::Gone),
        Err(Refused::Rejected(_) | Refused::InTheWay(_)) => Ok(Undone::Whole),
        Err(Refused::Unreachable(why)) => Err(StoreError::Permanent(why.to_string())),
    }
}

/// The way out of what a child is stuck in that somebody took for its parent, as long as the child is stuck in nothing else;
/// none where nobody did.
fn way_out(parent: &Execution, child: &Execution, again: bool) -> Option<Asked> {
    let passed = parent.rolling.as_ref().and_then(|rolling| rolling.passed.clone());
    let unstick = |action, reason| Command::Unstick { action, node: None, output: None, reason };
    let (command, by, above) = match passed {
        Some(Passed { action, seq, by, said }) if seq == child.stuck_seq => {
            (unstick(action, said.reason), by, said.above.or_else(|| Some(parent.id().clone())))
        }
        Some(_) => return None,
        None if again => (unstick(Unstick::Retry, Some("its parent tries again".into())), None, None),
        None => return None,
    };
    Some(Asked { above, checkpoint: Some(child.seq), ..Asked::by(command, by) })
}

/// Delivers what follows from the rollback of a child that is under way: whoever began it may have died before it could.
async fn begun_elsewhere(host: &dyn Host, child: &Execution) -> Result<(), StoreError> {
    if !delivery::may_be_lost(host) {
        return Ok(());
    }
    let workflow = workflow_of(host, child).await?;
    delivery::deliver(host, child.id(), &owed(&workflow, child, Since::Ever)).await
}
