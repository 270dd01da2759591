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
                p.empty { "It has not run yet. Start it with the form above." }
            } @else {
                div.scroll {
                    table.list {
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
            td { (status(one.status)) }
            td { (moment::moment(one.started_at.0)) }
            td.number { @match took { Some(took) => (took), None => (super::list::nothing()) } }
            td { @if let Some(by) = &one.started_by { bdi { (by) } } }
        }
    }
}
