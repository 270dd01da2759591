//! The latest executions of a workflow.

use crate::{
    desk::{part, query},
    look::{short_id, status},
    moment,
    session::Visit,
    words::{so_far, took},
};
use api::types::{Execution, Page};
use maud::{Markup, html};

/// The table. `starts` says whether the page has a form to start the workflow.
pub fn panel(visit: &Visit, workflow: &str, runs: &Page<Execution>, starts: bool) -> Markup {
    let up = &visit.up;
    html! {
        section.panel aria-labelledby="runs" {
            h2 #runs { "Latest executions" }
            @if runs.items.is_empty() {
                p.empty { "It has not run yet." @if starts { " Start it with the form on this page." } }
            } @else {
                div.scroll {
                    table.list.stack {
                        thead { tr {
                            th scope="col" { "Execution" } th scope="col" { "Status" } th scope="col" { "Started" }
                            th.number scope="col" { "Took" } th scope="col" { "By" }
                        } }
                        tbody { @for one in &runs.items { (line(visit, one)) } }
                    }
                }
                @if runs.next_cursor.is_some() {
                    p.more { a href={ (up) "executions" (query([("workflow_id", workflow)])) } { "All executions of this workflow" } }
                }
            }
        }
    }
}

fn line(visit: &Visit, one: &Execution) -> Markup {
    let begin = one.started_at.0;
    html! {
        tr {
            th scope="row" {
                a href={ (visit.up) "executions/" (part(&one.execution_id)) } { (short_id(&one.execution_id)) }
            }
            td data-label="Status" { (status(one.status)) }
            td.wide-cell data-label="Started" { (moment::brief(one.started_at.0)) }
            td.number data-label="Took" {
                @match one.completed_at { Some(end) => (took(end.0.since(begin))), None => (so_far(visit.now.since(begin))) } }
            td.wide-cell data-label=[one.started_by.as_ref().map(|_| "By")] { @if let Some(by) = &one.started_by { bdi { (by) } } }
        }
    }
}
