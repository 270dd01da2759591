//! `POST /v1/chat/{workflow_id}/resume`: an answer to what a session asks.

use super::{
    answered,
    session::{Latest, Session},
    stream::{self, Wanted},
    value,
};
use crate::{
    Answered, App, Json, NoParams, Path, Problem, Responder, Routes,
    executions::{idempotency, meant::question, wait},
    limits,
    people::answer::{self, Terms},
    request::arrived::Arrived,
    types,
};
use axum::{extract::State, http::HeaderMap, response::Response};
use engine::questions::open;
use std::sync::Arc;
use stepwell_core::{command::Command, meant::Unnamed};
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(resume))
}

/// Answer the one question that a session asks, and see what follows: as by a message, for 25 seconds at most, or as a
/// stream.
#[utoipa::path(post, path = "/v1/chat/{workflow_id}/resume", operation_id = "resume_chat", tag = "chat",
    security(("bearer" = [])), request_body = types::ChatResumeBody,
    params(("workflow_id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key answers once")),
    responses((status = 200, body = types::ChatAnswer), (status = 202, body = types::ChatAnswer,
            description = "It has not ended: ask for the session, or for the execution"),
        types::Conflict, types::Refused))]
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn resume(
    arrived: Arrived,
    caller: Responder,
    State(app): State<Arc<App>>,
    Path(workflow_id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    wanted: Wanted,
    Json(body): Json<types::ChatResumeBody>,
) -> Answered<Response> {
    let session = Session::named(&caller, &workflow_id, &body.session_id)?;
    let recent = session.recent(&app, session.known(&app).await?).await?;
    // Messages that wait for their turn ask nothing yet.
    let Some(Latest { execution: latest, .. }) = recent.into_iter().last() else {
        return Err(Problem::not_found("session", &session.id));
    };
    let request = idempotency::request(&headers, &caller, &format!("/v1/chat/{workflow_id}/resume"), &body)?;
    let found = open(app.host.journal(), &latest, limits::QUESTIONS_BELOW).await?;
    // An answer that comes again finds its question decided, in whichever execution that was.
    for asked in &found.read {
        if idempotency::done_before(asked, request.as_ref())?.is_some() {
            return answered::response(&app, &session.id, &latest).await;
        }
    }
    if found.questions.is_empty() {
        return Err(Problem::not_found("open question of session", &session.id).coded("no_open_interaction"));
    }
    let question = question(&latest, found, (None, false), Unnamed { by: &caller.subject, arrived: arrived.0 })?;
    let said = value::said(&question.interaction, body.value)?;
    let said = answer::signed(&app, &caller, None, said).await?;
    let id = question.interaction.interaction_id.clone();
    let command = Command::Answer { interaction_id: id, answer: Box::new(said) };
    let ear = wanted.ear(&app, latest.id());
    let terms = Terms { request, ..Terms::default() };
    let asking = answer::ask(&app, &caller, question.execution.id(), command, terms).await?.state;
    if wanted.streams {
        return stream::response(&app, &session.id, (&latest, latest.seq), ear, wanted).await;
    }
    let then = wait::after_answer(&app, &latest, asking, &question.interaction).await?;
    answered::response(&app, &session.id, &then).await
}
