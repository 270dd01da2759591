//! One slice of a job: its executions are asked, the next ones are listed, and one conditional write says both.

use super::{ask::ask, job::Outcome};
use crate::{
    delivery::children_at_once,
    limits,
    port::{ExecutionFilter, Host, Job, StoreError, Window},
};
use futures::{StreamExt, stream};
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
    let outcomes = ask_all(host, &job).await;
    let mut next = job;
    for _ in 0..CONFLICTS {
        next.take(outcomes.clone(), host.now());
        // Where something is left of the slice, the next one waits for it.
        if !next.is_over() && next.batch.is_empty() {
            let (batch, cursor) = list(host, &next.filter, next.cursor.clone()).await?;
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

/// Asks the executions of a slice, several at a time.
async fn ask_all(host: &dyn Host, job: &Job) -> Vec<(ExecutionId, Outcome)> {
    let one = |id: &ExecutionId| {
        let id = id.clone();
        async move {
            let outcome = ask(host, job, &id).await;
            (id, outcome)
        }
    };
    let asking: Vec<_> = job.batch.iter().map(one).collect();
    stream::iter(asking).buffered(children_at_once(host)).collect().await
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
