//! One question, as its people see it, and the execution that asks it.

use crate::{Answered, App, Caller, Params, Path, Problem, Reader, Routes, auth::Scope, types};
use axum::{Json, extract::State};
use engine::groups::people_of;
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::InteractionId, interaction::Interaction, view};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(one))
}

/// A question as one caller sees it: with that caller's own link, where the caller is asked and may answer, and with nobody
/// else's. Whoever has the link answers, so that one who only reads does not get it.
pub(super) async fn shown(
    app: &App,
    caller: &Caller,
    execution: &Execution,
    one: &Interaction,
) -> Answered<types::Interaction> {
    let shown = types::Interaction::of(one, execution, &*app.workflow(execution).await?);
    let Some(links) = app
        .host
        .links()
        .filter(|_| one.is_open() && !caller.subject.is_empty() && caller.require(Scope::Respond).is_ok())
    else {
        return Ok(shown);
    };
    let people = people_of(&*app.host, &execution.started.owner, &one.assignees).await?;
    let is_asked = people.iter().any(|person| person.eq_ignore_ascii_case(&caller.subject))
        && !view::keeps_out(one, execution, &caller.subject);
    let link = is_asked.then(|| links.link(&one.interaction_id, &caller.subject)).flatten();
    Ok(types::Interaction { link, ..shown })
}

/// One question.
#[utoipa::path(get, path = "/v1/interactions/{id}", operation_id = "get_interaction", tag = "interactions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = types::Interaction),
        types::Refused))]
async fn one(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Answered<Json<types::Interaction>> {
    params.done()?;
    let execution = asking(&app, &caller, &id).await?;
    let found = execution.interaction(&id).ok_or_else(|| Problem::not_found("interaction", &id))?;
    Ok(Json(shown(&app, &caller, &execution, found).await?))
}

/// The execution that asks the question with this id.
///
/// # Errors
/// 404 about the interaction where none has this id, or its execution belongs to another owner.
pub(crate) async fn asking(app: &App, caller: &Caller, id: &str) -> Answered<Arc<Execution>> {
    let unknown = || Problem::not_found("interaction", id);
    let execution = app.host.index().asks(&InteractionId::from(id)).await?.ok_or_else(unknown)?;
    // The problem names what the caller asked for: the execution's id must not appear in it.
    app.execution(&caller.owner, execution.as_str()).await.map_err(|problem| match problem.status() {
        axum::http::StatusCode::NOT_FOUND => unknown(),
        _ => problem,
    })
}
