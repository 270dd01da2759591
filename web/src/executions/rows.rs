//! Executions as rows of a table.

use super::act::ACTIONS;
use crate::{
    desk::{Asked, part},
    limits,
    look::{beside, doing, short_id, status},
    moment::{brief, distance},
    session::Visit,
    words::{beginning, so_far, took},
};
use api::{Problem, Scope};
use document::time::Time;
use engine::port::{ExecutionFilter, Head, Page, StoreError, Window};
use futures::{StreamExt, TryStreamExt, stream};
use maud::{Markup, html};
use std::time::Duration;
use stepwell_core::{execution::Status, view};

/// What a list says of an execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The execution.
    pub id: String,
    /// The id of its workflow.
    pub workflow: String,
    /// What people call its workflow, as much of it as a list has room for.
    pub name: String,
    /// What it is doing, or how it ended.
    pub status: Status,
    /// When it started.
    pub started: Time,
    /// When it ended.
    pub ended: Option<Time>,
    /// How long it was at work by now.
    pub worked: Duration,
    /// Who started it.
    pub by: Option<String>,
    /// What it is doing, in a sentence.
    pub message: String,
    /// Whether it is stuck because a message of it was given up.
    pub has_dead_letter: bool,
}

/// A part of the list of executions, newest first. What cannot be read is left out, and the log says so. Its values stay
/// where they are: a list shows none.
///
/// # Errors
/// 403 for a visitor who may not read, and what the store says.
pub async fn rows(visit: &Visit, filter: &ExecutionFilter, window: &Window) -> Asked<Page<Row>> {
    visit.caller.require(Scope::Read)?;
    let page = visit.app.host.index().executions(filter, window).await.map_err(Problem::from)?;
    let items = of(visit, &page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// The rows of these executions, which are the visitor's owner's.
///
/// # Errors
/// What the store says.
pub async fn of(visit: &Visit, heads: &[Head]) -> Asked<Vec<Row>> {
    let loads: Vec<_> = heads.iter().map(|head| row(visit, head)).collect();
    let rows: Vec<Option<Row>> = stream::iter(loads).buffered(limits::FIGURES_AT_ONCE).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn row(visit: &Visit, head: &Head) -> Asked<Option<Row>> {
    let found = async {
        let Some(execution) = visit.app.host.journal().load_lean(&head.id).await? else { return Ok(None) };
        let workflow = visit.app.workflow(&execution).await?;
        Ok(Some(Row {
            id: execution.id().to_string(),
            workflow: execution.started.workflow_id.to_string(),
            name: beginning(&workflow.name, limits::NAME),
            status: execution.status(),
            started: execution.started_at,
            ended: execution.completed_at,
            worked: view::took(&execution, visit.now),
            by: execution.started.started_by.clone(),
            message: doing(&execution, &workflow),
            has_dead_letter: execution.stuck.as_ref().is_some_and(|error| error.code == "dead_letter"),
        }))
    };
    match found.await.map_err(|error: StoreError| Problem::from(error)) {
        Err(problem) if problem.status() == axum::http::StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!(execution = head.id.as_str(), "it is left out of a list, since it cannot be read");
            Ok(None)
        }
        other => Ok(other?),
    }
}

/// An execution in few words, by which people tell it from others: what it is called, and when it started. What cannot be read
/// has its id alone.
pub fn named(rows: &[Row], id: &str, up: &str) -> Markup {
    let row = rows.iter().find(|row| row.id == id);
    html! {
        a href={ (up) "executions/" (part(id)) } { @if let Some(row) = row { bdi { (row.name) } " " } (short_id(id)) }
        @if let Some(row) = row { " " br; span.soft.unbroken { "Started " (brief(row.started)) } }
    }
}

/// The boxes by which rows are chosen.
pub struct Boxes<'a> {
    /// The id of the form that they belong to.
    pub form: &'a str,
    /// The ids of the executions that are chosen at first.
    pub checked: &'a [String],
}

/// The table, each row with a box where it may be chosen.
pub fn table(rows: &[&Row], up: &str, now: Time, boxes: Option<&Boxes<'_>>) -> Markup {
    html! {
        div.scroll {
            table.list.cards {
                thead {
                    tr {
                        @if boxes.is_some() { th scope="col" { span.unseen { "Chosen" } } }
                        th scope="col" { "Status" }
                        th scope="col" { "Workflow" }
                        th scope="col" { "Execution" }
                        th scope="col" { "Started" }
                        th.number scope="col" { "Time" }
                        th scope="col" { "Now, or outcome" }
                    }
                }
                tbody { @for row in rows { (line(row, up, now, boxes)) } }
            }
        }
    }
}

/// The words of what has something to do in an execution of this status.
fn can(status: Status) -> String {
    let suit = ACTIONS.iter().filter(|act| act.statuses.contains(&status));
    suit.map(|act| act.word).collect::<Vec<_>>().join(" ")
}

fn line(row: &Row, up: &str, now: Time, boxes: Option<&Boxes<'_>>) -> Markup {
    let time = row.worked;
    html! {
        tr data-execution=(row.id) data-can=[boxes.map(|_| can(row.status))] {
            @if let Some(boxes) = boxes {
                td.box { input type="checkbox" name="execution" value=(row.id) form=(boxes.form)
                    checked[boxes.checked.contains(&row.id)] aria-label={ "Choose " (row.name) ", execution " (row.id) }; }
            }
            td { (status(row.status)) }
            td.name { a href={ (up) "executions" (crate::desk::query([("workflow", row.workflow.as_str())])) } { bdi { (row.name) } } }
            td { a href={ (up) "executions/" (part(&row.id)) } { (short_id(&row.id)) } }
            td.started { (brief(row.started)) @if let Some(by) = &row.by { " " br; span.soft { bdi { (by) } } } }
            td.number data-label=[row.ended.map(|_| "took")] title=(distance(row.started, now)) {
                @if row.ended.is_some() { (took(time)) } @else { (so_far(time)) } }
            td.message dir="auto" { (beside(row.status, &row.message)) }
        }
    }
}
