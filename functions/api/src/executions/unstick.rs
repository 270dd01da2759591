//! The ways out of `stuck`.

use crate::{
    Answered, App, Json, NoParams, Path, Problem, Routes, Runner,
    executions::{idempotency, read, requester::may_alter},
    people::answer::{self, Terms},
    types,
};
use axum::{extract::State, http::HeaderMap};
use std::sync::Arc;
use stepwell_core::{command::Command, event::Unstick, execution::Execution, payload::Payload};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(unstick))
}

/// Find the way out of what an execution is stuck in: a compensation that failed, or a message that could not be processed.
#[utoipa::path(post, path = "/v1/executions/{id}/unstick", operation_id = "unstick", tag = "executions",
    security(("bearer" = [])), request_body = types::UnstickBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key does it once")),
    responses((status = 200, body = types::Execution),
        types::Conflict,
        types::Refused))]
async fn unstick(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    Json(body): Json<types::UnstickBody>,
) -> Answered<axum::Json<types::Execution>> {
    let execution = app.execution(&caller.owner, &id).await?;
    let request = idempotency::request(&headers, &caller, &format!("/v1/executions/{id}/unstick"), &body)?;
    if body.output.is_some() {
        takes_output(&execution, body.action)?;
    }
    // To go on without what a node waits for may be to go on without an answer.
    if matches!(body.action, Unstick::Skip | Unstick::MarkDone) && !undoes(&execution) {
        may_alter(&app, &caller, &execution, &*app.workflow(&execution).await?).await?;
    }
    let command = Command::Unstick {
        action: body.action,
        node: body.node.map(Into::into),
        output: body.output.map(Payload::new),
        reason: body.reason,
    };
    let command = engine::left::instead(&*app.host, &execution, command).await?;
    let terms = Terms { request, ..Terms::default() };
    let done = answer::ask(&app, &caller, execution.id(), command, terms).await;
    // What does not fit here is the node.
    let fits =
        |problem: Problem| if problem.code() == "invalid_answer" { problem.coded("invalid_node") } else { problem };
    let state = done.map_err(fits)?.state;
    Ok(axum::Json(read::execution(&app, &state).await?))
}

/// Refuses an output that would be ignored.
///
/// # Errors
/// 422 `unexpected_output` where nothing takes it.
fn takes_output(execution: &Execution, action: Unstick) -> Answered<()> {
    let message = match action {
        Unstick::Retry | Unstick::Redrive => format!("`{action}` takes no output: the node gives its own"),
        Unstick::Skip | Unstick::MarkDone if undoes(execution) => {
            "a compensation has no output that anything takes".into()
        }
        Unstick::Skip | Unstick::MarkDone => return Ok(()),
    };
    Err(Problem::field("unexpected_output", "/output", message, "leave this field out"))
}

/// Whether an execution is stuck at what it cannot undo.
fn undoes(execution: &Execution) -> bool {
    execution.stuck.as_ref().is_some_and(|error| error.code == COMPENSATION)
}

/// The code of the error of an execution that is stuck at what it cannot undo.
const COMPENSATION: &str = "compensation_failed";
