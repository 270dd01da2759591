//! The schedules of the owner's workflows, with when they start next.

use crate::{
    desk::{Asked, part},
    limits,
    moment::{brief, distance},
    session::Visit,
    words::{capital, took},
};
use api::{Problem, Scope};
use document::schedule::{ScheduleTrigger, Scheduled};
use maud::{Markup, html};
use std::time::Duration;

/// The list, soonest first.
///
/// # Errors
/// 403 for a visitor who may not read, and what the store says.
pub async fn schedules(visit: &Visit) -> Asked<Markup> {
    visit.caller.require(Scope::Read)?;
    // A host keeps the schedules of all its owners in one order.
    let until = visit.now + limits::SCHEDULES_AHEAD;
    let all = visit.app.host.schedules().due_schedules(until, limits::SCHEDULES).await.map_err(Problem::from)?;
    let is_all = all.len() < limits::SCHEDULES;
    let own: Vec<&Scheduled> = all.iter().filter(|one| one.owner == visit.caller.owner).collect();
    Ok(html! {
        @if own.is_empty() && is_all {
            p.empty { "No workflow is started by a schedule. A node of the type " code { "schedule_trigger" } " makes one." }
        } @else {
            div.scroll { table.list.cards {
                thead { tr {
                    th scope="col" { "Workflow" } th scope="col" { "When" } th scope="col" { "Next" } th scope="col" { "Problems" }
                } }
                tbody { @for one in own { (row(visit, one)) } }
            } }
        }
        @if !is_all { p.soft { "The next " (limits::SCHEDULES) " starts of this host were looked at; others follow." } }
    })
}

fn row(visit: &Visit, one: &Scheduled) -> Markup {
    html! {
        tr {
            td { a href={ (visit.up) "workflows/" (part(one.workflow.as_str())) } { bdi { (one.workflow) } } " " br;
                span.soft { "Node " bdi { (one.node) } } }
            td data-label="When" { @match &one.schedule { Ok(schedule) => (rhythm(schedule)), Err(why) => { span.status.failed { (capital(why)) } } } }
            td data-label="Next" { (brief(one.next_at)) " " br; span.soft { (distance(one.next_at, visit.now)) }
                @if let Ok(schedule) = &one.schedule {
                    @if let Some(then) = schedule.next(one.next_at, one.next_at) { " " br; span.soft { "then " (brief(then)) } }
                }
            }
            td data-label="Problems" { @if let Some(error) = &one.error { span.status.failed { span aria-hidden="true" { "✕" } " The last start was refused" } " " br; (capital(error)) }
                @else { span.soft { "none" } } }
        }
    }
}

fn rhythm(schedule: &ScheduleTrigger) -> Markup {
    let zone = schedule.timezone.as_deref().unwrap_or("UTC");
    html! {
        @if let Some(cron) = &schedule.cron { code { (cron) } " " br; span.soft { bdi { (zone) } } }
        @if let Some(seconds) = schedule.every_seconds {
            "every " (took(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)))
        }
    }
}
