//! What needs somebody: questions for the visitor, executions that are stuck, and those that failed lately.

use crate::{
    desk::{Asked, part, query},
    executions::rows::{Row, rows},
    limits,
    look::{beside, short_id},
    moment::{brief, distance, within},
    session::Visit,
};
use api::{
    Scope,
    types::{Interaction, Page},
};
use document::time::Time;
use engine::port::{ExecutionFilter, Window};
use maud::{Markup, html};
use std::collections::BTreeMap;
use stepwell_core::execution::Status;

/// The heads of the lists of what needs somebody.
pub struct Urgent {
    questions: Page<Interaction>,
    /// How many wait in all, in words; none where all of them are shown.
    in_all: Option<String>,
    /// What people call the workflows that ask, by the execution that does.
    names: BTreeMap<String, String>,
    stuck: Vec<Row>,
    failed: Vec<Row>,
    /// Whether any execution exists.
    pub has_run: bool,
}

impl Urgent {
    /// Reads them.
    ///
    /// # Errors
    /// What the API says.
    pub async fn read(visit: &Visit) -> Asked<Self> {
        let limit = (limits::GLANCE + 1).to_string();
        let mine = query([("status", "pending"), ("assignee", "me"), ("limit", &limit)]);
        let questions: Page<Interaction> = visit.desk.get(&format!("/v1/interactions{mine}")).await?;
        let has_more = questions.items.len() > limits::GLANCE;
        let all = query([("status", "pending"), ("assignee", "me")]);
        let in_all = if has_more { Some(crate::inbox::many(visit, &all).await?) } else { None };
        let names = crate::inbox::names(visit, &questions.items).await;
        let since = Time(visit.now.0 - limits::DAY_MS);
        let stuck = of_status(visit, Some(Status::Stuck), None, limits::GLANCE + 1).await?;
        let failed = of_status(visit, Some(Status::Failed), Some(since), limits::GLANCE + 1).await?;
        let has_run = !of_status(visit, None, None, 1).await?.is_empty();
        Ok(Self { questions, in_all, names, stuck, failed, has_run })
    }

    /// Whether nothing needs anybody.
    pub fn is_empty(&self) -> bool {
        self.questions.items.is_empty() && self.stuck.is_empty() && self.failed.is_empty()
    }

    /// The panels, of what there is.
    pub fn shown(&self, visit: &Visit) -> Markup {
        html! {
            @if self.is_empty() {
                p.calm { span.status.completed { span aria-hidden="true" { "✓" } " Nothing needs you" }
                    " No question waits for you, nothing is stuck, and nothing failed in the last 24 hours." }
            } @else {
                div.urgent {
                    @if !self.questions.items.is_empty() { (self.questions(visit)) }
                    @if !self.stuck.is_empty() {
                        (panel(visit, "stuck", "Stuck", &self.stuck, &query([("status", "stuck")])))
                    }
                    @if !self.failed.is_empty() {
                        (panel(visit, "failed", "Failed in the last 24 hours", &self.failed, &query([("status", "failed"), ("time", "day")])))
                    }
                }
            }
        }
    }

    fn questions(&self, visit: &Visit) -> Markup {
        // Whoever may not answer is told what waits, and not that they are waited for.
        let whom = if visit.caller.scopes.contains(&Scope::Respond) { "you" } else { "somebody" };
        html! {
            section.panel aria-labelledby="mine" {
                h2 #mine { a href={ (visit.up) "inbox" } { "Waiting for " (whom) } }
                ul.glance {
                    @for one in self.questions.items.iter().take(limits::GLANCE) {
                        li {
                            a href={ (visit.up) "inbox/" (part(&one.interaction_id)) } { bdi { (crate::inbox::asked(one)) } }
                            span.soft {
                                bdi { (self.names.get(&one.execution_id).unwrap_or(&one.workflow_id)) } " · "
                                @match &one.deadline {
                                    Some(deadline) => { strong { (within(deadline.0, visit.now)) } }
                                    None => { "asked " (distance(one.created_at.0, visit.now)) }
                                }
                            }
                        }
                    }
                }
                @if let Some(in_all) = &self.in_all { p.more { a href={ (visit.up) "inbox" } { "All of them: " (in_all) } } }
            }
        }
    }
}

async fn of_status(visit: &Visit, status: Option<Status>, since: Option<Time>, limit: usize) -> Asked<Vec<Row>> {
    let statuses = status.into_iter().collect();
    let filter = ExecutionFilter { owner: visit.caller.owner.clone(), statuses, since, ..ExecutionFilter::default() };
    Ok(rows(visit, &filter, &Window { limit, cursor: None }).await?.items)
}

fn panel(visit: &Visit, id: &str, title: &str, rows: &[Row], list: &str) -> Markup {
    let up = &visit.up;
    html! {
        section.panel aria-labelledby=(id) {
            h2 id=(id) { a href={ (up) "executions" (list) } { (title) } }
            ul.glance {
                @for row in rows.iter().take(limits::GLANCE) {
                    li {
                        span { a href={ (up) "executions/" (part(&row.id)) } { bdi { (row.name) } " " (short_id(&row.id)) }
                            @if row.has_dead_letter { " " span.tag { "dead letter" } } }
                        // The heading of the panel says the status.
                        @let why = beside(row.status, &row.message);
                        @if !why.is_empty() { span.why dir="auto" { (why) } }
                        span.soft { @match row.ended { Some(end) => { "Failed " (brief(end)) } None => { "Started " (brief(row.started)) } } }
                    }
                }
            }
            @if rows.len() > limits::GLANCE { p.more { a href={ (up) "executions" (list) } { "All of them" } } }
        }
    }
}
