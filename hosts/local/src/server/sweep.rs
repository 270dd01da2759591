//! Looks up now and then what time asks for: executions past their own timeout, and ended ones past their retention.

use crate::Local;
use engine::port::{Clock, Host, StoreError};
use std::{sync::Weak, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// Pause between two looks for executions whose own timeout has passed: it is given in seconds. Between two removals it
/// lets others write.
const TICK: Duration = Duration::from_millis(500);
/// Pause between two looks for executions to be removed: retention is given in days.
const RETENTION: Duration = Duration::from_secs(600);

/// The task: looks until the host is gone or stops. The removal of many executions takes a while, and no timeout waits for
/// it.
pub async fn sweep(host: Weak<Local>) {
    tokio::join!(end_timed_out(host.clone()), remove_expired(host));
}

async fn end_timed_out(host: Weak<Local>) {
    let mut ticks = ticks();
    loop {
        ticks.tick().await;
        let Some(host) = host.upgrade().filter(|host| !host.is_stopping()) else { return };
        if let Err(error) = engine::supervise::end_timed_out(&*host).await {
            complain(&host, &error, "executions past their timeout could not be ended");
        }
    }
}

async fn remove_expired(host: Weak<Local>) {
    let mut ticks = ticks();
    // The first look for retention is at once: a host that is often restarted removes what is due, too.
    let mut swept: Option<Instant> = None;
    loop {
        ticks.tick().await;
        let Some(host) = host.upgrade().filter(|host| !host.is_stopping()) else { return };
        if swept.is_none_or(|swept| swept.elapsed() >= RETENTION) {
            match engine::supervise::remove_expired(&*host).await {
                Ok(0) => {
                    swept = Some(Instant::now());
                    forget(&host).await;
                }
                // One call removes a bounded number, so there may be more: the next tick goes on.
                Ok(count) => tracing::info!(count, "removed executions past their retention"),
                Err(error) => {
                    swept = Some(Instant::now());
                    complain(&host, &error, "executions past their retention could not be removed");
                }
            }
        }
    }
}

/// Removes the records of jobs that ended long ago, and documents that nobody uses.
async fn forget(host: &Local) {
    let before = host.now().after_seconds(-engine::limits::JOB_DAYS * 86_400.0);
    if let Err(error) = host.jobs().forget_jobs(before).await {
        complain(host, &error, "jobs that ended long ago could not be removed");
    }
    if let Err(error) = host.database().drop_unused_documents().await {
        complain(host, &error, "documents that nobody uses could not be removed");
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Logs an error of the store, unless the host is stopping: then the store refuses everything, as it should.
fn complain(host: &Local, error: &StoreError, what: &str) {
    if !host.is_stopping() {
        tracing::warn!(%error, "{what}");
    }
}
