//! Answers to interactions.

use crate::{
    Answered, App, NoParams, Path, Problem, Responder, Routes,
    people::{answer, interactions::asking},
    schema,
};
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{command::Command, id::InteractionId, interaction::Answer, view};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(respond))
}

/// An answer; which field it takes depends on the question's kind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    /// Approval, review, authorization.
    approved: Option<bool>,
    /// Decision: an option's id.
    option: Option<String>,
    /// Input.
    data: Option<Value>,
    /// Ask.
    text: Option<String>,
    /// Review: the edited content.
    content: Option<Value>,
    /// Authorization: the tool's name as the person typed it, where an interface asks for it; a wrong one is refused.
    tool: Option<String>,
    /// In the person's words.
    comment: Option<String>,
    /// The assignee for whom the user of a local host answers.
    answer_as: Option<String>,
}

/// Answer a question. 200 only after the answer is durable.
#[utoipa::path(post, path = "/v1/interactions/{id}/respond", operation_id = "respond", tag = "interactions",
    security(("bearer" = [])), request_body = AnswerBody, params(("id" = String, Path)),
    responses((status = 200, body = schema::Responded),
        (status = 409, body = schema::ProblemDetails, content_type = "application/problem+json",
            description = "It is decided already; `decision` says how"),
        (status = "4XX", body = schema::ProblemDetails, content_type = "application/problem+json")))]
async fn respond(
    caller: Responder,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    crate::Json(body): crate::Json<AnswerBody>,
) -> Answered<axum::Json<Value>> {
    let execution = asking(&app, &caller, &id).await?;
    // Every field is passed on: the rules know the kind of the question, and refuse the fields that it does not take.
    let said = Answer {
        approved: body.approved,
        data: body.data,
        option: body.option,
        text: body.text,
        content: body.content,
        tool: body.tool,
        comment: body.comment,
        ..Answer::default()
    };
    let said = answer::signed(&caller, body.answer_as, said)?;
    let command = Command::Answer { interaction_id: InteractionId::from(id.as_str()), answer: Box::new(said) };
    let state = answer::ask(&app, &caller, execution.id(), command, false).await?;
    let workflow = app.workflow(&state).await?;
    let found = state.interaction(&id).ok_or_else(|| Problem::not_found("interaction", &id))?;
    Ok(axum::Json(json!({
        "status": found.status,
        "decision": found.decision,
        "responses_needed": view::responses_needed(found, &workflow),
    })))
}
