//! Jobs over many executions, groups of people, and the names of secrets.

use crate::{
    desk::{Asked, part},
    executions::{job_bar, job_status, job_sum},
    look::names,
    moment::brief,
    session::Visit,
    words::{capital, count},
};
use api::types::{Group, Job, Page, SecretRow};
use maud::{Markup, html};

/// The newest jobs.
///
/// # Errors
/// What the API says.
pub async fn jobs(visit: &Visit) -> Asked<Markup> {
    let page = visit.desk.get::<Page<Job>>("/v1/jobs?limit=10").await?;
    Ok(html! {
        @if page.items.is_empty() {
            p.empty { "There is no job. To change many executions at once, narrow the list of "
                a href={ (visit.up) "executions" } { "executions" } ", and choose what to do with all that match." }
        } @else {
            div.scroll { table.list.cards {
                thead { tr { th scope="col" { "Job" } th scope="col" { "Status" } th scope="col" { "Progress" } th scope="col" { "Started" } } }
                tbody { @for job in &page.items { tr {
                    td { a href={ (visit.up) "jobs/" (part(&job.job_id)) } { (capital(job.action.as_str())) " " (count(job.matched, "execution")) } }
                    td { (job_status(job)) }
                    td { (job_bar(job)) (capital(&job_sum(job))) }
                    td { (brief(job.created_at.0)) " " br; span.soft { bdi { (job.created_by) } } }
                } } }
            } }
        }
    })
}

/// The groups, with their members.
///
/// # Errors
/// What the API says.
pub async fn groups(visit: &Visit) -> Asked<Markup> {
    let page = visit.desk.get::<Page<Group>>("/v1/groups?limit=200").await?;
    Ok(html! {
        @if page.items.is_empty() {
            p.empty { "There is no group. " code { "stepwell group set finance ann@example.com" } " makes one, whose members are asked as "
                code { "group:finance" } "." }
        } @else {
            div.scroll { table.list.cards {
                thead { tr { th scope="col" { "Group" } th scope="col" { "Members" } } }
                tbody { @for group in &page.items { tr {
                    td { bdi { (group.name) } }
                    td data-label="Members" { @if group.members.is_empty() { span.soft { "nobody" } } @else { (names(&group.members)) } }
                } } }
            } }
            @if page.next_cursor.is_some() { p.soft { "The first " (page.items.len()) " groups are shown." } }
        }
    })
}

/// The names of secrets. Nobody can be shown a value.
///
/// # Errors
/// What the API says.
pub async fn secrets(visit: &Visit) -> Asked<Markup> {
    let page = visit.desk.get::<Page<SecretRow>>("/v1/secrets?limit=200").await?;
    Ok(html! {
        @if page.items.is_empty() {
            p.empty { "No secret is stored. " code { "stepwell secret set NAME" } " stores one, which documents name as "
                code { "secrets.NAME" } "." }
        } @else {
            div.scroll { table.list.cards {
                thead { tr { th scope="col" { "Name" } th scope="col" { "May be sent to" } } }
                tbody { @for secret in &page.items { tr {
                    td { code { (secret.name) } }
                    td data-label="May be sent to" { (hosts(secret)) }
                } } }
            } }
            @if page.next_cursor.is_some() { p.soft { "The first " (page.items.len()) " names are shown." } }
        }
    })
}

fn hosts(secret: &SecretRow) -> Markup {
    html! {
        @match &secret.hosts {
            None => { span.status.failed { span aria-hidden="true" { "✕" } " Cannot be opened" } " The host has another key: store it anew." }
            Some(hosts) if hosts.is_empty() => { span.soft { "no host" } }
            Some(hosts) if hosts.iter().any(|host| host == "*") => "any host",
            Some(hosts) => { (names(hosts)) }
        }
    }
}
