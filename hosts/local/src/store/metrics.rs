//! What the store and the queue count, for the metrics page.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Plain counters; read them at any time.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Turns committed.
    pub turns: AtomicU64,
    /// Commits that succeeded: one or more turns of one execution each.
    pub commits: AtomicU64,
    /// Commits that somebody else was quicker than.
    pub conflicts: AtomicU64,
    /// Transactions, each of up to `limits::GROUP` requests.
    pub transactions: AtomicU64,
    /// Requests over all transactions.
    pub requests: AtomicU64,
    /// Transactions that the disk refused.
    pub refused: AtomicU64,
    /// Loads answered from memory.
    pub hits: AtomicU64,
    /// Loads read from the journal.
    pub misses: AtomicU64,
    /// Messages that are ready or being handled.
    pub depth: AtomicI64,
    /// Messages being handled now.
    pub active: AtomicI64,
    /// Messages handled, failed ones too.
    pub handled: AtomicU64,
    /// Messages whose handling failed.
    pub failed: AtomicU64,
    /// Messages given up.
    pub dead: AtomicU64,
    /// Executions started by their schedules.
    pub scheduled: AtomicU64,
    /// Scheduled executions that could not be started.
    pub unstarted: AtomicU64,
}

impl Metrics {
    /// Each counter with its name.
    pub fn all(&self) -> [(&'static str, i64); 15] {
        let n = |counter: &AtomicU64| i64::try_from(counter.load(Relaxed)).unwrap_or(i64::MAX);
        [
            ("turns", n(&self.turns)),
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
