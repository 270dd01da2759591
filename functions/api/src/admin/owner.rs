//! Erasing everything that is kept of the caller's owner.

use crate::{
    Admin, Answered, App, Json, NoParams, Problem, Routes,
    types::{EraseBody, Job, Refused},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::bulk::begin::begin_erasure;
use std::sync::Arc;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(erase_owner))
}

/// Erase everything that is kept of the caller's owner: executions, whatever they are doing, workflows, secrets, tokens,
/// groups, memories and jobs. Nothing of it can be brought back. The job that does so stays, and the caller's own tokens.
#[utoipa::path(delete, path = "/v1/owner", operation_id = "erase_owner", tag = "admin", security(("bearer" = [])),
    request_body = EraseBody,
    responses((status = 202, body = Job, description = "The job; the one that is running where there is one"), Refused))]
async fn erase_owner(
    caller: Admin,
    State(app): State<Arc<App>>,
    _: NoParams,
    Json(body): Json<EraseBody>,
) -> Answered<Response> {
    if body.confirm != caller.owner {
        let message = format!("this erases everything that is kept of `{}`, for good", caller.owner);
        let hint = format!("confirm it with the owner's name: {{\"confirm\": \"{}\"}}", caller.owner);
        return Err(Problem::field("not_confirmed", "/confirm", message, &hint));
    }
    let job = begin_erasure(&*app.host, &caller.owner, body.reason, caller.subject.clone()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Job::from(&job))).into_response())
}
