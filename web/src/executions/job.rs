//! A job over many executions: how far it has come, and what stood in its way.

use super::{
    act::Act,
    chosen::by_id,
    rows::{Row, named},
};
use crate::{
    answered::{page_of_session, see_other},
    assets::LIST,
    desk::{Refusal, part, query},
    layout::{Place, View, answered, token},
    look::plainly,
    moment::{brief, distance},
    refused::{not_done, refused},
    session::{Sent, Visit},
    words::{capital, count, sentence},
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
        Ok(job) => page_of(&visit, &job, None).await,
    }
}

/// The page, with why it was not done where its end was asked for in vain.
async fn page_of(visit: &Visit, job: &Job, refusal: Option<&Refusal>) -> Response {
    let left = left_out(visit, job).await;
    let title = title(job);
    // What was refused stays to be read.
    let moves = is_on(job) && refusal.is_none();
    let rows = moves.then(|| format!("{}/state", part(&job.job_id)));
    let body = html! {
        p.crumbs { a href={ (visit.up) "executions" } { "Executions" } " · " a href={ (visit.up) "operations#jobs" } { "Jobs" } }
        div.page-head { h1 { (title) } }
        div #rows data-rows=[rows] { (state(visit, job, &left, refusal)) }
    };
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    answered(visit, status, View { place: Place::Executions, title: &title, scripts: &[&LIST], body })
}

/// `GET /jobs/{id}/state`: the part of the page that changes.
pub async fn fragment(visit: Visit, Path(id): Path<String>) -> Response {
    match visit.desk.get::<Job>(&format!("/v1/jobs/{}", part(&id))).await {
        Err(refusal) => refused(&refusal, &visit.up),
        // It stands in the page of the job, one folder higher.
        Ok(job) => {
            let left = left_out(&visit, &job).await;
            page_of_session(StatusCode::OK, state(&Visit { up: "../".into(), ..visit }, &job, &left, None))
        }
    }
}

/// `POST /jobs/{id}/cancel`.
pub async fn cancel(Path(id): Path<String>, Sent { visit, .. }: Sent) -> Response {
    let path = format!("/v1/jobs/{}", part(&id));
    let refusal = match visit.desk.post::<Job>(&format!("{path}/cancel"), &json!({})).await {
        Ok(_) => return see_other(&format!("../{}", part(&id))),
        Err(refusal) => refusal,
    };
    match visit.desk.get::<Job>(&path).await {
        Ok(job) => page_of(&visit, &job, Some(&refusal)).await,
        Err(_) => refused(&refusal, &visit.up),
    }
}

fn is_on(job: &Job) -> bool {
    job.status == JobStatus::Running
}

fn title(job: &Job) -> String {
    let doing = Act::of(job.action.as_str()).filter(|_| is_on(job)).map(|act| act.doing.to_owned());
    let word = doing.unwrap_or_else(|| capital(job.action.as_str()));
    format!("{word} {}", count(job.matched, "execution"))
}

/// The executions that did not do it, as far as they can be read: a name is a help, and without it an id stands alone.
async fn left_out(visit: &Visit, job: &Job) -> Vec<Row> {
    let ids: Vec<&str> = job.errors.iter().map(|error| error.execution_id.as_str()).collect();
    by_id(visit, &ids).await.unwrap_or_default()
}

/// The word for what a job does to an execution.
fn done_word(job: &Job) -> &'static str {
    Act::of(job.action.as_str()).map_or("removed", |act| act.done)
}

/// What a job's status is called. That it is over says nothing of what it came to.
pub fn told(job: &Job) -> Markup {
    let (sign, class, word) = came_to(job.status, job.done, job.refused + job.failed, done_word(job));
    html! { span class={ "status " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// A sign, a class and a word for a job by which so many did it, and so many did not.
fn came_to(status: JobStatus, done: u64, without: u64, word: &str) -> (&'static str, &'static str, String) {
    match status {
        JobStatus::Running => ("▶", "running", "Running".into()),
        JobStatus::Completed if without == 0 => ("✓", "completed", "Done".into()),
        JobStatus::Completed if done == 0 => ("✕", "failed", format!("None was {word}")),
        JobStatus::Completed => ("!", "paused", "Done in part".into()),
        JobStatus::Failed => ("✕", "failed", "Failed".into()),
        JobStatus::Cancelled => ("⊘", "cancelled", "Ended before all were asked".into()),
    }
}

/// What a job came to so far, in a few words that go by their numbers: `3 retried, 1 not`.
pub fn sum(job: &Job) -> String {
    in_words(job.done, job.refused + job.failed, done_word(job))
}

fn in_words(done: u64, without: u64, word: &str) -> String {
    match (done, without) {
        (0, 0) => "none was asked".to_owned(),
        (done, 0) => format!("{done} {word}"),
        (0, without) => format!("{without} not {word}"),
        (done, without) => format!("{done} {word}, {without} not"),
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

fn state(visit: &Visit, job: &Job, left: &[Row], refusal: Option<&Refusal>) -> Markup {
    let up = &visit.up;
    let word = done_word(job);
    html! {
        section.panel aria-label="Progress" data-over[!is_on(job)] {
            p { (told(job)) }
            (bar(job))
            (then(up, job))
            dl.facts {
                dt { "Matched" } dd { @if job.matched_more { "more than " } (job.matched) }
                dt { (capital(word)) } dd { (job.done) }
                dt { "Refused" } dd { (job.refused) }
                dt { "Errors" } dd { (job.failed) }
                dt { "Started" } dd { (brief(job.created_at.0)) " by " bdi { (job.created_by) } }
                @if let Some(reason) = &job.reason { dt { "Reason" } dd dir="auto" { (reason) } }
                @if let Some(waits) = &job.waits { dt { "Waits" } dd { (capital(waits)) } }
                @if let Some(end) = job.completed_at { dt { "Ended" } dd { (brief(end.0)) ", " (distance(end.0, visit.now)) } }
            }
            (not_done(refusal, &html! {}))
            @if is_on(job) && visit.caller.scopes.contains(&Scope::Admin) {
                form method="post" action={ (up) "jobs/" (part(&job.job_id)) "/cancel" } {
                    (token(visit)) div.actions { button { "End the job" } } }
            }
        }
        @if !job.errors.is_empty() { (left_as_they_are(up, job, left)) }
    }
}

/// What there is to know of those that did it, and the way to them: a job only sets going what it retries, and keeps no list.
fn then(up: &str, job: &Job) -> Markup {
    let goes_on = matches!(job.action.as_str(), "retry" | "resume" | "redrive") && job.done > 0;
    let workflow = job.filter.workflow_id.as_deref().unwrap_or_default();
    let metadata =
        job.filter.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let list = format!("{up}executions{}", query([("workflow", workflow), ("metadata", metadata.as_str())]));
    html! {
        p.soft {
            @if is_on(job) { "It goes on whether or not this page is open. " }
            @if goes_on { "They are running again; the list shows how they end. " }
            a href=(list) { "See the executions" @if !workflow.is_empty() { " of this workflow" } }
        }
    }
}

/// The executions that did not do it, each with why. The record of a job holds the first of them, and counts the others; of
/// those that did it, it holds no more than how many they are.
fn left_as_they_are(up: &str, job: &Job, left: &[Row]) -> Markup {
    let others = (job.refused + job.failed).saturating_sub(job.errors.len() as u64);
    html! {
        section.panel aria-labelledby="not" {
            h2 #not { "Not " (done_word(job)) }
            div.scroll { table.list.cards {
                thead { tr { th scope="col" { "Execution" } th scope="col" { "Outcome" } th scope="col" { "Why" } } }
                tbody { @for error in &job.errors { tr {
                    td { (named(left, &error.execution_id, up)) }
                    td { (outcome(&error.code)) }
                    td.message dir="auto" { (sentence(&plainly(&error.message))) }
                } } }
            } }
            @if others > 0 {
                p.soft { "These are the first. " (count(others, "other")) @if others == 1 { " is" } @else { " are" } " counted above and not listed." }
            }
        }
    }
}

/// What became of an execution that did not do it: its state did not allow it, or the store could not read or write it.
fn outcome(code: &str) -> Markup {
    let (sign, class, word) = match code {
        "unreadable" | "unavailable" => ("✕", "failed", "Could not be read or written"),
        _ => ("!", "paused", "Refused"),
    };
    html! { span class={ "status " (class) } { span aria-hidden="true" { (sign) } " " (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_all_refused_is_not_told_as_done() {
        let word = |done, without| came_to(JobStatus::Completed, done, without, "retried").2;
        assert_eq!(
            [word(3, 0), word(2, 1), word(0, 3), word(0, 0)],
            ["Done", "Done in part", "None was retried", "Done"]
        );
    }

    #[test]
    fn a_sum_leaves_out_what_is_none_and_goes_by_its_numbers() {
        assert_eq!(
            [(1, 0), (3, 1), (0, 2), (0, 0)].map(|(done, without)| in_words(done, without, "cancelled")),
            ["1 cancelled", "3 cancelled, 1 not", "2 not cancelled", "none was asked"]
        );
    }
}
