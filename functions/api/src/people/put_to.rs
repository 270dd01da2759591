//! Whom a question is put to: other people in place of those who are asked, and the messages to them sent again.

use crate::{
    Answered, App, Caller, MaybeJson, NoParams, Path, Problem, Routes, SignedIn,
    auth::Scope,
    people::{
        answer::{self, Terms},
        interactions::asking,
    },
    types,
};
use axum::{extract::State, http::StatusCode};
use engine::groups::asked_as;
use std::sync::Arc;
use stepwell_core::{command::Command, execution::Execution, id::InteractionId, interaction::Interaction};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(reassign)).routes(routes!(notify))
}

/// Ask other people in place of those who are asked. For those who are asked themselves, and for callers with the scope
/// `run`. Votes that were given stay; links of those who are no longer asked stop working.
#[utoipa::path(post, path = "/v1/interactions/{id}/reassign", operation_id = "reassign", tag = "interactions",
    security(("bearer" = [])), request_body = types::ReassignBody, params(("id" = String, Path)),
    responses((status = 200, body = types::Interaction),
        (status = 409, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "It is decided already; `decision` says how"),
        types::Refused))]
async fn reassign(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    crate::Json(body): crate::Json<types::ReassignBody>,
) -> Answered<axum::Json<types::Interaction>> {
    let execution = concerned(&app, &caller, &id).await?;
    let types::ReassignBody { assignees, reason } = body;
    let command = Command::Reassign { interaction_id: InteractionId::from(id.as_str()), assignees, reason };
    changed(&app, &caller, &execution, &id, command).await
}

/// Send the messages about a question again: to one receiver, or to all. For those who are asked themselves, and for
/// callers with the scope `run`.
#[utoipa::path(post, path = "/v1/interactions/{id}/notify", operation_id = "notify", tag = "interactions",
    security(("bearer" = [])), request_body = types::NotifyBody, params(("id" = String, Path)),
    responses((status = 200, body = types::Interaction),
        (status = 409, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "It is decided already; `decision` says how"),
        types::Refused))]
async fn notify(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    MaybeJson(body): MaybeJson<types::NotifyBody>,
) -> Answered<axum::Json<types::Interaction>> {
    let execution = concerned(&app, &caller, &id).await?;
    let command = Command::TellAgain { interaction_id: InteractionId::from(id.as_str()), to: body.to };
    changed(&app, &caller, &execution, &id, command).await
}

/// The execution that asks, for a caller whom the question concerns.
///
/// # Errors
/// 404 where there is no such question; 403 for a caller without the scope `run` whom the question is not put to, and for
/// whoever started the execution where they may not decide it.
async fn concerned(app: &App, caller: &Caller, id: &str) -> Answered<Arc<Execution>> {
    let execution = asking(app, caller, id).await?;
    let one = execution.interaction(id).ok_or_else(|| Problem::not_found("interaction", id))?;
    let requester = execution.started.started_by.as_deref();
    let is_requester = requester.is_some_and(|by| by.eq_ignore_ascii_case(&caller.subject));
    if !one.allow_requester && is_requester && !caller.scopes.contains(&Scope::Admin) {
        let detail = "whoever started the execution may not choose who decides it";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    if !caller.scopes.contains(&Scope::Run) {
        caller.require(Scope::Respond)?;
        if !is_put_to(app, caller, one).await? {
            let detail =
                "only those who are asked, and callers with the scope `run`, may say whom a question is put to";
            return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
        }
    }
    Ok(execution)
}

/// Whether the caller is among those who may answer, or a member of a group that is.
async fn is_put_to(app: &App, caller: &Caller, one: &Interaction) -> Answered<bool> {
    if one.assignees.is_empty() {
        return Ok(true);
    }
    let names = asked_as(&*app.host, &caller.owner, &caller.subject, &caller.groups).await?;
    Ok(one.assignees.iter().any(|it| names.iter().any(|name| name.eq_ignore_ascii_case(it))))
}

async fn changed(
    app: &App,
    caller: &Caller,
    execution: &Execution,
    id: &str,
    command: Command,
) -> Answered<axum::Json<types::Interaction>> {
    let state = answer::ask(app, caller, execution.id(), command, Terms::default()).await?.state;
    let workflow = app.workflow(&state).await?;
    let found = state.interaction(id).ok_or_else(|| Problem::not_found("interaction", id))?;
    Ok(axum::Json(types::Interaction::of(found, &state, &workflow)))
}
