//! How a job begins and is cancelled, and what it would meet.

use super::slice::list;
use crate::{
    limits,
    port::{Action, ExecutionFilter, Host, Job, JobId, JobStatus, StoreError, Window},
};
use document::time::Time;
use std::collections::BTreeMap;
use stepwell_core::{
    execution::Status,
    id::{ExecutionId, derive},
};

/// What is asked of many executions.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// What is asked of each.
    pub action: Action,
    /// Which executions are meant. Where it names no status, those are meant that [`Action::meant`] says.
    pub filter: ExecutionFilter,
    /// The caller's reason, which each journal keeps.
    pub reason: Option<String>,
    /// The subject who asks.
    pub by: String,
    /// The key under which the request may come again, and the hash of what it asks.
    pub idempotency: Option<(String, String)>,
}

/// Why a job did not begin.
#[derive(Debug, thiserror::Error)]
pub enum Unbegun {
    /// Another request made a job under the same key.
    #[error("this Idempotency-Key was used with another request: use a new key")]
    KeyReused,
    /// The owner has as many running jobs as an owner may have.
    #[error("{} jobs are running: wait until one ends, or cancel one", limits::JOBS_RUNNING)]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a job would meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// How many executions, as far as they were counted.
    pub executions: u64,
    /// Whether there are more.
    pub more: bool,
    /// How many of them are in each status.
    pub statuses: BTreeMap<Status, u64>,
    /// The first of them, newest first.
    pub first: Vec<ExecutionId>,
}

/// Makes a job, which is durable when this returns, with its first slice listed and nothing asked of it. A request that
/// comes again under its key gets the job of then.
///
/// # Errors
/// An [`Unbegun`]; nothing was recorded then.
pub async fn begin(host: &dyn Host, request: JobRequest) -> Result<Job, Unbegun> {
    let owner = request.filter.owner.clone();
    let (id, request_hash) = match &request.idempotency {
        None => (JobId::from(host.new_id().as_str()), None),
        Some((key, hash)) => (JobId::from(derive(&["job", &owner, key])), Some(hash.clone())),
    };
    if let Some(before) = host.jobs().job(&owner, &id).await? {
        return same(before, request_hash.as_deref());
    }
    // An erasure removes the others.
    if request.action != Action::Erase && running(host, &owner).await? >= limits::JOBS_RUNNING {
        return Err(Unbegun::TooMany);
    }
    let now = host.now();
    let filter = meant(request.filter, request.action, now);
    let matched = matched(host, &filter).await?;
    let mut job = Job {
        id: id.clone(),
        owner: owner.clone(),
        action: request.action,
        filter,
        reason: request.reason,
        request_hash: request_hash.clone(),
        status: JobStatus::Running,
        matched: matched.executions,
        matched_more: matched.more,
        done: 0,
        refused: 0,
        failed: 0,
        erased: BTreeMap::new(),
        errors: Vec::new(),
        batch: Vec::new(),
        cursor: None,
        more: true,
        slice: 1,
        tries: 0,
        waits: None,
        due_at: Some(now),
        created_at: now,
        created_by: request.by,
        updated_at: now,
        completed_at: None,
        cancelled_by: None,
        version: 0,
    };
    let (batch, cursor) = list(host, &job.filter, None).await?;
    job.goes_on_with(batch, cursor, now);
    match host.jobs().put_job(job).await {
        // The same request came twice at once.
        Err(StoreError::Conflict) => match host.jobs().job(&owner, &id).await? {
            Some(before) => same(before, request_hash.as_deref()),
            None => Err(StoreError::Conflict.into()),
        },
        put => {
            let job = put?;
            tracing::info!(job = %job.id, action = %job.action, matched = job.matched, "a job begins");
            Ok(job)
        }
    }
}

/// Makes the job that erases everything that is kept of an owner. Where one is running, that one is it.
///
/// # Errors
/// An [`Unbegun`]; nothing was recorded then.
pub async fn begin_erasure(host: &dyn Host, owner: &str, reason: Option<String>, by: String) -> Result<Job, Unbegun> {
    let newest = host.jobs().jobs(owner, &Window { limit: 200, cursor: None }).await?.items;
    if let Some(running) = newest.into_iter().find(|job| job.action == Action::Erase && !job.is_over()) {
        return Ok(running);
    }
    let filter = ExecutionFilter { owner: owner.to_owned(), ..ExecutionFilter::default() };
    begin(host, JobRequest { action: Action::Erase, filter, reason, by, idempotency: None }).await
}

/// The job that a request made before, unless another one did.
fn same(before: Job, hash: Option<&str>) -> Result<Job, Unbegun> {
    if before.request_hash.as_deref() == hash { Ok(before) } else { Err(Unbegun::KeyReused) }
}

/// How many of an owner's newest jobs are running. Older ones count no more, since each new one was counted against them.
async fn running(host: &dyn Host, owner: &str) -> Result<usize, StoreError> {
    let page = host.jobs().jobs(owner, &Window { limit: 200, cursor: None }).await?;
    Ok(page.items.iter().filter(|job| !job.is_over()).count())
}

/// The filter that a job of this moment goes by: what starts later is not met, so that a job ends.
fn meant(filter: ExecutionFilter, action: Action, now: Time) -> ExecutionFilter {
    let now = Time(now.0.saturating_add(1));
    let until = filter.until.map_or(now, |until| until.min(now));
    let statuses = if filter.statuses.is_empty() { action.meant().to_vec() } else { filter.statuses };
    ExecutionFilter { statuses, until: Some(until), ..filter }
}

/// What a job would meet now. Nothing is recorded.
///
/// # Errors
/// What the store says.
pub async fn preview(host: &dyn Host, action: Action, filter: ExecutionFilter) -> Result<Matched, StoreError> {
    matched(host, &meant(filter, action, host.now())).await
}

/// Counts the executions that a filter lets through, to a bound and for a few seconds.
async fn matched(host: &dyn Host, filter: &ExecutionFilter) -> Result<Matched, StoreError> {
    let until = host.now() + limits::JOB_COUNTING;
    let (mut found, mut cursor) = (Matched::default(), None);
    loop {
        let page = host.index().executions(filter, &Window { limit: limits::JOB_PAGE, cursor }).await?;
        for head in page.items {
            found.executions += 1;
            *found.statuses.entry(head.status).or_insert(0) += 1;
            if found.first.len() < limits::JOB_SHOWN {
                found.first.push(head.id);
            }
        }
        cursor = page.next_cursor;
        found.more = cursor.is_some();
        if !found.more || found.executions >= limits::JOB_COUNTED || host.now() >= until {
            return Ok(found);
        }
    }
}

/// Cancels a job and returns it; as it ended, where it had ended otherwise. What it has done stays done, and the slice
/// that is under way is brought to its end. None where the owner has no such job.
///
/// # Errors
/// What the store says.
pub async fn cancel(host: &dyn Host, owner: &str, id: &JobId, by: &str) -> Result<Option<Job>, StoreError> {
    loop {
        let Some(mut job) = host.jobs().job(owner, id).await? else { return Ok(None) };
        if job.is_over() {
            return Ok(Some(job));
        }
        job.cancel(by, host.now());
        match host.jobs().put_job(job).await {
            // A slice was counted in between.
            Err(StoreError::Conflict) => {}
            put => return put.map(Some),
        }
    }
}
