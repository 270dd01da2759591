//! Schedules of saved workflows: durable rows, and a task that sleeps until the soonest.
//!
//! An execution's id is made of its workflow, its node and its time, and its row moves on only after the start is
//! durable: a crash between the two starts nothing twice.

mod table;

pub use table::{Key, Row, Unreadable};
pub(crate) use table::{drop_plan, keep_plan};

use crate::Local;
use serde_json::{Map, json};
use shared::{
    id::sha256_hex,
    port::{Catalogue, Host, Store, StoreError},
    time::Time,
};
use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};
use trigger::{StartError, StartRequest};

/// Rows taken up at once: whatever is due, in bites that leave the readers to others.
const BITE: usize = 64;
/// The longest sleep: the machine's clock may be set, or may stand still while the machine sleeps.
const LONGEST: Duration = Duration::from_secs(15);
/// Before a store that failed is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// Before a row that cannot be read is looked at again: saving its workflow once more makes a new one at any time.
const UNREADABLE: Duration = Duration::from_secs(3600);
/// Who started such an execution.
const SUBJECT: &str = "schedule";

/// Starts executions as their times come; goes on until the host is gone or stopped.
pub async fn run(host: Weak<Local>) {
    let Some(first) = host.upgrade() else { return };
    let (awake, changed) = (first.now(), first.database().hub.replanned.clone());
    drop(first);
    loop {
        let rest = match host.upgrade() {
            None => return,
            Some(host) if host.database().hub.dispatcher.is_stopped() => return,
            Some(host) => round(&host, awake).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "schedules wait: the store cannot be asked");
                AGAIN
            }),
        };
        let _ = tokio::time::timeout(rest.min(LONGEST), changed.notified()).await;
    }
}

/// Takes up what is due. Returns for how long nothing is.
async fn round(host: &Arc<Local>, awake: Time) -> Result<Duration, StoreError> {
    loop {
        let rows = host.database().due(host.now(), BITE).await?;
        if rows.is_empty() {
            let soonest = host.database().soonest().await?;
            return Ok(soonest.map_or(LONGEST, |at| at.since(host.now())));
        }
        let mut failed = None;
        for row in rows {
            let taken = match row {
                Ok(row) => take_up(host, row, awake).await,
                Err(unreadable) => put_off(host, unreadable).await,
            };
            // One that the store cannot serve keeps no other waiting.
            failed = failed.or(taken.err());
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

/// A row that this release cannot read: kept, with the reason, and out of the way of the others.
async fn put_off(host: &Arc<Local>, row: Unreadable) -> Result<(), StoreError> {
    let Unreadable { key, error } = row;
    tracing::warn!(workflow = %key.workflow, node = %key.node, error,
        "a schedule cannot be read: save its workflow again");
    host.metrics().unstarted.fetch_add(1, Relaxed);
    let later = host.now() + UNREADABLE;
    host.database().advance(key, Some(later), Some(error)).await
}

async fn take_up(host: &Arc<Local>, row: Row, awake: Time) -> Result<(), StoreError> {
    let due = row.schedule.due(row.next_at, awake, host.now());
    let mut error = None;
    if due.starts {
        match start(host, &row).await {
            Ok(()) => drop(host.metrics().scheduled.fetch_add(1, Relaxed)),
            Err(StartError::Store(StoreError::Transient(why))) => return Err(StoreError::Transient(why)),
            Err(why) => {
                let why = told(&why);
                tracing::warn!(workflow = %row.workflow, node = %row.node, scheduled_at = %row.next_at, error = why,
                    "a scheduled execution was not started");
                host.metrics().unstarted.fetch_add(1, Relaxed);
                error = Some(why);
            }
        }
    }
    host.database().advance(row.key(), due.next_at, error).await
}

async fn start(host: &Arc<Local>, row: &Row) -> Result<(), StartError> {
    let saved = host.saved(&row.owner, row.workflow.as_str(), None).await?.filter(|saved| !saved.deleted);
    let Some(saved) = saved else { return Err(StartError::NotFound(row.workflow.to_string())) };
    let Some(workflow) = host.workflow(&saved.hash).await? else {
        return Err(StoreError::Permanent(format!("the document {} is not stored", saved.hash)).into());
    };
    let at = row.next_at.to_string();
    let key = format!("schedule\n{}\n{}\n{at}", row.workflow, row.node);
    let hash = sha256_hex(key.as_bytes());
    let request = StartRequest {
        owner: row.owner.clone(),
        workflow,
        version: saved.version,
        input: json!({ "scheduled_at": at }),
        metadata: Map::new(),
        started_by: Some(SUBJECT.into()),
        trigger: Some(row.node.clone()),
        idempotency: Some((key, hash)),
        awaited: false,
    };
    trigger::start(&**host, request).await.map(drop)
}

fn told(error: &StartError) -> String {
    match error {
        StartError::InvalidInput(violations) => {
            let list: Vec<String> = violations.iter().map(|one| format!("{} at `{}`", one.message, one.path)).collect();
            format!("{error} (it is given `scheduled_at` alone): {}", list.join("; "))
        }
        other => other.to_string(),
    }
}
