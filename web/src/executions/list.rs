//! `GET /executions`: the list, with what narrows it. `GET /executions/rows` gives its rows alone, by which the page keeps
//! itself up to date.

use super::{
    act::{ACTIONS, Act},
    named::{by_name, known},
    rows::{Boxes, Row, of, rows, table},
    wanted::{SPANS, Wanted},
};
use crate::{
    answered::{page_of_session, see_other},
    assets::LIST,
    desk::{Asked, part, query},
    layout::{Place, View, every_row, shown, token},
    limits,
    look::words,
    refused::refused,
    session::Visit,
    words::beginning,
};
use api::{Params, Problem, Scope, cursor};
use axum::{http::StatusCode, response::Response};
use engine::port::{Page, Window};
use maud::{Markup, html};
use stepwell_core::{execution::Status, id::ExecutionId};

/// The whole page.
pub async fn page(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let mut params = params?;
        let (told, choice) = (told(&mut params)?, Choice::take(&mut params)?);
        let wanted = Wanted::read(params)?;
        if exact(&visit, &wanted).await? {
            return Ok(Err(wanted.id));
        }
        let (wanted, page) = named_or_found(&visit, wanted).await?;
        let known = known(&visit).await?;
        Ok(Ok((told, choice, wanted, page, known)))
    };
    match found.await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(Err(id)) => see_other(&format!("{}executions/{}", visit.up, part(&id))),
        Ok(Ok((told, choice, wanted, page, known))) => {
            let body = html! {
                div.page-head { h1 { "Executions" } }
                @if let Some(told) = told { div.verdict.good role="status" { span aria-hidden="true" { "✓" } p { (told) } } }
                (narrow(&wanted, &known))
                (chosen(&visit, &wanted, choice.is_missing))
                (all_like_these(&visit, &wanted, &page))
                div #rows data-rows={ "executions/rows" (wanted.query(&[("cursor", &outer(&wanted.window))])) } {
                    (part_of_page(&visit, &wanted, &page, &choice.ids))
                }
            };
            shown(&visit, View { place: Place::Executions, title: "Executions", scripts: &[&LIST], body })
        }
    }
}

/// The rows of the page.
pub async fn fragment(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let wanted = Wanted::read(params?)?;
        let (wanted, page) = named_or_found(&visit, wanted).await?;
        // The rows stand in the page of the list, one folder higher.
        Ok(part_of_page(&Visit { up: "./".into(), ..visit }, &wanted, &page, &[]))
    };
    match found.await {
        Err(refusal) => refused(&refusal, "../"),
        Ok(rows) => page_of_session(StatusCode::OK, rows),
    }
}

/// What was done to those that were chosen, as the page that did it says.
fn told(params: &mut Params) -> Asked<Option<String>> {
    let (did, many) = (params.name("did")?, params.name("many")?);
    let many = many.and_then(|many| many.parse::<u64>().ok());
    let asked = did.as_deref().and_then(Act::of);
    Ok(asked.zip(many).map(|(act, many)| act.did(many) + "."))
}

/// What somebody had chosen who comes back to the list.
struct Choice {
    ids: Vec<String>,
    /// Whether something was to be done with nothing chosen.
    is_missing: bool,
}

impl Choice {
    fn take(params: &mut Params) -> Asked<Self> {
        let ids = params.take("chosen")?.unwrap_or_default();
        let ids = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Ok(Self { ids, is_missing: params.name("none")?.is_some() })
    }
}

/// Whether the whole id of an execution was looked for, which need not be in the list: children are not.
async fn exact(visit: &Visit, wanted: &Wanted) -> Asked<bool> {
    if wanted.id.is_empty() {
        return Ok(false);
    }
    visit.caller.require(Scope::Read)?;
    match visit.app.execution(&visit.caller.owner, &wanted.id).await {
        Ok(_) => Ok(true),
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Ok(false),
        Err(problem) => Err(problem.into()),
    }
}

/// The part of the list that is shown, and what was wanted: where no execution is of a workflow with the id that was typed,
/// of one with that name.
async fn named_or_found(visit: &Visit, wanted: Wanted) -> Asked<(Wanted, Page<Row>)> {
    let page = found(visit, &wanted).await?;
    let is_known = !page.items.is_empty() || wanted.workflow.is_empty() || wanted.window.cursor.is_some();
    let named = if is_known { None } else { by_name(visit, &wanted).await? };
    match named {
        Some(named) => {
            let page = found(visit, &named).await?;
            Ok((named, page))
        }
        None => Ok((wanted, page)),
    }
}

/// The part of the list that is shown. The beginning of an id is looked for among the newest executions.
async fn found(visit: &Visit, wanted: &Wanted) -> Asked<Page<Row>> {
    let filter = wanted.filter(&visit.caller.owner, visit.now)?;
    if wanted.id.is_empty() {
        return rows(visit, &filter, &wanted.window).await;
    }
    visit.caller.require(Scope::Read)?;
    let begins = |id: &ExecutionId| id.as_str().starts_with(&wanted.id);
    let (mut heads, mut looked_at) = (Vec::new(), 0);
    let mut window = Window { limit: limits::FIGURES_PAGE, cursor: None };
    loop {
        let page = visit.app.host.index().executions(&filter, &window).await.map_err(Problem::from)?;
        looked_at += page.items.len();
        heads.extend(page.items.into_iter().filter(|head| begins(&head.id)));
        window.cursor = page.next_cursor;
        if window.cursor.is_none() || looked_at >= limits::SEARCHED || heads.len() >= wanted.window.limit {
            break;
        }
    }
    heads.truncate(wanted.window.limit);
    Ok(Page { items: of(visit, &heads).await?, next_cursor: None })
}

fn outer(window: &Window) -> String {
    window.cursor.as_deref().map(|inner| cursor::write("executions", inner)).unwrap_or_default()
}

/// The rows, and the way to the next ones.
fn part_of_page(visit: &Visit, wanted: &Wanted, page: &Page<Row>, ids: &[String]) -> Markup {
    let next = page.next_cursor.as_deref().map(|inner| cursor::write("executions", inner));
    let may = may_ask(visit).then_some(Boxes { form: "chosen", checked: ids });
    html! {
        @if page.items.is_empty() {
            div.panel { (nothing(visit, wanted)) }
        } @else {
            (table(&page.items.iter().collect::<Vec<_>>(), &visit.up, visit.now, may.as_ref()))
        }
        nav.pages aria-label="Pages" {
            @if wanted.window.cursor.is_some() { a href={ (visit.up) "executions" (wanted.query(&[])) } { "Newest" } }
            @if let Some(next) = &next { a rel="next" href={ (visit.up) "executions" (wanted.query(&[("cursor", next)])) } { "Older" } }
        }
    }
}

fn nothing(visit: &Visit, wanted: &Wanted) -> Markup {
    let up = &visit.up;
    html! {
        @if !wanted.id.is_empty() {
            p.empty { "No execution of this list has an id that begins with " code { bdi { (wanted.id) } } ". The newest "
                (limits::SEARCHED) " were looked at; any other is found by its whole id." }
        } @else if !wanted.is_all() {
            p.empty { "No execution is like this. " a href={ (up) "executions" } { "Show all" } "." }
        } @else if wanted.window.cursor.is_some() {
            p.empty { "There are no older executions." }
        } @else {
            p.empty { "Nothing has run yet. " a href={ (up) "new" } { "Start from an example" } ", or start one of your "
                a href={ (up) "workflows" } { "workflows" } "." }
        }
    }
}

/// The form that narrows the list.
fn narrow(wanted: &Wanted, known: &[(String, String)]) -> Markup {
    let is_one = |status: Status| wanted.statuses.as_slice() == [status];
    html! {
        form.narrow-list method="get" action="executions" role="search" aria-label="Executions" {
            div.field { label for="status" { "Status" }
                select #status name="status" {
                    option value="" { "Any" }
                    @if wanted.statuses.len() > 1 {
                        option value=(wanted.statuses.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(",")) selected {
                            (wanted.statuses.iter().map(|one| words(*one).1).collect::<Vec<_>>().join(" or "))
                        }
                    }
                    @for status in Status::ALL {
                        option value=(status) selected[is_one(*status)] { (words(*status).1) }
                    }
                }
            }
            div.field { label for="workflow" { "Workflow" }
                input #workflow name="workflow" value=(wanted.workflow) placeholder="name or id" list="workflows" autocomplete="off" dir="auto";
                datalist #workflows { @for (id, name) in known { option value=(id) { (beginning(name, limits::NAME)) } } }
            }
            div.field { label for="time" { "Started" }
                select #time name="time" {
                    option value="" { "Any time" }
                    @for (word, told, _) in SPANS { option value=(word) selected[word == wanted.time] { (told) } }
                }
            }
            div.field { label for="metadata" { "Metadata" }
                input #metadata name="metadata" value=(wanted.metadata) placeholder="key=value" dir="auto"; }
            div.field { label for="id" { "Id" } input #id name="id" value=(wanted.id) placeholder="how it begins" spellcheck="false"; }
            div.actions {
                button.small.main { "Show" }
                @if !wanted.is_all() { a.button.small href="executions" { "Show all" } }
            }
        }
    }
}

fn may_ask(visit: &Visit) -> bool {
    visit.caller.scopes.contains(&Scope::Run)
}

/// What is asked of those that are chosen in the table. The next page says what that comes to.
fn chosen(visit: &Visit, wanted: &Wanted, is_missing: bool) -> Markup {
    html! {
        @if may_ask(visit) {
            form.chosen #chosen method="post" action="executions/many" aria-label="What is asked of those that are chosen" {
                (token(visit))
                input type="hidden" name="back" value=(wanted.query(&[("cursor", &outer(&wanted.window))]));
                (every_row())
                span.soft data-chosen role="status" {
                    @if is_missing { strong { "Nothing was chosen." } " Tick some below, then" } @else { "Tick some below, then" }
                }
                @for act in ACTIONS.iter().filter(|act| act.suits(&wanted.statuses)) {
                    button.small name="action" value=(act.word) title=(act.does) { (act.told) " chosen…" }
                }
            }
        }
    }
}

/// The way to a job over all executions that the list has, where that is more than one page of them. Those of one page are
/// chosen in it.
fn all_like_these(visit: &Visit, wanted: &Wanted, page: &Page<Row>) -> Markup {
    let has_more = page.next_cursor.is_some() || wanted.window.cursor.is_some();
    let may = visit.caller.scopes.contains(&Scope::Admin) && wanted.id.is_empty() && !wanted.is_all();
    html! {
        @if may && has_more {
            div.chosen.all {
                span.soft { "All that match, on every page:" }
                @for act in ACTIONS.iter().filter(|act| act.suits(&wanted.statuses)) {
                    a.button.small href={ "executions/bulk/confirm" (wanted.query(&[("action", act.word)])) } title=(act.does) { (act.told) " all…" }
                }
            }
        }
    }
}

/// The address of the list of executions in a status.
pub fn in_status(up: &str, status: Status, time: &str) -> String {
    format!("{up}executions{}", query([("status", status.as_str()), ("time", time)]))
}
