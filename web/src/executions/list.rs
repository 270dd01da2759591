//! `GET /executions`: the list, with what narrows it. `GET /executions/rows` gives its rows alone, by which the page keeps
//! itself up to date.

use super::{
    rows::{Row, of, rows, table},
    wanted::{SPANS, Wanted},
};
use crate::{
    answered::{page_of_session, see_other},
    assets::{LIST, MANY},
    desk::{Asked, part, query},
    layout::{Place, View, shown, token},
    limits,
    look::words,
    refused::refused,
    session::Visit,
    words::count,
};
use api::{Params, Problem, Scope, cursor};
use axum::{http::StatusCode, response::Response};
use engine::port::{Page, Window};
use maud::{Markup, html};
use stepwell_core::{execution::Status, id::ExecutionId};

/// What is asked of many executions: word of the API, words for people, in which statuses it has something to do.
pub const ACTIONS: [(&str, &str, &[Status]); 4] = [
    (
        "cancel",
        "Cancel",
        &[Status::Pending, Status::Running, Status::Paused, Status::WaitingHuman, Status::Waiting, Status::Stuck],
    ),
    ("retry", "Retry", &[Status::Failed, Status::Cancelled]),
    ("resume", "Resume", &[Status::Paused]),
    ("redrive", "Redrive", &[Status::Stuck]),
];

/// The whole page.
pub async fn page(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let mut params = params?;
        let told = told(&mut params)?;
        let wanted = Wanted::read(params)?;
        if exact(&visit, &wanted).await? {
            return Ok(Err(wanted.id));
        }
        let page = found(&visit, &wanted).await?;
        Ok(Ok((told, wanted, page)))
    };
    match found.await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(Err(id)) => see_other(&format!("{}executions/{}", visit.up, part(&id))),
        Ok(Ok((told, wanted, page))) => {
            let body = html! {
                div.page-head { h1 { "Executions" } (all_like_these(&visit, &wanted)) }
                @if let Some(told) = told { div.verdict.good role="status" { span aria-hidden="true" { "✓" } p { (told) } } }
                (narrow(&wanted))
                (chosen(&visit, &wanted))
                div #rows data-rows={ "executions/rows" (wanted.query(&[("cursor", &outer(&wanted.window))])) } {
                    (part_of_page(&visit, &wanted, &page))
                }
            };
            shown(&visit, View { place: Place::Executions, title: "Executions", scripts: &[&LIST, &MANY], body })
        }
    }
}

/// The rows of the page.
pub async fn fragment(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let wanted = Wanted::read(params?)?;
        let page = found(&visit, &wanted).await?;
        // The rows stand in the page of the list, one folder higher.
        Ok(part_of_page(&Visit { up: "./".into(), ..visit }, &wanted, &page))
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
    let asked = did.as_deref().and_then(|did| ACTIONS.iter().find(|(word, ..)| *word == did));
    Ok(asked.zip(many).map(|((_, word, _), many)| format!("{word}: asked of {}.", count(many, "execution"))))
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
fn part_of_page(visit: &Visit, wanted: &Wanted, page: &Page<Row>) -> Markup {
    let next = page.next_cursor.as_deref().map(|inner| cursor::write("executions", inner));
    let may = may_ask(visit).then_some("chosen");
    html! {
        @if page.items.is_empty() {
            div.panel { (nothing(visit, wanted)) }
        } @else {
            (table(&page.items, &visit.up, visit.now, may))
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
fn narrow(wanted: &Wanted) -> Markup {
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
            div.field { label for="workflow" { "Workflow" } input #workflow name="workflow" value=(wanted.workflow) dir="auto"; }
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

/// What is asked of those that are chosen in the table.
fn chosen(visit: &Visit, wanted: &Wanted) -> Markup {
    html! {
        @if may_ask(visit) {
            form.chosen #chosen method="post" action="executions/many" aria-label="What is asked of those that are chosen" {
                (token(visit))
                input type="hidden" name="back" value=(wanted.query(&[("cursor", &outer(&wanted.window))]));
                span.soft data-chosen { "Choose some, then" }
                @for (word, told, _) in ACTIONS { button.small name="action" value=(word) { (told) } }
            }
        }
    }
}

/// The way to a job over all executions that the list shows, where something can be asked of them.
fn all_like_these(visit: &Visit, wanted: &Wanted) -> Markup {
    let may = visit.caller.scopes.contains(&Scope::Admin) && wanted.id.is_empty() && !wanted.is_all();
    let suits =
        |statuses: &[Status]| wanted.statuses.is_empty() || wanted.statuses.iter().any(|one| statuses.contains(one));
    html! {
        @if may {
            div.actions {
                span.soft { "All of these:" }
                @for (word, told, statuses) in ACTIONS {
                    @if suits(statuses) {
                        a.button.small href={ "executions/bulk/confirm" (wanted.query(&[("action", word)])) } { (told) }
                    }
                }
            }
        }
    }
}

/// The address of the list of executions in a status.
pub fn in_status(up: &str, status: Status, time: &str) -> String {
    format!("{up}executions{}", query([("status", status.as_str()), ("time", time)]))
}
