//! The inbox: the list of questions, by who is asked, and by what is asked.

use super::interactions::shown;
use crate::{
    Answered, App, Caller, Params, Reader, Routes, limits,
    request::{cursor, page, unreadable::Unreadable},
    types,
};
use axum::{Json, extract::State};
use document::id::WorkflowId;
use engine::{
    groups::{GROUP, asked_as, group_of},
    port::{InteractionFilter, Page, StoreError, Window},
};
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    id::{ExecutionId, InteractionId},
    interaction::{Interaction, InteractionKind, InteractionStatus},
    view,
};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

/// Questions to people, soonest deadline first.
#[utoipa::path(get, path = "/v1/interactions", operation_id = "list_interactions", tag = "interactions",
    security(("bearer" = [])),
    params(("status" = Option<String>, Query, description = "pending, answered, timed_out or cancelled"),
        ("assignee" = Option<String>, Query, description = "That this person may answer, also as a member of a group; `me` is the caller, and `group:NAME` a group"),
        ("execution_id" = Option<String>, Query),
        ("workflow_id" = Option<String>, Query, description = "That executions of this workflow ask"),
        ("kind" = Option<String>, Query, description = "approval, input, decision, review, ask or authorization"),
        ("q" = Option<String>, Query, description = "In whose question, node and workflow id all of these words stand, in any case"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::InteractionPage),
        types::Refused))]
async fn list(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<Json<types::Page<types::Interaction>>> {
    let window = params.window("interactions")?;
    let status = params.take("status")?.map(|name| {
        let hint = "give pending, answered, timed_out or cancelled";
        let status = InteractionStatus::parse(&name);
        status.ok_or_else(|| Params::refuse("status", "names no status of interactions", hint))
    });
    let status = status.transpose()?;
    let assignee = params.name("assignee")?;
    let execution_id = params.name("execution_id")?.map(ExecutionId::from);
    let search = Search::of(&mut params)?;
    params.done()?;
    let Whose { names: assignees, person } = match assignee {
        Some(who) => names_of(&app, &caller, who).await?,
        None => Whose::default(),
    };
    let search = Search { person, ..search };
    let filter = InteractionFilter { owner: caller.owner.clone(), status, assignees, execution_id };
    Ok(Json(Inbox { app: &app, caller: &caller, filter, search }.page(window).await?))
}

/// What is looked for in questions, which the lists of hosts do not know: each question is read for it.
#[derive(Default)]
struct Search {
    workflow: Option<WorkflowId>,
    kind: Option<InteractionKind>,
    /// Words in lower case.
    words: Vec<String>,
    /// Whom it is to be possible to answer for. The lists know who is asked, and not who may not answer all the same.
    person: Option<String>,
}

impl Search {
    fn of(params: &mut Params) -> Answered<Self> {
        let workflow = params.name("workflow_id")?.map(WorkflowId::from);
        let kind = params.name("kind")?.map(|name| {
            let hint = "give approval, input, decision, review, ask or authorization";
            InteractionKind::parse(&name).ok_or_else(|| Params::refuse("kind", "names no kind of questions", hint))
        });
        let words = params.name("q")?.unwrap_or_default();
        let words = words.split_whitespace().map(str::to_lowercase).collect();
        Ok(Self { workflow, kind: kind.transpose()?, words, person: None })
    }

    fn is_empty(&self) -> bool {
        self.workflow.is_none() && self.kind.is_none() && self.words.is_empty() && self.person.is_none()
    }

    fn finds(&self, execution: &Execution, one: &Interaction) -> bool {
        let workflow = &execution.started.workflow_id;
        if self.workflow.as_ref().is_some_and(|wanted| wanted != workflow)
            || self.kind.is_some_and(|wanted| wanted != one.kind)
            || self.person.as_ref().is_some_and(|person| view::keeps_out(one, execution, person))
        {
            return false;
        }
        if self.words.is_empty() {
            return true;
        }
        let places = [one.question.as_str(), one.activation.node.as_str(), workflow.as_str()];
        let places = places.map(str::to_lowercase);
        self.words.iter().all(|word| places.iter().any(|place| place.contains(word.as_str())))
    }
}

type Place = (ExecutionId, InteractionId);

/// The list that one request asks for.
struct Inbox<'a> {
    app: &'a App,
    caller: &'a Caller,
    filter: InteractionFilter,
    search: Search,
}

impl Inbox<'_> {
    /// The page of a window. A search reads on until the page is full or [`limits::SEARCHED`] questions were looked at.
    async fn page(&self, mut window: Window) -> Answered<types::Page<types::Interaction>> {
        let unreadable = Unreadable::default();
        let (wanted, mut room) = (window.limit, page::Room::default());
        let (mut items, mut looked_at, mut parts) = (Vec::new(), 0, 0);
        loop {
            let mut part = self.app.host.index().interactions(&self.filter, &window).await?;
            let row = async |place: &Place| unreadable.spare(place.1.as_str(), self.row(place).await);
            let rows = page::rows(part.items.len(), &mut room, |at| row(&part.items[at])).await?;
            let (taken, mut is_full) = fill(&mut items, rows, wanted);
            is_full |= taken < part.items.len();
            if taken < part.items.len() && taken > 0 {
                part = self.ending(&window, &part.items[..taken]).await?;
            } else if taken == 0 && !part.items.is_empty() {
                // Nothing of this part has room any more: the page ends where the part before it did.
                part = Page { items: Vec::new(), next_cursor: window.cursor.take() };
            }
            looked_at += taken;
            parts += 1;
            let has_time = looked_at < limits::SEARCHED && parts < limits::SEARCHED_PARTS;
            let goes_on = !self.search.is_empty() && !is_full && has_time;
            if part.next_cursor.is_none() || !goes_on {
                let listed = cursor::page("interactions", &part, items);
                return Ok(types::Page { unreadable: unreadable.ids(), ..listed });
            }
            let limit = limits::PAGE_ITEMS.min(limits::SEARCHED - looked_at);
            window = Window { limit, cursor: part.next_cursor };
        }
    }

    /// The page of the host that begins as the window says, and ends with the last of these questions. A host gives cursors
    /// for the ends of its pages alone, so it is asked for one that ends there; where some of them have left the list
    /// meanwhile, for a shorter one.
    async fn ending(&self, window: &Window, taken: &[Place]) -> Answered<Page<Place>> {
        let mut window = Window { limit: taken.len(), ..window.clone() };
        loop {
            let part = self.app.host.index().interactions(&self.filter, &window).await?;
            match part.items.iter().rposition(|place| taken.contains(place)) {
                Some(at) if at + 1 == part.items.len() => return Ok(part),
                Some(at) => window.limit = at + 1,
                None => {
                    let why = "all questions of a page left the list while it was read".to_owned();
                    return Err(StoreError::Transient(why).into());
                }
            }
        }
    }

    /// One question of the list; None where it is not looked for, or was deleted meanwhile.
    async fn row(&self, (execution, interaction): &Place) -> Answered<Option<types::Interaction>> {
        let Some(execution) = self.app.host.journal().load_lean(execution).await? else { return Ok(None) };
        let Some(one) = execution.interaction(interaction.as_str()) else { return Ok(None) };
        if !self.search.finds(&execution, one) {
            return Ok(None);
        }
        Ok(Some(shown(self.app, self.caller, &execution, one).await?))
    }
}

/// Adds rows to a page until it has as many items as are wanted. Returns how many of the rows were looked at, and whether
/// the page is full.
fn fill<T>(items: &mut Vec<T>, rows: Vec<Option<T>>, wanted: usize) -> (usize, bool) {
    let mut taken = 0;
    for row in rows {
        items.extend(row);
        taken += 1;
        if items.len() >= wanted {
            return (taken, true);
        }
    }
    (taken, false)
}

/// Whose questions are listed.
#[derive(Default)]
struct Whose {
    /// The names under which they are asked.
    names: Vec<String>,
    /// The one person; none for a group.
    person: Option<String>,
}

/// The names under which somebody is asked: a person's own with those of the person's groups, or a group's alone.
async fn names_of(app: &App, caller: &Caller, who: String) -> Answered<Whose> {
    if let Some(name) = group_of(&who) {
        return Ok(Whose { names: vec![format!("{GROUP}{name}")], person: None });
    }
    let me = who == "me" || who.eq_ignore_ascii_case(&caller.subject);
    let (subject, claimed) = if me { (&caller.subject, &caller.groups[..]) } else { (&who, &[][..]) };
    let names = asked_as(&*app.host, &caller.owner, subject, claimed).await?;
    Ok(Whose { names, person: Some(subject.clone()) })
}
