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
use axum::extract::State;
use engine::groups::groups_of;
use std::sync::Arc;
use stepwell_core::{
    command::{Actor, Command},
    execution::Execution,
    id::InteractionId,
};
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
    let (execution, actor) = acting(&app, &caller, &id).await?;
    let types::ReassignBody { assignees, reason } = body;
    let command = Command::Reassign { interaction_id: InteractionId::from(id.as_str()), actor, assignees, reason };
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
    let (execution, actor) = acting(&app, &caller, &id).await?;
    let command = Command::TellAgain { interaction_id: InteractionId::from(id.as_str()), actor, to: body.to };
    changed(&app, &caller, &execution, &id, command).await
}

/// The execution that asks, and who acts: the rules say whether a question concerns them.
///
/// # Errors
/// 404 where there is no such question; 403 for a caller with neither of the scopes `run` and `respond`.
async fn acting(app: &App, caller: &Caller, id: &str) -> Answered<(Arc<Execution>, Actor)> {
    let execution = asking(app, caller, id).await?;
    let runs = caller.scopes.contains(&Scope::Run);
    if !runs {
        caller.require(Scope::Respond)?;
    }
    let actor = Actor {
        subject: caller.subject.clone(),
        groups: groups_of(&*app.host, &caller.owner, &caller.subject, &caller.groups).await?,
        runs,
        administers: caller.scopes.contains(&Scope::Admin),
    };
    Ok((execution, actor))
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
