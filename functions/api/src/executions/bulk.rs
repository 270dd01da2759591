//! Jobs that ask something of many executions.

use crate::{
    Admin, Answered, App, Json, MaybeJson, NoParams, Params, Path, Problem, Reader, Routes,
    executions::idempotency,
    limits,
    request::{cursor, filter},
    types::{BulkBody, BulkFilter, Conflict, Job, JobPage, NoFields, Page, Refused, WouldMeet},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use engine::{
    bulk::{
        begin::{JobRequest, Unbegun, begin, cancel, preview},
        drive::go_on,
    },
    port::{self, Action, ExecutionFilter, JobId, JobStatus},
};
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes that make and cancel jobs.
pub(crate) fn changes() -> Routes {
    Routes::new().routes(routes!(bulk)).routes(routes!(cancel_job))
}

/// The routes that show jobs.
pub(crate) fn reads() -> Routes {
    Routes::new().routes(routes!(list_jobs)).routes(routes!(one_job))
}

/// The name of the list, by which its cursors are told from others.
const LIST: &str = "jobs";

/// Ask something of all executions that a filter lets through. The job goes on by itself, also after a crash, and asks each
/// execution once.
#[utoipa::path(post, path = "/v1/executions/bulk", operation_id = "bulk", tag = "jobs", security(("bearer" = [])),
    request_body = BulkBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same job")),
    responses((status = 202, body = Job), (status = 200, body = WouldMeet, description = "To a dry run"), Conflict,
        Refused))]
async fn bulk(
    caller: Admin,
    State(app): State<Arc<App>>,
    _: NoParams,
    headers: HeaderMap,
    Json(body): Json<BulkBody>,
) -> Answered<Response> {
    let idempotency = idempotency::key(&headers, "/v1/executions/bulk", &body)?;
    if body.action == Action::Erase {
        let hint = "`DELETE /v1/executions/{id}` removes one that has ended, `DELETE /v1/owner` all that an owner has";
        return Err(Problem::field("invalid_field", "/action", "many executions are not removed this way", hint));
    }
    let filter = meant(&caller.owner, body.filter)?;
    if body.dry_run == Some(true) {
        let found = preview(&*app.host, body.action, filter).await?;
        return Ok(axum::Json(WouldMeet::of(body.action, found)).into_response());
    }
    let by = caller.subject.clone();
    let request = JobRequest { action: body.action, filter, reason: body.reason, by, idempotency };
    let mut job = begin(&*app.host, request).await?;
    if !app.host.takes_up_jobs() {
        job = first_slices(&app, job).await?;
    }
    Ok((StatusCode::ACCEPTED, axum::Json(Job::from(&job))).into_response())
}

/// Does the first slices of a job, so that a small one is done when its maker is answered. The supervisor does the others.
async fn first_slices(app: &App, job: port::Job) -> Answered<port::Job> {
    let left = app.host.time_left().map(|left| left.saturating_sub(limits::JOB_MARGIN));
    let until = app.host.now() + left.map_or(limits::JOB_FIRST, |left| left.min(limits::JOB_FIRST));
    Ok(go_on(&*app.host, job, until).await?)
}

/// Which executions a body means.
fn meant(owner: &str, said: BulkFilter) -> Answered<ExecutionFilter> {
    if said == BulkFilter::default() {
        let hint = "name at least one of workflow_id, status, since, until and metadata";
        let message = "an empty filter would mean every execution";
        return Err(Problem::field("empty_filter", "/filter", message, hint));
    }
    let BulkFilter { workflow_id, status, since, until, metadata } = said;
    if workflow_id.as_deref() == Some("") {
        let hint = "name a workflow, or leave it out";
        return Err(Problem::field("invalid_field", "/filter/workflow_id", "an empty id names no workflow", hint));
    }
    let named = [("workflow_id", workflow_id), ("since", since), ("until", until)];
    let mut pairs: Vec<(String, String)> =
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    pairs.extend(status.into_iter().map(|word| ("status".to_owned(), word)));
    pairs.extend(metadata.into_iter().map(|(key, text)| (format!("metadata.{key}"), text)));
    let mut params = Params::of(pairs);
    let found = filter::executions(owner, &mut params)?;
    params.done()?;
    Ok(found)
}

impl From<Unbegun> for Problem {
    fn from(error: Unbegun) -> Self {
        let detail = error.to_string();
        match error {
            Unbegun::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail),
            Unbegun::TooMany => Self::conflict("too_many_jobs", detail),
            Unbegun::Store(error) => error.into(),
        }
    }
}

/// The caller's jobs, newest first. Those that have ended are kept for 90 days.
#[utoipa::path(get, path = "/v1/jobs", operation_id = "list_jobs", tag = "jobs", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = JobPage), Refused))]
async fn list_jobs(caller: Reader, State(app): State<Arc<App>>, mut params: Params) -> Answered<axum::Json<Page<Job>>> {
    let window = params.window(LIST)?;
    params.done()?;
    let page = app.host.jobs().jobs(&caller.owner, &window).await?;
    let rows = page.items.iter().map(Job::from).collect();
    Ok(axum::Json(cursor::page(LIST, &page, rows)))
}

/// One job, with how far it has come.
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "get_job", tag = "jobs", security(("bearer" = [])),
    params(("id" = String, Path)), responses((status = 200, body = Job), Refused))]
async fn one_job(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
) -> Answered<axum::Json<Job>> {
    let job = app.host.jobs().job(&caller.owner, &JobId::from(id.as_str())).await?;
    let job = job.ok_or_else(|| Problem::not_found("job", &id))?;
    Ok(axum::Json((&job).into()))
}

/// End a job before it has met all. What it has done stays done, and the slice that is under way is brought to its end.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs",
    security(("bearer" = [])), request_body = NoFields, params(("id" = String, Path)),
    responses((status = 200, body = Job), Conflict, Refused))]
async fn cancel_job(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    MaybeJson(NoFields {}): MaybeJson<NoFields>,
) -> Answered<axum::Json<Job>> {
    let job = cancel(&*app.host, &caller.owner, &JobId::from(id.as_str()), &caller.subject).await?;
    let job = job.ok_or_else(|| Problem::not_found("job", &id))?;
    match job.status {
        JobStatus::Running | JobStatus::Cancelled => Ok(axum::Json((&job).into())),
        JobStatus::Completed | JobStatus::Failed => {
            let detail = format!("the job is {}: there is nothing to cancel", job.status);
            Err(Problem::conflict("invalid_status", detail).with("job_status", job.status.as_str()))
        }
    }
}
