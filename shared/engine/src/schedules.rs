//! Starts what the `schedule_trigger` nodes of saved workflows ask for, on every host. A host decides when it looks,
//! and keeps one row per schedule ([`Catalogue::due_schedules`](crate::port::Schedules::due_schedules)).
//!
//! The id of an execution is derived from workflow, node and scheduled time, and the row moves on only after the start
//! is durable. So neither a crash between the two nor two processes that look at the same time start anything twice.

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

/// The `started_by` of executions that a schedule starts.
const SUBJECT: &str = "schedule";

/// How long a row that cannot be read is left alone. Saving its workflow again replaces the row at any time.
const UNREADABLE: Duration = Duration::from_secs(3600);

/// What became of the schedules that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Schedules that were due and were taken up. 0 says that none is due.
    pub taken_up: usize,
    /// Executions that were started, or found to have been started before.
    pub started: u64,
    /// Starts that were refused. The row of the schedule keeps the reason.
    pub unstarted: u64,
}

/// Takes up at most `limit` schedules whose time has come, soonest first.
///
/// # Errors
/// The first error of the store. What was not taken up is still due.
pub async fn start_due(host: &dyn Host, watch: Watch, limit: usize) -> Result<Done, StoreError> {
    let (mut done, mut failed) = (Done::default(), None);
    for row in host.schedules().due_schedules(host.now(), limit).await? {
        let taken = match &row.schedule {
            Ok(schedule) => take_up(host, &row, schedule.due(row.next_at, watch, host.now()), &mut done).await,
            Err(why) => {
                tracing::warn!(workflow = %row.workflow, node = %row.node, error = why,
                    "a schedule cannot be read: save its workflow again");
                done.unstarted += 1;
                host.schedules().advance_schedule(&row, Some(host.now() + UNREADABLE), Some(why.clone())).await
            }
        };
        done.taken_up += 1;
        // An error with one schedule does not keep the others waiting.
        failed = failed.or(taken.err());
    }
    failed.map_or(Ok(done), Err)
}

/// Starts the execution that a schedule asks for, if any, and moves the schedule on to its next time. Where the start
/// may come about in a moment the schedule stays, and is tried again.
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
    host.schedules().advance_schedule(row, due.next_at, error).await
}

/// Starts the execution of one scheduled time; once, however often it is tried.
async fn start_one(host: &dyn Host, row: &Scheduled) -> Result<(), StartError> {
    let (workflow, version) = latest(host, &row.owner, row.workflow.as_str(), None).await?;
    let at = row.next_at.to_string();
    let key = format!("schedule\n{}\n{}\n{at}", row.workflow, row.node);
    let hash = sha256_hex(key.as_bytes());
    let request = StartRequest {
        owner: row.owner.clone(),
        workflow,
        version,
        pinned: false,
        input: json!({ "scheduled_at": at }),
        metadata: Map::new(),
        started_by: Some(SUBJECT.into()),
        trigger: Some(row.node.clone()),
        idempotency: Some((key, hash)),
        awaited: false,
        in_line: None,
    };
    start(host, request).await.map(drop)
}

/// Why a start was refused, for people. A schedule gives `scheduled_at` as the only input, which explains most
/// refusals.
fn told(error: &StartError) -> String {
    match error {
        StartError::InvalidInput(_) => format!("{} (it is given `scheduled_at` alone)", error.told()),
        other => other.told(),
    }
}
