//! Answers to interactions.

use crate::{
    Answered, App, Caller, NoParams, Path, Problem, Responder, Routes,
    executions::idempotency,
    people::{
        answer::{self, Terms},
        interactions::asking,
    },
    types,
};
use axum::{extract::State, http::HeaderMap};
use std::sync::Arc;
use stepwell_core::{command::Command, execution::Execution, id::InteractionId, interaction::Answer, view};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(respond))
}

/// Answer a question. 200 only after the answer is durable.
#[utoipa::path(post, path = "/v1/interactions/{id}/respond", operation_id = "respond", tag = "interactions",
    security(("bearer" = [])), request_body = types::AnswerBody,
    params(("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key answers once")),
    responses((status = 200, body = types::Responded),
        (status = 409, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "It is decided already; `decision` says how"),
        types::Refused))]
async fn respond(
    caller: Responder,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    crate::Json(body): crate::Json<types::AnswerBody>,
) -> Answered<axum::Json<types::Responded>> {
    let execution = asking(&app, &caller, &id).await?;
    Ok(axum::Json(answered(&app, &caller, &headers, (&execution, &id), body).await?))
}

/// Answers one question of an execution. Where the request has an `Idempotency-Key`, it answers this question once.
///
/// # Errors
/// 409 with the decision where the question is over, 403 where the caller may not answer, 422 with every reason where the
/// answer does not fit, and what the store says.
pub(super) async fn answered(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    (execution, id): (&Execution, &str),
    body: types::AnswerBody,
) -> Answered<types::Responded> {
    let request = idempotency::request(headers, caller, &format!("/v1/interactions/{id}/respond"), &body)?;
    // Every field is passed on: the rules know the kind of the question, and refuse the fields that it does not take.
    let said = Answer {
        named: true,
        approved: body.approved,
        data: body.data,
        option: body.option,
        text: body.text,
        content: body.content,
        tool: body.tool,
        arguments: body.arguments,
        comment: body.comment,
        ..Answer::default()
    };
    let said = answer::signed(app, caller, body.answer_as, said).await?;
    let command = Command::Answer { interaction_id: InteractionId::from(id), answer: Box::new(said) };
    let terms = Terms { request, ..Terms::default() };
    let state = answer::ask(app, caller, execution.id(), command, terms).await?.state;
    let workflow = app.workflow(&state).await?;
    let found = state.interaction(id).ok_or_else(|| Problem::not_found("interaction", id))?;
    Ok(types::Responded {
        status: found.status,
        decision: found.decision.clone(),
        responses_needed: view::responses_needed(found, &workflow),
    })
}
