//! Pause, cancel and retry, and the part of a resume that is like them.

use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Params, Path, Problem, Routes, Runner,
    executions::{idempotency, read},
    people::answer::{self, Terms},
    types,
};
use axum::{extract::State, http::HeaderMap};
use engine::left;
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    execution::{Execution, Status},
    id::ExecutionId,
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(pause)).routes(routes!(cancel)).routes(routes!(retry))
}

/// Let no further node start. What runs finishes and is recorded.
#[utoipa::path(post, path = "/v1/executions/{id}/pause", operation_id = "pause", tag = "executions",
    security(("bearer" = [])), request_body = types::Reason, params(("id" = String, Path)),
    responses((status = 200, body = types::Execution),
        types::Conflict,
        types::Refused))]
async fn pause(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    why: MaybeJson<types::Reason>,
) -> Answered<axum::Json<types::Execution>> {
    asked(&app, &caller, &id, params, Control::Pause, why).await
}

/// End the execution: open questions are closed, timers dropped, and later outcomes refused.
#[utoipa::path(post, path = "/v1/executions/{id}/cancel", operation_id = "cancel", tag = "executions",
    security(("bearer" = [])), request_body = types::Reason, params(("id" = String, Path)),
    responses((status = 200, body = types::Execution),
        types::Conflict,
        types::Refused))]
async fn cancel(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    why: MaybeJson<types::Reason>,
) -> Answered<axum::Json<types::Execution>> {
    asked(&app, &caller, &id, params, Control::Cancel, why).await
}

/// Take an execution up that failed or was cancelled: the failed node, and what was due, running or waiting at its end.
#[utoipa::path(post, path = "/v1/executions/{id}/retry", operation_id = "retry", tag = "executions",
    security(("bearer" = [])), request_body = types::Reason,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key retries once")),
    responses((status = 200, body = types::Execution),
        types::Conflict,
        types::Refused))]
async fn retry(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    MaybeJson(why): MaybeJson<types::Reason>,
) -> Answered<axum::Json<types::Execution>> {
    let execution = app.execution(&caller.owner, &id).await?;
    root_alone(&app, &execution, "retry").await?;
    let request = idempotency::request(&headers, &caller, &format!("/v1/executions/{id}/retry"), &why)?;
    let terms = Terms { request, ..Terms::default() };
    control(&app, &caller, &execution, Control::Retry, why.reason, terms).await.map(axum::Json)
}

/// Refuses what is asked of a child by itself: its parent's record of it would no longer hold.
///
/// # Errors
/// 409 `child_of_another`, which names the execution without a parent that it belongs to; and what the store says.
pub(crate) async fn root_alone(app: &App, execution: &Execution, what: &str) -> Answered<()> {
    let Some(root) = root_of(app, execution).await? else { return Ok(()) };
    let detail = format!("execution {} is a child of another: {what} {root}, which it belongs to", execution.id());
    Err(Problem::conflict("child_of_another", detail).with("root", root.as_str()))
}

/// The execution without a parent that a child belongs to; none where it has no parent.
pub(crate) async fn root_of(app: &App, execution: &Execution) -> Answered<Option<ExecutionId>> {
    let Some(parent) = &execution.started.parent else { return Ok(None) };
    let mut root = parent.execution_id.clone();
    while let Some(above) = app.host.journal().load_lean(&root).await? {
        let Some(parent) = &above.started.parent else { break };
        root = parent.execution_id.clone();
    }
    Ok(Some(root))
}

/// Does what a route of a control asks for: it takes no parameter, and a reason.
async fn asked(
    app: &App,
    caller: &Caller,
    id: &str,
    params: Params,
    what: Control,
    MaybeJson(why): MaybeJson<types::Reason>,
) -> Answered<axum::Json<types::Execution>> {
    params.done()?;
    let execution = app.execution(&caller.owner, id).await?;
    control(app, caller, &execution, what, why.reason, Terms::default()).await.map(axum::Json)
}

/// Pauses, resumes, cancels or retries an execution, and returns it. Where the execution is so already, the answer is the same
/// as if it had just been done, so that a request can be repeated.
///
/// # Errors
/// 409 where the execution's status does not allow it, and what the store says.
pub(crate) async fn control(
    app: &App,
    caller: &Caller,
    execution: &Execution,
    control: Control,
    reason: Option<String>,
    terms: Terms,
) -> Answered<types::Execution> {
    if is_so(execution, control) {
        return read::execution(app, execution).await;
    }
    let id = execution.id();
    let command = left::instead(&*app.host, execution, Command::Control { control, reason }).await?;
    match answer::ask(app, caller, id, command, Terms { stale_is_done: true, ..terms }).await {
        Ok(done) if !done.repeated && refuses(execution, &done.state, control) => {
            Err(wrong_status(&done.state, control))
        }
        Ok(done) => read::execution(app, &done.state).await,
        Err(problem) => {
            // Another request may have done the same since the execution was loaded: then it is no error.
            let now = app.execution(&caller.owner, id.as_str()).await?;
            if is_so(&now, control) { read::execution(app, &now).await } else { Err(problem) }
        }
    }
}

/// Whether an execution is already as the command would make it. A resume and a retry leave no status to recognise them
/// by.
fn is_so(execution: &Execution, control: Control) -> bool {
    match control {
        Control::Pause => execution.status() == Status::Paused,
        Control::Cancel => execution.status() == Status::Cancelled,
        Control::Resume | Control::Retry => false,
    }
}

/// Whether the execution has ended otherwise than the command wanted, so that the caller must not be told that it was
/// done. An end that a resume or a retry led to is as it should be.
fn refuses(before: &Execution, now: &Execution, control: Control) -> bool {
    let resumed = control == Control::Resume && now.resume_count > before.resume_count;
    let retried = control == Control::Retry && now.retried > before.retried;
    now.status().is_terminal() && !is_so(now, control) && !resumed && !retried
}

/// A 409 `invalid_status` that names the execution's status: what it cannot be asked for, and what it can.
pub(crate) fn wrong_status(execution: &Execution, control: Control) -> Problem {
    let status = execution.status();
    let cannot = match control {
        Control::Pause => "it cannot be paused",
        Control::Resume => "there is no pause to end and no question to answer",
        Control::Cancel => "it cannot be cancelled",
        Control::Retry => "it cannot be retried",
    };
    let detail = format!("execution {} is {status}: {cannot}; {}", execution.id(), status.possible());
    Problem::conflict("invalid_status", detail).with("execution_status", status.as_str())
}
