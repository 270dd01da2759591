//! What `schedule_trigger` nodes of saved workflows ask for, on every host: a host says when it looks, and keeps the rows
//! ([`Catalogue::due_schedules`](crate::port::Catalogue::due_schedules)).
//!
//! An execution's id is made of its workflow, its node and its time, and its row moves on only after the start is
//! durable: a crash between the two starts nothing twice, nor do two that look at once.

use crate::{
    port::{Host, StoreError},
    start::{StartError, StartRequest, latest, start},
};
use document::{
    id::sha256_hex,
    schedule::{Due, Scheduled, Watch},
};
use serde_json::{Map, json};
use std::time::Duration;

/// Who started such an execution.
const SUBJECT: &str = "schedule";

/// Before a row that cannot be read is looked at again: saving its workflow once more makes a new one at any time.
const UNREADABLE: Duration = Duration::from_secs(3600);

/// What became of the schedules that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Schedules that were due: none are left where it is 0.
    pub taken_up: usize,
    /// Executions started, or found to have been started before.
    pub started: u64,
    /// Starts that were refused; the row says why.
    pub unstarted: u64,
}

/// Takes up at most `limit` schedules whose time has come, soonest first.
///
/// # Errors
/// Where the store fails; what was not taken up is still due.
pub async fn start_due(host: &dyn Host, watch: Watch, limit: usize) -> Result<Done, StoreError> {
    let (mut done, mut failed) = (Done::default(), None);
    for row in host.due_schedules(host.now(), limit).await? {
        let taken = match &row.schedule {
            Ok(schedule) => take_up(host, &row, schedule.due(row.next_at, watch, host.now()), &mut done).await,
            Err(why) => {
                tracing::warn!(workflow = %row.workflow, node = %row.node, error = why,
                    "a schedule cannot be read: save its workflow again");
                done.unstarted += 1;
                host.advance_schedule(&row, Some(host.now() + UNREADABLE), Some(why.clone())).await
            }
        };
        done.taken_up += 1;
        // One that the store cannot serve keeps no other waiting.
        failed = failed.or(taken.err());
    }
    failed.map_or(Ok(done), Err)
}

async fn take_up(host: &dyn Host, row: &Scheduled, due: Due, done: &mut Done) -> Result<(), StoreError> {
    let mut error = None;
    if due.starts {
        match start_one(host, row).await {
            Ok(()) => done.started += 1,
            Err(StartError::Store(error @ (StoreError::Transient(_) | StoreError::Conflict))) => return Err(error),
            Err(why) => {
                let why = told(&why);
                tracing::warn!(workflow = %row.workflow, node = %row.node, scheduled_at = %row.next_at, error = why,
                    "a scheduled execution was not started");
                done.unstarted += 1;
                error = Some(why);
            }
        }
    }
    host.advance_schedule(row, due.next_at, error).await
}

async fn start_one(host: &dyn Host, row: &Scheduled) -> Result<(), StartError> {
    let (workflow, version) = latest(host, &row.owner, row.workflow.as_str(), None).await?;
    let at = row.next_at.to_string();
    let key = format!("schedule\n{}\n{}\n{at}", row.workflow, row.node);
    let hash = sha256_hex(key.as_bytes());
    let request = StartRequest {
        owner: row.owner.clone(),
        workflow,
        version,
        input: json!({ "scheduled_at": at }),
        metadata: Map::new(),
        started_by: Some(SUBJECT.into()),
        trigger: Some(row.node.clone()),
        idempotency: Some((key, hash)),
        awaited: false,
    };
    start(host, request).await.map(drop)
}

fn told(error: &StartError) -> String {
    match error {
        StartError::InvalidInput(_) => format!("{} (it is given `scheduled_at` alone)", error.told()),
        other => other.told(),
    }
}
