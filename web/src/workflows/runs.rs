//! The latest executions of a workflow.

use crate::{
    desk::{part, query},
    look::{short_id, status},
    moment,
    session::Visit,
    words::took,
};
use api::types::{Execution, Page};
use maud::{Markup, html};

/// The table.
pub fn panel(visit: &Visit, workflow: &str, runs: &Page<Execution>) -> Markup {
    let up = &visit.up;
    html! {
        section.panel aria-labelledby="runs" {
            h2 #runs { "Latest executions" }
            @if runs.items.is_empty() {
                p.empty { "It has not run yet. Start it with the form on this page." }
            } @else {
                div.scroll {
                    table.list.stack {
                        thead { tr {
                            th scope="col" { "Execution" } th scope="col" { "Status" } th scope="col" { "Started" }
                            th.number scope="col" { "Took" } th scope="col" { "By" }
                        } }
                        tbody { @for one in &runs.items { (line(up, one)) } }
                    }
                }
                @if runs.next_cursor.is_some() {
                    p.more { a href={ (up) "executions" (query([("workflow_id", workflow)])) } { "All executions of this workflow" } }
                }
            }
        }
    }
}

fn line(up: &str, one: &Execution) -> Markup {
    let took = one.completed_at.map(|end| took(end.0.since(one.started_at.0)));
    html! {
        tr {
            th scope="row" {
                a href={ (up) "executions/" (part(&one.execution_id)) } { (short_id(&one.execution_id)) }
            }
            td data-label="Status" { (status(one.status)) }
            td data-label="Started" { (moment::moment(one.started_at.0)) }
            td.number data-label="Took" { @match took { Some(took) => (took), None => (super::list::nothing()) } }
            td data-label="By" { @if let Some(by) = &one.started_by { bdi { (by) } } }
        }
    }
}
