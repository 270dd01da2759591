//! What time asks for, looked up now and then: timeouts of executions, and the end of their retention.

use crate::Local;
use engine::port::StoreError;
use std::{sync::Weak, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two looks for executions whose own timeout has passed: it is given in seconds.
const TIMEOUTS: Duration = Duration::from_millis(500);
/// Between two looks for executions to be removed: retention is given in days.
const RETENTION: Duration = Duration::from_secs(600);

/// Goes on until the host is gone.
pub async fn sweep(host: Weak<Local>) {
    let mut ticks = interval(TIMEOUTS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // At once at first: a host that is often restarted removes what is due, too.
    let mut swept: Option<Instant> = None;
    loop {
        ticks.tick().await;
        let Some(host) = host.upgrade().filter(|host| !host.is_stopping()) else { return };
        if let Err(error) = engine::supervise::end_timed_out(&*host).await {
            complain(&host, &error, "executions past their timeout could not be ended");
        }
        if swept.is_none_or(|swept| swept.elapsed() >= RETENTION) {
            match engine::supervise::remove_expired(&*host).await {
                Ok(0) => swept = Some(Instant::now()),
                // There may be more: on with it at the next tick.
                Ok(count) => tracing::info!(count, "removed executions past their retention"),
                Err(error) => {
                    swept = Some(Instant::now());
                    complain(&host, &error, "executions past their retention could not be removed");
                }
            }
        }
    }
}

/// A host that stops refuses all, as it should.
fn complain(host: &Local, error: &StoreError, what: &str) {
    if !host.is_stopping() {
        tracing::warn!(%error, "{what}");
    }
}
