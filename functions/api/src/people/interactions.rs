//! The inbox: the list of interactions, and one of them.

use crate::{
    Answered, App, Caller, Params, Path, Problem, Reader, Routes,
    request::{cursor, page, unreadable::Unreadable},
    types,
};
use axum::{Json, extract::State};
use engine::{
    groups::{GROUP, asked_as, group_of, people_of},
    port::InteractionFilter,
};
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    id::{ExecutionId, InteractionId},
    interaction::{Interaction, InteractionStatus},
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(one))
}

/// Questions to people, soonest deadline first.
#[utoipa::path(get, path = "/v1/interactions", operation_id = "list_interactions", tag = "interactions",
    security(("bearer" = [])),
    params(("status" = Option<String>, Query, description = "pending, answered, timed_out or cancelled"),
        ("assignee" = Option<String>, Query, description = "That this person may answer, also as a member of a group; `me` is the caller, and `group:NAME` a group"),
        ("execution_id" = Option<String>, Query), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::InteractionPage),
        types::Refused))]
async fn list(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<Json<types::Page<types::Interaction>>> {
    let mut window = params.window("interactions")?;
    let status = params.take("status")?.map(|name| {
        let hint = "give pending, answered, timed_out or cancelled";
        let status = InteractionStatus::parse(&name);
        status.ok_or_else(|| Params::refuse("status", "names no status of interactions", hint))
    });
    let status = status.transpose()?;
    let assignee = params.name("assignee")?;
    let execution_id = params.name("execution_id")?.map(ExecutionId::from);
    params.done()?;
    let assignees = match assignee {
        Some(who) => names_of(&app, &caller, who).await?,
        None => Vec::new(),
    };
    let filter = InteractionFilter { owner: caller.owner.clone(), status, assignees, execution_id };
    let mut page = app.host.index().interactions(&filter, &window).await?;
    let unreadable = Unreadable::default();
    let row = async |place: &(ExecutionId, InteractionId)| {
        unreadable.spare(place.1.as_str(), row(&app, &caller, place).await)
    };
    let mut listed = page::rows(page.items.len(), &mut page::Room::default(), |at| row(&page.items[at])).await?;
    if listed.len() < page.items.len() {
        // Not all rows fit. A host gives cursors for the ends of its pages alone, so it is asked for a page that is as
        // long as what fits, and the rows are those of that page.
        window.limit = listed.len();
        page = app.host.index().interactions(&filter, &window).await?;
        listed = Vec::new();
        for place in &page.items {
            listed.push(row(place).await?);
        }
    }
    // An interaction whose execution was deleted meanwhile has no row.
    let listed = cursor::page("interactions", &page, listed.into_iter().flatten().collect());
    Ok(Json(types::Page { unreadable: unreadable.ids(), ..listed }))
}

/// The names under which somebody is asked: a person's own with those of the person's groups, or a group's alone.
async fn names_of(app: &App, caller: &Caller, who: String) -> Answered<Vec<String>> {
    if let Some(name) = group_of(&who) {
        return Ok(vec![format!("{GROUP}{name}")]);
    }
    let me = who == "me" || who.eq_ignore_ascii_case(&caller.subject);
    let (subject, claimed) = if me { (&caller.subject, &caller.groups[..]) } else { (&who, &[][..]) };
    Ok(asked_as(&*app.host, &caller.owner, subject, claimed).await?)
}

/// One interaction of the list; None where it was deleted meanwhile.
async fn row(
    app: &App,
    caller: &Caller,
    (execution, interaction): &(ExecutionId, InteractionId),
) -> Answered<Option<types::Interaction>> {
    let Some(execution) = app.host.journal().load_lean(execution).await? else { return Ok(None) };
    let Some(one) = execution.interaction(interaction.as_str()) else { return Ok(None) };
    Ok(Some(shown(app, caller, &execution, one).await?))
}

/// A question as one caller sees it: with that caller's own link, where the caller is asked, and with nobody else's.
async fn shown(app: &App, caller: &Caller, execution: &Execution, one: &Interaction) -> Answered<types::Interaction> {
    let shown = types::Interaction::of(one, execution, &*app.workflow(execution).await?);
    let Some(links) = app.host.links().filter(|_| one.is_open() && !caller.subject.is_empty()) else {
        return Ok(shown);
    };
    let people = people_of(&*app.host, &execution.started.owner, &one.assignees).await?;
    let is_asked = people.iter().any(|person| person.eq_ignore_ascii_case(&caller.subject));
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
