//! Goes on with jobs: a slice of one, then of another, so that owners have their turns.

use super::slice::slice;
use crate::{
    limits,
    port::{Host, Job, StoreError},
    supervise::in_time,
};
use document::time::Time;
use std::{collections::BTreeSet, time::Duration};

/// The longest that one slice takes. What was not done by then is gone on with later.
pub const EACH: Duration = limits::JOB_SLICE_TIME;

/// Does slices of jobs that are due until none is or `until` comes near, and returns how many. Of each owner one job is
/// taken up at a time, the one that has waited longest. A slice that fails puts its job off, and keeps no other waiting.
///
/// # Errors
/// Where the store cannot say which jobs are due, or can write none of them. The next call goes on.
pub async fn drive(host: &dyn Host, until: Time) -> Result<usize, StoreError> {
    let mut slices = 0;
    loop {
        let due = host.jobs().due_jobs(host.now(), limits::JOBS_DUE).await?;
        let (before, mut owners, mut failed) = (slices, BTreeSet::new(), None);
        for job in due {
            if until.since(host.now()) < EACH {
                return Ok(slices);
            }
            if owners.insert(job.owner.clone()) {
                match one(host, job).await {
                    Ok(_) => slices += 1,
                    Err(error) => failed = Some(error),
                }
            }
        }
        if slices == before {
            return failed.map_or(Ok(slices), Err);
        }
    }
}

/// Does slices of one job until it has ended, waits, or `until` has come; the last one may take `EACH` longer. Returns the
/// job as it is then.
///
/// # Errors
/// Where the record can neither be written nor read. Whoever drives jobs goes on.
pub async fn go_on(host: &dyn Host, mut job: Job, until: Time) -> Result<Job, StoreError> {
    while job.due_at.is_some_and(|due| due <= host.now()) && host.now() < until {
        job = one(host, job).await?;
    }
    Ok(job)
}

/// Does a slice, or puts the job off where that fails.
async fn one(host: &dyn Host, job: Job) -> Result<Job, StoreError> {
    let done = in_time(host, EACH, slice(host, job.clone())).await;
    let error = match done {
        Ok(after) => {
            if after.is_over() {
                let (done, refused, failed) = (after.done, after.refused, after.failed);
                tracing::info!(job = %after.id, status = %after.status, done, refused, failed, "a job has ended");
            }
            return Ok(after);
        }
        Err(error) => error,
    };
    tracing::warn!(job = %job.id, %error, "a slice of a job could not be done");
    let mut later = job.clone();
    later.put_off(&error, host.now());
    match host.jobs().put_job(later).await {
        // Somebody else goes on with it, or has cancelled it.
        Err(StoreError::Conflict) => Ok(host.jobs().job(&job.owner, &job.id).await?.unwrap_or(job)),
        put => put,
    }
}
