//! A job over many executions: how far it has come, and what stood in its way.

use crate::{
    answered::{page_of_session, see_other},
    assets::LIST,
    desk::part,
    layout::{Place, View, shown, token},
    look::short_id,
    moment::{brief, distance},
    refused::refused,
    session::{Sent, Visit},
    words::{capital, count},
};
use api::{Scope, types::Job};
use axum::{extract::Path, http::StatusCode, response::Response};
use engine::port::JobStatus;
use maud::{Markup, html};
use serde_json::json;

/// `GET /jobs/{id}`.
pub async fn page(visit: Visit, Path(id): Path<String>) -> Response {
    match visit.desk.get::<Job>(&format!("/v1/jobs/{}", part(&id))).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(job) => {
            let title = title(&job);
            let body = html! {
                div.page-head { h1 { (title) } }
                div #rows data-rows=[is_on(&job).then(|| format!("{}/state", part(&id)))] { (state(&visit, &job)) }
            };
            shown(&visit, View { place: Place::Executions, title: &title, scripts: &[&LIST], body })
        }
    }
}

/// `GET /jobs/{id}/state`: the part of the page that changes.
pub async fn fragment(visit: Visit, Path(id): Path<String>) -> Response {
    match visit.desk.get::<Job>(&format!("/v1/jobs/{}", part(&id))).await {
        Err(refusal) => refused(&refusal, &visit.up),
        // It stands in the page of the job, one folder higher.
        Ok(job) => page_of_session(StatusCode::OK, state(&Visit { up: "../".into(), ..visit }, &job)),
    }
}

/// `POST /jobs/{id}/cancel`.
pub async fn cancel(Path(id): Path<String>, Sent { visit, .. }: Sent) -> Response {
    match visit.desk.post::<Job>(&format!("/v1/jobs/{}/cancel", part(&id)), &json!({})).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(_) => see_other(&format!("../{}", part(&id))),
    }
}

fn is_on(job: &Job) -> bool {
    job.status == JobStatus::Running
}

fn title(job: &Job) -> String {
    format!("{} {}", capital(job.action.as_str()), count(job.matched, "execution"))
}

/// What a job's status is called. That it is over says nothing of what it came to.
pub fn told(job: &Job) -> Markup {
    let (sign, class, word) = came_to(job.status, job.done, job.refused + job.failed);
    html! { span class={ "status " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// A sign, a class and a word for a job by which so many did it, and so many did not.
fn came_to(status: JobStatus, done: u64, without: u64) -> (&'static str, &'static str, &'static str) {
    match status {
        JobStatus::Running => ("▶", "running", "Running"),
        JobStatus::Completed if without == 0 => ("✓", "completed", "Done"),
        JobStatus::Completed if done == 0 => ("✕", "failed", "None of them did it"),
        JobStatus::Completed => ("!", "paused", "Done in part"),
        JobStatus::Failed => ("✕", "failed", "Failed"),
        JobStatus::Cancelled => ("⊘", "cancelled", "Cancelled"),
    }
}

/// The bar of a job: how many of those that matched were asked.
pub fn bar(job: &Job) -> Markup {
    let asked = job.done + job.refused + job.failed;
    let all = job.matched.max(asked).max(1);
    let width = |many: u64| format!("{:.2}", 100.0 * many as f64 / all as f64);
    let after = job.done;
    html! {
        svg.bar viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={ (asked) " of " (job.matched) " asked" } {
            rect.rest x="0" y="0" width="100" height="4" {}
            rect.good x="0" y="0" width=(width(job.done)) height="4" {}
            rect.bad x=(width(after)) y="0" width=(width(job.refused + job.failed)) height="4" {}
        }
    }
}

fn state(visit: &Visit, job: &Job) -> Markup {
    let up = &visit.up;
    html! {
        section.panel aria-label="Progress" data-over[!is_on(job)] {
            p { (told(job)) }
            (bar(job))
            dl.facts {
                dt { "Matched" } dd { @if job.matched_more { "more than " } (job.matched) }
                dt { "Did it" } dd { (job.done) }
                dt { "Refused" } dd { (job.refused) }
                dt { "Could not be read or written" } dd { (job.failed) }
                dt { "Made" } dd { (brief(job.created_at.0)) " by " bdi { (job.created_by) } }
                @if let Some(reason) = &job.reason { dt { "Reason" } dd dir="auto" { (reason) } }
                @if let Some(waits) = &job.waits { dt { "Waits" } dd { (capital(waits)) } }
                @if let Some(end) = job.completed_at { dt { "Ended" } dd { (brief(end.0)) ", " (distance(end.0, visit.now)) } }
            }
            @if is_on(job) && visit.caller.scopes.contains(&Scope::Admin) {
                form method="post" action={ (up) "jobs/" (part(&job.job_id)) "/cancel" } {
                    (token(visit)) div.actions { button.small { "End the job" } } }
            }
        }
        @if !job.errors.is_empty() {
            section.panel aria-labelledby="not" {
                h2 #not { "What stood in the way" }
                div.scroll { table.list {
                    thead { tr { th scope="col" { "Execution" } th scope="col" { "Why" } } }
                    tbody { @for error in &job.errors { tr {
                        td { a href={ (up) "executions/" (part(&error.execution_id)) } { (short_id(&error.execution_id)) } }
                        td { (capital(&error.message)) }
                    } } }
                } }
                @if job.refused + job.failed > job.errors.len() as u64 {
                    p.soft { "The first " (job.errors.len()) " are shown." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_all_refused_is_not_told_as_done() {
        let word = |done, without| came_to(JobStatus::Completed, done, without).2;
        assert_eq!(
            [word(3, 0), word(2, 1), word(0, 3), word(0, 0)],
            ["Done", "Done in part", "None of them did it", "Done"]
        );
    }
}
