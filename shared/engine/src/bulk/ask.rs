//! What a job asks of one execution.

use super::{erase, job::Outcome};
use crate::{
    delivery::{self, may_be_lost},
    drive::{Submission, submit, workflow_of},
    left,
    port::{Action, Host, Job, StoreError},
};
use std::sync::Arc;
use stepwell_core::{
    command::Asked,
    error::Rejection,
    event::Request,
    execution::Execution,
    id::{ExecutionId, derive},
    owed::{Since, owed},
};

/// Asks one execution. It remembers the job that asked it, so that a slice that is repeated after a crash does not ask it
/// again, whatever has become of it since.
pub(super) async fn ask(host: &dyn Host, job: &Job, id: &ExecutionId) -> Outcome {
    let done = match job.action {
        Action::Erase => erase::execution(host, job, id).await,
        Action::Retry | Action::Cancel | Action::Resume | Action::Redrive => asked(host, job, id).await,
    };
    match done {
        Ok(outcome) => outcome,
        Err(StoreError::Permanent(why)) => Outcome::Failed("unreadable", why),
        Err(error @ (StoreError::Transient(_) | StoreError::Conflict)) => Outcome::Left(error.to_string()),
    }
}

async fn asked(host: &dyn Host, job: &Job, id: &ExecutionId) -> Result<Outcome, StoreError> {
    let gone = || Outcome::Refused("not_found", "it was deleted meanwhile".into());
    let Some(state) = host.journal().load_lean(id).await? else { return Ok(gone()) };
    let request = request(job);
    if state.request(&request.key).is_some() {
        return again(host, &state).await;
    }
    if let Some(refused) = unfit(job, &state) {
        return Ok(refused);
    }
    let asked = Asked {
        command: left::instead(host, &state, job.action.command(job.reason.clone())).await?,
        by: Some(job.created_by.clone()),
        request: Some(request),
        checkpoint: None,
        above: None,
    };
    let submission = Submission { asked: vec![asked], seen: Some(state), ..Submission::default() };
    let Some(submitted) = submit(host, id, submission).await? else { return Ok(gone()) };
    Ok(match submitted.replies.into_iter().next() {
        // Another driver of the same job asked it in between.
        Some(Err(Rejection::Repeated(_))) => return again(host, &submitted.state).await,
        // Somebody else has done what is asked.
        None | Some(Ok(()) | Err(Rejection::Stale(_))) => Outcome::Done,
        Some(Err(rejection)) => Outcome::Refused(code(&rejection), rejection.to_string()),
    })
}

/// The request by which an execution knows the job.
fn request(job: &Job) -> Request {
    Request { key: derive(&["job", job.id.as_str()]), hash: job.id.to_string() }
}

/// An execution that the job asked before. Whoever asked it may have died before the effects were delivered.
async fn again(host: &dyn Host, state: &Arc<Execution>) -> Result<Outcome, StoreError> {
    if may_be_lost(host) {
        let workflow = workflow_of(host, state).await?;
        delivery::deliver(host, state.id(), &owed(&workflow, state, Since::Ever)).await?;
    }
    Ok(Outcome::Done)
}

/// Why an execution is not asked: it moved on since it was listed, or there is nothing to be done. The rules refuse the
/// rest.
fn unfit(job: &Job, state: &Execution) -> Option<Outcome> {
    let status = state.status();
    let statuses = &job.filter.statuses;
    if !statuses.is_empty() && !statuses.contains(&status) {
        let message = format!("it is {status} by now, which the filter leaves out");
        return Some(Outcome::Refused("moved_on", message));
    }
    let has_pause = state.paused || status.is_terminal();
    match job.action {
        Action::Resume if !has_pause => {
            let message = format!("the execution is {status}: there is no pause to end");
            Some(Outcome::Refused("invalid_status", message))
        }
        Action::Resume | Action::Retry | Action::Cancel | Action::Redrive | Action::Erase => None,
    }
}

/// The code of a refusal, which is the one that the routes of a single execution have.
fn code(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Status { .. } => "invalid_status",
        Rejection::Missing(_) => "not_found",
        Rejection::Forbidden(_) => "forbidden",
        Rejection::Decided { .. } => "already_decided",
        Rejection::MovedOn(_) => "moved_on",
        Rejection::Invalid { .. } => "invalid_node",
        Rejection::KeyReused => "idempotency_key_reused",
        Rejection::Stale(_)
        | Rejection::Unknown
        | Rejection::Repeated(_)
        | Rejection::Needs(_)
        | Rejection::Lacking(_) => "refused",
    }
}
