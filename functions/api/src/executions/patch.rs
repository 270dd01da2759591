//! Live patch: the workflow of one execution is changed while it runs.

use crate::{
    Answered, App, Caller, NoParams, Params, Path, Problem, Reader, Routes, Runner,
    executions::{control::root_alone, idempotency, read, requester::may_alter},
    request::json::PatchJson,
    types::{self, Fault, InTheWay, PatchBody},
    workflows::{host_checks, refused},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use document::Parsed;
use engine::{
    inline::forbidden_secret,
    patch::{PatchRequest, Refused, Wrong, later, made, patch},
};
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{error::Rejection, execution::Execution, patch::Obstacle};
use utoipa_axum::routes;

/// Routes that patch.
pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(change)).routes(routes!(change_by_post))
}

/// Routes that read what is patched.
pub(crate) fn reads() -> Routes {
    Routes::new().routes(routes!(document))
}

/// The document that the execution runs by, which a patch changes.
#[utoipa::path(get, path = "/v1/executions/{id}/workflow", operation_id = "get_execution_workflow", tag = "executions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = types::ExecutionWorkflow), types::Refused))]
async fn document(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
) -> Answered<axum::Json<types::ExecutionWorkflow>> {
    let execution = app.execution(&caller.owner, &id).await?;
    let workflow = app.workflow(&execution).await?;
    Ok(axum::Json(types::ExecutionWorkflow::of(&execution, &workflow)))
}

/// Change the workflow of this execution while it runs, where its past is one that the changed workflow could have led to.
/// Nodes that have not come to an end run by the change.
#[utoipa::path(patch, path = "/v1/executions/{id}/workflow", operation_id = "patch_execution", tag = "executions",
    security(("bearer" = [])),
    request_body(content((PatchBody = "application/json"), (Vec<types::PatchOperation> = "application/json-patch+json"))),
    params(("id" = String, Path),
        ("dry_run" = Option<bool>, Query, description = "Only tell whether it is possible"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key patches once")),
    responses((status = 200, body = types::Patched), types::Conflict, types::Refused))]
async fn change(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    PatchJson(body): PatchJson,
) -> Answered<axum::Json<types::Patched>> {
    asked(&app, &caller, &id, params, &headers, body).await
}

/// The same for clients that send no `PATCH`.
#[utoipa::path(post, path = "/v1/executions/{id}/patch", operation_id = "patch_execution_by_post", tag = "executions",
    security(("bearer" = [])),
    request_body(content((PatchBody = "application/json"), (Vec<types::PatchOperation> = "application/json-patch+json"))),
    params(("id" = String, Path),
        ("dry_run" = Option<bool>, Query, description = "Only tell whether it is possible"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key patches once")),
    responses((status = 200, body = types::Patched), types::Conflict, types::Refused))]
async fn change_by_post(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    PatchJson(body): PatchJson,
) -> Answered<axum::Json<types::Patched>> {
    asked(&app, &caller, &id, params, &headers, body).await
}

async fn asked(
    app: &App,
    caller: &Caller,
    id: &str,
    mut params: Params,
    headers: &HeaderMap,
    body: PatchBody,
) -> Answered<axum::Json<types::Patched>> {
    let dry_run = params.flag("dry_run")?;
    params.done()?;
    let execution = app.execution(&caller.owner, id).await?;
    // Both routes are one: a client that falls back to the other is not done twice.
    let dry_run = dry_run || body.dry_run.unwrap_or(false);
    let body = PatchBody { dry_run: None, ..body };
    let request = idempotency::request(headers, caller, &format!("/v1/executions/{id}/patch"), &body)?;
    if let Some(before) = idempotency::done_before(&execution, request.as_ref())? {
        return told(app, &execution, before).await;
    }
    root_alone(app, &execution, "patch").await?;
    may_alter(app, caller, &execution, &*app.workflow(&execution).await?).await?;
    let wanted = PatchRequest {
        operations: body.operations,
        description: body.description,
        by: Some(caller.subject.clone()),
        request,
    };
    let checks = |parsed: Arc<Parsed>| checked(app, caller, parsed);
    match patch(&*app.host, execution.id(), wanted, &checks, dry_run).await? {
        Ok(done) => Ok(axum::Json(types::Patched::of(&done.state, &done.parsed.workflow, &done.later))),
        // The same request came twice at once.
        Err(Refused::Rejected(Rejection::Repeated(seq))) => told(app, &execution, seq).await,
        Err(why) => Err(problem(why, &execution, "/operations")),
    }
}

/// Tells again what a request came to that was done before.
async fn told(app: &App, execution: &Execution, seq: u64) -> Answered<axum::Json<types::Patched>> {
    let then = read::state_at(app, execution, seq).await?;
    let workflow = app.workflow(&then).await?;
    let before = read::state_at(app, execution, seq.saturating_sub(1)).await?;
    let later = later(&*app.host, &*app.workflow(&before).await?, &workflow, &before).await?;
    Ok(axum::Json(types::Patched::of(&then, &workflow, &later)))
}

/// Checks a patched document as one that is sent along: the host finds nothing wrong with it, and it names only secrets that
/// the caller may name.
fn checked<'a>(app: &'a App, caller: &'a Caller, parsed: Arc<Parsed>) -> BoxFuture<'a, Result<(), Refused>> {
    async move {
        let issues = host_checks::errors(app, &caller.owner, &parsed).await;
        if !issues.is_empty() {
            return Err(Refused::Invalid(issues));
        }
        let named = forbidden_secret(&*app.host, &caller.owner, &caller.scopes, &parsed.workflow).await;
        match named.map_err(Refused::Store)? {
            Some(name) => Err(Refused::Secret(name.to_owned())),
            None => Ok(()),
        }
    }
    .boxed()
}

/// The document that a patch makes of an execution's at a checkpoint, checked as one that is sent along.
///
/// # Errors
/// 422 where it makes none, and what the store says.
pub(crate) async fn of_checkpoint(
    app: &App,
    caller: &Caller,
    then: &Execution,
    workflow: &document::Workflow,
    operations: &Value,
) -> Answered<Arc<document::Workflow>> {
    let parsed = made(&*app.host, workflow, operations).await?.map_err(|why| problem(why, then, "/patch"))?;
    let parsed = Arc::new(parsed);
    checked(app, caller, parsed.clone()).await.map_err(|why| problem(why, then, "/patch"))?;
    Ok(parsed.workflow.clone())
}

/// The problem that a refusal is told as; the operations stand at a path of the body.
fn problem(why: Refused, execution: &Execution, at: &str) -> Problem {
    match why {
        Refused::Missing => Problem::not_found("execution", execution.id().as_str()),
        Refused::Operations(Wrong { code, operation, message }) => {
            let path = operation.map_or_else(|| at.to_owned(), |number| format!("{at}/{number}"));
            let hint = "`GET …/workflow` shows the document that is patched; nothing was changed";
            Problem::field(code, &path, message, hint)
        }
        Refused::Invalid(issues) => refused(&issues, ""),
        Refused::InTheWay(obstacles) => in_the_way(&obstacles),
        Refused::Secret(name) => super::start::secret_not_allowed(&name),
        Refused::Store(error) => error.into(),
        Refused::Rejected(rejection) => rejection.into(),
    }
}

/// A 409 that names each node and event in the way of a patch.
pub(crate) fn in_the_way(obstacles: &[Obstacle]) -> Problem {
    let detail = match obstacles {
        [one] => format!("the execution cannot go on with this workflow: {}", one.message),
        several => format!("the execution cannot go on with this workflow: {} things stand in the way", several.len()),
    };
    let all: Vec<InTheWay> = obstacles.iter().map(InTheWay::from).collect();
    Problem::new(StatusCode::CONFLICT, "incompatible_patch", detail)
        .with_errors(obstacles.iter().map(Fault::from).collect())
        .with("in_the_way", json!(all))
}
