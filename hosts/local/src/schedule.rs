//! Starts executions of `schedule_trigger` nodes: durable rows, and one task that sleeps until the soonest of them.
//! What is to be done about a row that is due, [`engine::schedules`] decides.

use crate::Local;
use document::schedule::Watch;
use engine::{
    port::{Clock, StoreError},
    schedules::start_due,
};
use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    time::Duration,
};

/// Rows taken up at once. All that are due are taken up, but in parts, so that other reads have their turn.
const BITE: usize = 64;
/// The longest sleep: the machine's clock may be set, or may stand still while the machine sleeps.
const LONGEST: Duration = Duration::from_secs(15);
/// Pause before a store that failed is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The task: starts executions as their times come, until the host is gone or stops.
pub async fn run(host: Weak<Local>) {
    let Some(first) = host.upgrade() else { return };
    let (watch, changed) = (Watch::since(first.now()), first.database().hub.replanned.clone());
    drop(first);
    loop {
        let rest = match host.upgrade() {
            None => return,
            Some(host) if host.is_stopping() => return,
            Some(host) => round(&host, watch).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "schedules wait: the store cannot be asked");
                AGAIN
            }),
        };
        let _ = tokio::time::timeout(rest.min(LONGEST), changed.notified()).await;
    }
}

/// Takes up all rows that are due. Returns how long it is until the next one is.
async fn round(host: &Arc<Local>, watch: Watch) -> Result<Duration, StoreError> {
    loop {
        let done = start_due(&**host, watch, BITE).await?;
        host.metrics().scheduled.fetch_add(done.started, Relaxed);
        host.metrics().unstarted.fetch_add(done.unstarted, Relaxed);
        if done.taken_up == 0 {
            let soonest = host.database().soonest().await?;
            return Ok(soonest.map_or(LONGEST, |at| at.since(host.now())));
        }
    }
}
