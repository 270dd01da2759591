//! Fork: a new execution begins at a checkpoint of another.

use crate::{
    Answered, App, Json, NoParams, Path, Routes, Runner,
    executions::{
        control::root_alone,
        idempotency,
        patch::of_checkpoint,
        read,
        requester::may_fork,
        rollback::{number_of, refused},
    },
    request::aside::aside,
    types::{Accepted, Conflict, ForkBody, Refused, WouldFork},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use engine::{
    fork::{ForkRequest, preview, start_fork},
    inline::forbidden_secret,
    start::StartError,
};
use std::sync::Arc;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(fork))
}

/// Start a new execution at a checkpoint of this one, with the same input and workflow or others. It shares what was recorded until
/// then, and never undoes it.
#[utoipa::path(post, path = "/v1/executions/{id}/fork", operation_id = "fork", tag = "executions",
    security(("bearer" = [])), request_body = ForkBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same execution")),
    responses((status = 202, body = Accepted), (status = 200, body = WouldFork, description = "To a dry run"),
        Conflict, Refused))]
async fn fork(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    Json(body): Json<ForkBody>,
) -> Answered<Response> {
    let execution = app.execution(&caller.owner, &id).await?;
    root_alone(&app, &execution, "fork").await?;
    let key = idempotency::key(&headers, &format!("/v1/executions/{id}/fork"), &body)?;
    let checkpoint = number_of(&body.checkpoint_id)?;
    // What there is not at a checkpoint that there is not is told as such by the fork itself.
    let then = match (1..=execution.seq).contains(&checkpoint) {
        true => Arc::new(read::state_at(&app, &execution, checkpoint).await?),
        false => execution.clone(),
    };
    let workflow = app.workflow(&then).await?;
    // A document that was sent along, or patched, may name secrets that only some callers may name.
    if (execution.started.workflow_version == 0 || then.patched.is_some())
        && let Some(name) = forbidden_secret(&*app.host, &caller.owner, &caller.scopes, &workflow).await?
    {
        return Err(super::start::secret_not_allowed(name));
    }
    may_fork(&app, &caller, &execution, (&then, &workflow), &body).await?;
    let patched = match &body.patch {
        Some(operations) => Some(of_checkpoint(&app, &caller, &then, &workflow, operations).await?),
        None => None,
    };
    let workflow = patched.clone().unwrap_or(workflow);
    if let Some(input) = body.input.clone() {
        let violations = aside(move || workflow.check_input(&input)).await?;
        if !violations.is_empty() {
            return Err(StartError::InvalidInput(violations).into());
        }
    }
    let by = Some(caller.subject.clone());
    let request = ForkRequest { checkpoint, input: body.input, workflow: patched, by, idempotency: key };
    if body.dry_run == Some(true) {
        let would = preview(&*app.host, execution.id(), &request).await?.map_err(|back| refused(back, &execution))?;
        return Ok(axum::Json(WouldFork::of(&execution, would)).into_response());
    }
    let forked = start_fork(&*app.host, execution.id(), request).await?.map_err(|back| refused(back, &execution))?;
    Ok((StatusCode::ACCEPTED, axum::Json(Accepted::of(&forked))).into_response())
}
