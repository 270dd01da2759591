//! `GET /inbox`: the questions that wait, soonest deadline first. `GET /inbox/rows` gives the rows alone.

use super::{asking, context::asked};
use crate::{
    answered::page_of_session,
    assets::{KEYS, LIST},
    desk::{Asked, Refusal, part, query},
    layout::{Place, View, every_row, shown},
    limits,
    look::names,
    moment::{brief, distance},
    question::words,
    refused::refused,
    session::Visit,
    words::count,
};
use api::{
    Params, Problem, Scope,
    types::{Interaction, Page},
};
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::interaction::InteractionKind;

/// What the list shows, as its form sends it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    /// Whether all questions are shown, not only the visitor's own.
    is_of_all: bool,
    kind: String,
    words: String,
    cursor: String,
}

impl Wanted {
    fn read(mut params: Params) -> Asked<Self> {
        let whose = params.take("whose")?.unwrap_or_default();
        if !matches!(whose.as_str(), "" | "me" | "all") {
            let detail = "the inbox shows the questions of `me` or of `all`";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameter", detail));
        }
        let mut text = |name| Ok::<_, Refusal>(params.name(name)?.unwrap_or_default().trim().to_owned());
        let (kind, words, cursor) = (text("kind")?, text("q")?, text("cursor")?);
        params.done()?;
        Ok(Self { is_of_all: whose == "all", kind, words, cursor })
    }

    /// The query of the API.
    fn asked(&self) -> String {
        let assignee = if self.is_of_all { "" } else { "me" };
        let texts = [("kind", self.kind.as_str()), ("q", &self.words), ("cursor", &self.cursor)];
        query([("status", "pending"), ("assignee", assignee)].into_iter().chain(texts))
    }

    /// The query of the page that begins at a cursor.
    fn own(&self, cursor: &str) -> String {
        let whose = if self.is_of_all { "all" } else { "" };
        query([("whose", whose), ("kind", self.kind.as_str()), ("q", &self.words), ("cursor", cursor)])
    }

    /// The query of the page of all questions of the same people.
    fn whose(&self) -> String {
        query([("whose", if self.is_of_all { "all" } else { "" })])
    }

    fn narrows(&self) -> bool {
        !self.kind.is_empty() || !self.words.is_empty()
    }
}

/// The whole page.
pub async fn page(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let mut params = params?;
        let answered = params.name("answered")?.and_then(|many| many.parse::<u64>().ok());
        let chosen = params.take("chosen")?.unwrap_or_default();
        let chosen: Vec<String> = chosen.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        let is_missing = params.name("none")?.is_some();
        let wanted = Wanted::read(params)?;
        let list = List::of(&visit, &wanted).await?;
        Ok((answered, (chosen, is_missing), wanted, list))
    };
    match found.await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok((answered, (chosen, is_missing), wanted, list)) => {
            let body = html! {
                div.page-head { h1 { "Inbox" } (keys()) }
                @if let Some(many) = answered {
                    div.verdict.good role="status" { span aria-hidden="true" { "✓" }
                        p { "Your answer to " (count(many, "question")) " is recorded." } }
                }
                (narrow(&wanted))
                @if may_answer(&visit) {
                    form.chosen #several method="get" action="inbox/several" aria-label="Answer several at once" {
                        (every_row())
                        span.soft data-chosen role="status" {
                            @if is_missing { strong { "Nothing was chosen." } " Tick some below that are alike, then" }
                            @else { "Tick some below that are alike, then" }
                        }
                        button.small { "Answer together" }
                    }
                }
                div #rows data-rows={ "inbox/rows" (wanted.own(&wanted.cursor)) } { (rows(&visit, &wanted, &list, &chosen)) }
            };
            shown(&visit, View { place: Place::Inbox, title: "Inbox", scripts: &[&LIST, &KEYS], body })
        }
    }
}

/// The rows of the page.
pub async fn fragment(visit: Visit, params: Result<Params, Problem>) -> Response {
    let found = async {
        let wanted = Wanted::read(params?)?;
        let list = List::of(&visit, &wanted).await?;
        // The rows stand in the page of the list, one folder higher.
        Ok(rows(&Visit { up: "./".into(), ..visit }, &wanted, &list, &[]))
    };
    match found.await {
        Err(refusal) => refused(&refusal, "../"),
        Ok(rows) => page_of_session(StatusCode::OK, rows),
    }
}

fn may_answer(visit: &Visit) -> bool {
    visit.caller.scopes.contains(&Scope::Respond)
}

/// The keys, shown by `?`.
fn keys() -> Markup {
    html! {
        p.soft.keys { kbd { "j" } " " kbd { "k" } " move, " kbd { "Enter" } " opens, " kbd { "?" } " all keys" }
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            dl.facts {
                dt { kbd { "j" } } dd { "Next question" }
                dt { kbd { "k" } } dd { "Previous question" }
                dt { kbd { "Enter" } } dd { "Open it" }
                dt { kbd { "x" } } dd { "Tick it" }
                dt { kbd { "?" } } dd { "Show or hide this" }
            }
            button.small type="button" { "Close" }
        }
    }
}

fn narrow(wanted: &Wanted) -> Markup {
    html! {
        form.narrow-list method="get" action="inbox" role="search" aria-label="Questions" {
            div.field { label for="whose" { "Whose" }
                select #whose name="whose" {
                    option value="me" selected[!wanted.is_of_all] { "Mine" }
                    option value="all" selected[wanted.is_of_all] { "Everybody's" }
                }
            }
            div.field { label for="kind" { "Kind" }
                select #kind name="kind" {
                    option value="" { "Any" }
                    @for kind in InteractionKind::ALL {
                        option value=(kind) selected[kind.as_str() == wanted.kind] { (words::kind(*kind)) }
                    }
                }
            }
            div.field { label for="q" { "Words" } input #q type="search" name="q" value=(wanted.words) dir="auto"; }
            div.actions {
                button.small.main { "Show" }
                @if wanted.narrows() { a.button.small href={ "inbox" (wanted.whose()) } { "Show all" } }
            }
        }
    }
}

/// A part of the list.
struct List {
    page: Page<Interaction>,
    /// What people call the workflows that ask, by the execution that does.
    called: BTreeMap<String, String>,
    /// How many there are in all, in words; none where all of them are on the page.
    in_all: Option<String>,
}

impl List {
    async fn of(visit: &Visit, wanted: &Wanted) -> Asked<Self> {
        let page = visit.desk.get::<Page<Interaction>>(&format!("/v1/interactions{}", wanted.asked())).await?;
        let is_whole = page.next_cursor.is_none() && wanted.cursor.is_empty();
        let all = Wanted { cursor: String::new(), ..wanted.clone() };
        let in_all = if is_whole { None } else { Some(many(visit, &all.asked()).await?) };
        Ok(Self { called: asking::names(visit, &page.items).await, page, in_all })
    }
}

/// How many questions a list of the API has, in words, as far as they are counted.
///
/// # Errors
/// What the API says.
pub async fn many(visit: &Visit, query: &str) -> Asked<String> {
    let page =
        visit.desk.get::<Page<Interaction>>(&format!("/v1/interactions{query}&limit={}", limits::WAITING)).await?;
    let many = page.items.len();
    Ok(if page.next_cursor.is_some() { format!("more than {many}") } else { many.to_string() })
}

fn rows(visit: &Visit, wanted: &Wanted, list: &List, chosen: &[String]) -> Markup {
    let (up, List { page: list, called, in_all }) = (&visit.up, list);
    let workflow = |one: &Interaction| called.get(&one.execution_id).map_or("", String::as_str);
    html! {
        @if list.items.is_empty() {
            div.panel { (nothing(up, wanted, list.next_cursor.is_some())) }
        } @else {
            div.scroll { table.list.cards {
                thead { tr {
                    @if may_answer(visit) { th scope="col" { span.unseen { "Chosen" } } }
                    th scope="col" { "Question" }
                    th scope="col" { "Answer by" }
                    th scope="col" { "Asked" }
                    th scope="col" { "Asked of" }
                } }
                tbody { @for one in &list.items { (row(visit, one, workflow(one), chosen.contains(&one.interaction_id))) } }
            } }
        }
        @if let Some(in_all) = in_all { p.soft.more { (list.items.len()) " of " (in_all) " are shown, soonest deadline first." } }
        nav.pages aria-label="Pages" {
            @if !wanted.cursor.is_empty() { a href={ (up) "inbox" (wanted.own("")) } { "First" } }
            @if let Some(next) = &list.next_cursor { a rel="next" href={ (up) "inbox" (wanted.own(next)) } { "More" } }
        }
    }
}

fn row(visit: &Visit, one: &Interaction, workflow: &str, is_chosen: bool) -> Markup {
    let question = asked(one);
    html! {
        tr data-key-row {
            @if may_answer(visit) {
                td.box { input type="checkbox" name="interaction" value=(one.interaction_id) form="several" checked[is_chosen]
                    aria-label={ "Choose " (question) }; }
            }
            td.question {
                a href={ (visit.up) "inbox/" (part(&one.interaction_id)) } { bdi { (question) } }
                " " br;
                span.soft { (words::kind(one.kind)) " · " bdi { (workflow) } }
            }
            td data-label=[one.deadline.as_ref().map(|_| "Answer by")] {
                @if let Some(deadline) = &one.deadline {
                    (brief(deadline.0)) " " br; strong { (distance(deadline.0, visit.now)) }
                } @else { span.soft { "no deadline" } }
            }
            td data-label="Asked" { (brief(one.created_at.0)) " " br; span.soft { (distance(one.created_at.0, visit.now)) } }
            td data-label="Asked of" {
                @if one.assignees.is_empty() { "anyone" } @else { (names(&one.assignees)) }
                @if !one.responses.is_empty() { " " br; span.soft { (count(voices(one), "answer")) " so far" } }
            }
        }
    }
}

/// How many people have answered: of one person the last answer counts.
fn voices(one: &Interaction) -> u64 {
    one.responses.iter().map(|response| response.by.to_ascii_lowercase()).collect::<BTreeSet<_>>().len() as u64
}

fn nothing(up: &str, wanted: &Wanted, goes_on: bool) -> Markup {
    html! {
        @if goes_on {
            p.empty { "None of the questions that were looked at is like this. More may follow." }
        } @else if wanted.narrows() {
            p.empty { "No question that waits is like this. " a href={ (up) "inbox" (wanted.whose()) } { "Show all" } "." }
        } @else if wanted.is_of_all {
            p.empty { "No question waits for anybody. Workflows ask with a node of the type " code { "human" } ": "
                a href={ (up) "new" } { "start from an example" } "." }
        } @else {
            p.empty { "Nothing waits for you. " a href={ (up) "inbox?whose=all" } { "What waits for others" } "." }
        }
    }
}
