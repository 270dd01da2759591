//! What the store, the queue and the schedules count since the process started; `server/metrics.rs` gives it to
//! Prometheus.

use super::question_counters::Questions;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counters that any thread may read at any time. Those of type `AtomicI64` also fall.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Turns that were committed.
    pub turns: AtomicU64,
    /// Warnings of the rules in these turns.
    pub warnings: AtomicU64,
    /// Commits that succeeded: one or more turns of one execution each.
    pub commits: AtomicU64,
    /// Commits that were refused because another turn was committed first.
    pub conflicts: AtomicU64,
    /// Transactions that the writer began, each of up to `limits::GROUP` requests.
    pub transactions: AtomicU64,
    /// Requests to write, over all transactions.
    pub requests: AtomicU64,
    /// Transactions that failed for now, such as on a full disk.
    pub refused: AtomicU64,
    /// Loads of executions whose state was in memory.
    pub hits: AtomicU64,
    /// Loads of executions that were folded from the journal, or that do not exist.
    pub misses: AtomicU64,
    /// Messages that are ready or being handled.
    pub depth: AtomicI64,
    /// Messages being handled now.
    pub active: AtomicI64,
    /// Messages that were handled, failed ones included; one counts each time that it was handed out.
    pub handled: AtomicU64,
    /// Messages whose handling failed; one counts each time that it failed.
    pub failed: AtomicU64,
    /// Messages that became dead letters.
    pub dead: AtomicU64,
    /// Executions started by their schedules.
    pub scheduled: AtomicU64,
    /// Scheduled executions that could not be started.
    pub unstarted: AtomicU64,
    /// Questions to people that ended, and messages about them.
    pub questions: Questions,
}

impl Metrics {
    /// Returns each value with the name by which `server/metrics.rs` exports it.
    pub fn all(&self) -> [(&'static str, i64); 16] {
        let n = |counter: &AtomicU64| i64::try_from(counter.load(Relaxed)).unwrap_or(i64::MAX);
        [
            ("turns", n(&self.turns)),
            ("warnings", n(&self.warnings)),
            ("commits", n(&self.commits)),
            ("conflicts", n(&self.conflicts)),
            ("transactions", n(&self.transactions)),
            ("requests", n(&self.requests)),
            ("refused", n(&self.refused)),
            ("hits", n(&self.hits)),
            ("misses", n(&self.misses)),
            ("depth", self.depth.load(Relaxed)),
            ("active", self.active.load(Relaxed)),
            ("handled", n(&self.handled)),
            ("failed", n(&self.failed)),
            ("dead", n(&self.dead)),
            ("scheduled", n(&self.scheduled)),
            ("unstarted", n(&self.unstarted)),
        ]
    }
}
