//! What time asks for, looked up now and then: timeouts of executions, and the end of their retention.

use crate::Local;
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
    let mut swept = Instant::now();
    loop {
        ticks.tick().await;
        let Some(host) = host.upgrade() else { return };
        if let Err(error) = supervisor::end_timed_out(&*host).await {
            tracing::warn!(%error, "executions past their timeout could not be ended");
        }
        if swept.elapsed() >= RETENTION {
            swept = Instant::now();
            match supervisor::remove_expired(&*host).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "removed executions past their retention"),
                Err(error) => tracing::warn!(%error, "executions past their retention could not be removed"),
            }
        }
    }
}
