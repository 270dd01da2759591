//! `GET /workflows`: the saved workflows, with how they went lately.

use super::read::{may, since};
use crate::{
    desk::{Refusal, part, query},
    figures::{Figures, WorkflowFigures, figures},
    layout::{Place, View, shown},
    look::names,
    moment,
    refused::refused,
    session::Visit,
    words::took,
};
use api::{
    Params, Scope,
    types::{Page, WorkflowRow},
};
use axum::response::Response;
use document::time::Time;
use maud::{Markup, html};

/// The page.
pub async fn list(visit: Visit, mut params: Params) -> Response {
    let read = async {
        let cursor = params.take("cursor")?.unwrap_or_default();
        params.done()?;
        let path = format!("/v1/workflows{}", query([("limit", "100"), ("cursor", &cursor)]));
        let page = visit.desk.get::<Page<WorkflowRow>>(&path).await?;
        let figures = figures(&visit, None, since(visit.now)).await?;
        Ok::<_, Refusal>((page, figures))
    };
    let (page, figures) = match read.await {
        Ok(read) => read,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let seen = Seen { up: &visit.up, now: visit.now, admin: may(&visit, Scope::Admin), run: may(&visit, Scope::Run) };
    let body = body(&seen, &page, &figures);
    shown(&visit, View { place: Place::Workflows, title: "Workflows", scripts: &[], body })
}

/// Who looks, and from where.
struct Seen<'a> {
    up: &'a str,
    now: Time,
    admin: bool,
    run: bool,
}

fn body(seen: &Seen<'_>, page: &Page<WorkflowRow>, figures: &Figures) -> Markup {
    let up = seen.up;
    html! {
        div.page-head { h1 { "Workflows" } }
        section.panel aria-label="Saved workflows" {
            @if page.items.is_empty() {
                div.empty {
                    p { "No workflow is saved yet." }
                    @if seen.admin {
                        div.actions { a.button.main href={ (up) "new" } { "Start from an example" } }
                    } @else {
                        p { "Somebody with the scope " code { "admin" } " saves one; you can start it then." }
                    }
                }
            } @else {
                div.scroll {
                    table.list.stack.workflows {
                        thead { tr {
                            th scope="col" { "Workflow" }
                            th scope="col" { "Last run" }
                            th.number scope="col" { "Completed" }
                            th.number scope="col" { "Median time" }
                            th.number scope="col" { "Version" }
                            @if seen.run { th scope="col" { span.unseen { "Start" } } }
                        } }
                        tbody { @for row in &page.items { (line(seen, row, figures_of(figures, &row.id))) } }
                    }
                }
                @if let Some(cursor) = &page.next_cursor {
                    p.more { a href={ "workflows" (query([("cursor", cursor.as_str())])) } { "More workflows" } }
                }
                (counted(figures))
                p.counted { "A median time is of the executions that completed." }
            }
            @if !page.unreadable.is_empty() {
                p.verdict.bad role="status" {
                    "The store cannot read " (names(&page.unreadable)) ". " code { "stepwell doctor" } " says more."
                }
            }
        }
    }
}

fn figures_of<'f>(figures: &'f Figures, id: &str) -> Option<&'f WorkflowFigures> {
    figures.workflows.iter().find(|one| one.id == id)
}

fn line(seen: &Seen<'_>, row: &WorkflowRow, figures: Option<&WorkflowFigures>) -> Markup {
    let address = format!("{}workflows/{}", seen.up, part(&row.id));
    html! {
        tr {
            th scope="row" {
                a href=(address) { bdi { (row.name) } }
                @if row.name != row.id { " " code { bdi { (row.id) } } }
                @if let Some(about) = &row.description { p.about dir="auto" { (about) } }
            }
            td data-label="Last run" { @match figures {
                Some(one) => span.when { (moment::distance(one.last, seen.now)) },
                None => span.none { "none lately" },
            } }
            td.number data-label="Completed" { (figures.map_or_else(|| html! { (nothing()) }, rate)) }
            td.number data-label="Median time" { @match figures.and_then(|one| one.median) {
                Some(time) => (took(time)),
                None => (nothing()),
            } }
            td.number data-label="Version" { (row.version) }
            @if seen.run {
                td { a.button.small href={ (address) "/start" } aria-label={ "Start " (row.name) } { "Start" } }
            }
        }
    }
}

/// What stands where there is nothing to count.
pub fn nothing() -> Markup {
    html! { span.none { span aria-hidden="true" { "–" } span.unseen { "none" } } }
}

/// The share of a workflow's executions that completed, of those that completed or failed.
pub fn rate(one: &WorkflowFigures) -> Markup {
    let ended = one.completed + one.failed;
    if ended == 0 {
        return nothing();
    }
    html! {
        span.rate { (percent(one.completed, ended)) " %" }
        " " span.of { "of " (ended) @if one.failed > 0 { "," } }
        @if one.failed > 0 { " " span.status.failed { span aria-hidden="true" { "✕" } (one.failed) " failed" } }
    }
}

/// So many of all in percent, to the nearest. Neither some are told as none, nor all but a few as all.
fn percent(some: u64, all: u64) -> u64 {
    let share = (some * 200 + all) / (all * 2);
    match some {
        0 => 0,
        some if some == all => 100,
        _ => share.clamp(1, 99),
    }
}

/// Of how many executions figures were counted.
pub fn counted(figures: &Figures) -> Markup {
    html! {
        p.counted {
            @if figures.is_all {
                "Counted from the executions of the last 30 days, up to five seconds ago."
            } @else {
                "Counted from the newest " (figures.counted) " executions, since " (moment::moment(figures.from)) "."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_rounded_to_the_nearest_but_neither_to_none_nor_to_all() {
        for ((some, all), told) in
            [((2, 3), 67), ((1, 3), 33), ((999, 1_000), 99), ((1, 1_000), 1), ((0, 7), 0), ((7, 7), 100), ((1, 200), 1)]
        {
            assert_eq!(percent(some, all), told, "{some} of {all}");
        }
    }
}
