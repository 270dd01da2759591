//! Signals: events that callers send to an execution, for its `wait` nodes.

use crate::{
    Answered, App, MaybeJson, NoParams, Path, Problem, Routes, Runner,
    executions::{idempotency, read},
    people::answer::{self, Terms},
    types,
};
use axum::{extract::State, http::HeaderMap};
use document::{Wait, limits::EVENT_NAME_BYTES};
use std::sync::Arc;
use stepwell_core::{command::Command, payload::Payload};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(signal))
}

/// Send an event to an execution; it is kept for its `wait` node if it comes early.
#[utoipa::path(post, path = "/v1/executions/{id}/signals/{name}", operation_id = "signal", tag = "executions",
    security(("bearer" = [])), request_body = types::SignalBody,
    params(("id" = String, Path), ("name" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key sends one event")),
    responses((status = 200, body = types::Execution),
        types::Refused))]
async fn signal(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path((id, name)): Path<(String, String)>,
    _: NoParams,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<types::SignalBody>,
) -> Answered<axum::Json<types::Execution>> {
    if !Wait::names_event(&name) {
        let hint = format!("give 1 to {EVENT_NAME_BYTES} bytes, not only blanks");
        return Err(Problem::field("invalid_name", "", "this cannot name an event", &hint));
    }
    let execution = app.execution(&caller.owner, &id).await?;
    let route = format!("/v1/executions/{id}/signals/{name}");
    let terms = Terms { request: idempotency::request(&headers, &caller, &route, &body)?, ..Terms::default() };
    let command = Command::Signal { name, data: Payload::new(body.data) };
    let state = answer::ask(&app, &caller, execution.id(), command, terms).await?.state;
    Ok(axum::Json(read::execution(&app, &state).await?))
}
