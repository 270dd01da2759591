//! Goes on with jobs over many executions: one task that sleeps until there is one. What is asked of each execution,
//! [`engine::bulk`] says.

use crate::{Local, asker::Asker};
use engine::{
    bulk::drive::{EACH, drive},
    port::{Clock, StoreError},
};
use std::{sync::Weak, time::Duration};

/// The longest sleep: the machine's clock may be set, or may stand still while the machine sleeps.
const LONGEST: Duration = Duration::from_secs(15);
/// How long slices are done without a look at whether the host stops: a few seconds beyond what the last one takes.
const ROUND: Duration = Duration::from_secs(2);
/// Pause before a store that failed is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The task: goes on with jobs until the host is gone or stops.
pub async fn run(host: Weak<Local>) {
    let Some(first) = host.upgrade() else { return };
    let put = first.database().hub.jobs.clone();
    drop(first);
    loop {
        let rest = match host.upgrade() {
            None => return,
            Some(host) if host.is_stopping() => return,
            Some(host) => round(&host).await.unwrap_or_else(|error| {
                if !host.is_stopping() {
                    tracing::warn!(%error, "jobs wait: the store cannot be asked");
                }
                AGAIN
            }),
        };
        let _ = tokio::time::timeout(rest.min(LONGEST), put.notified()).await;
    }
}

/// Does slices of the jobs that are due, for a while. Callers come first, and the owner's executions in turn with it.
/// Returns how long it is until the next slice is due.
async fn round(host: &Local) -> Result<Duration, StoreError> {
    Asker::queue(drive(host, host.now() + EACH + ROUND)).await?;
    let soonest = host.database().next_job().await?;
    Ok(soonest.map_or(LONGEST, |at| at.since(host.now())))
}
