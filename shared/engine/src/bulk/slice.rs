//! One slice of a job: its executions are asked, the next ones are listed, and one conditional write says both.

use super::{ask::ask, erase, job::Outcome};
use crate::{
    delivery::children_at_once,
    limits,
    port::{Action, ExecutionFilter, Host, Job, StoreError, Window},
};
use futures::{StreamExt, future::ready, stream};
use stepwell_core::id::ExecutionId;

/// How often the record is written again because another process wrote it first. Each time that one made progress.
const CONFLICTS: u32 = 8;

/// Does the present slice of a job, and returns the job as it is stored then. Where another process counted the same slice
/// first, the job is returned as that one left it.
///
/// # Errors
/// Where the executions of the next slice cannot be listed, or the record cannot be written. What was asked stays asked.
pub async fn slice(host: &dyn Host, job: Job) -> Result<Job, StoreError> {
    if job.is_over() {
        return Ok(job);
    }
    let number = job.slice;
    let (owner, id) = (job.owner.clone(), job.id.clone());
    let beside = erase::beside(host, &job).await?;
    let outcomes = if beside.all { ask_all(host, &job).await } else { Vec::new() };
    let mut next = job;
    for _ in 0..CONFLICTS {
        next.count_erased(&beside.removed);
        match beside.all {
            true => next.take(outcomes.clone(), host.now()),
            false => next.goes_on_as_it_is(host.now()),
        }
        // Where something is left of the slice, the next one waits for it.
        if beside.all && !next.is_over() && next.batch.is_empty() {
            let (batch, cursor) = following(host, &mut next).await?;
            next.goes_on_with(batch, cursor, host.now());
        }
        match host.jobs().put_job(next).await {
            Err(StoreError::Conflict) => {}
            written => return written,
        }
        let Some(now) = host.jobs().job(&owner, &id).await? else { return Err(StoreError::Conflict) };
        // Another process counted this slice. Somebody who only cancelled the job did not.
        if now.slice != number {
            return Ok(now);
        }
        next = now;
    }
    Err(StoreError::Conflict)
}

/// The executions of the slice after the present one, and where the list goes on behind them. An erasure that has met all
/// of its list looks once more for what began meanwhile.
async fn following(host: &dyn Host, job: &mut Job) -> Result<(Vec<ExecutionId>, Option<String>), StoreError> {
    if job.more {
        let (batch, cursor) = list(host, &job.filter, job.cursor.clone()).await?;
        if job.action != Action::Erase || !batch.is_empty() || cursor.is_some() {
            return Ok((batch, cursor));
        }
    }
    if job.action != Action::Erase {
        return Ok((Vec::new(), None));
    }
    let filter = erase::later(job, host.now());
    let (batch, cursor) = list(host, &filter, None).await?;
    // One that could not be removed is counted already, and would be found for ever.
    let known = |id: &ExecutionId| job.errors.iter().any(|error| error.execution_id == *id);
    let batch: Vec<_> = batch.into_iter().filter(|id| !known(id)).collect();
    if !batch.is_empty() || cursor.is_some() {
        job.filter = filter;
    }
    Ok((batch, cursor))
}

/// Asks the executions of a slice, several at a time, as long as there is time.
async fn ask_all(host: &dyn Host, job: &Job) -> Vec<(ExecutionId, Outcome)> {
    let until = host.now() + limits::JOB_ASKING;
    let one = |(at, id): (usize, &ExecutionId)| {
        let id = id.clone();
        async move {
            if at >= limits::JOB_ASKED && host.now() >= until {
                return None;
            }
            let outcome = ask(host, job, &id).await;
            Some((id, outcome))
        }
    };
    let asking: Vec<_> = job.batch.iter().enumerate().map(one).collect();
    stream::iter(asking).buffered(children_at_once(host)).filter_map(ready).collect().await
}

/// The executions of the next slice, and where the list goes on behind them; none at its end.
pub(super) async fn list(
    host: &dyn Host,
    filter: &ExecutionFilter,
    mut cursor: Option<String>,
) -> Result<(Vec<ExecutionId>, Option<String>), StoreError> {
    let mut found = Vec::new();
    for _ in 0..limits::JOB_PAGES {
        let page = host.index().executions(filter, &Window { limit: limits::JOB_SLICE, cursor }).await?;
        found.extend(page.items.into_iter().map(|head| head.id));
        cursor = page.next_cursor;
        if !found.is_empty() || cursor.is_none() {
            break;
        }
    }
    Ok((found, cursor))
}
