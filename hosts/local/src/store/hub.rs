//! What a commit informs once it is durable.

use super::{
    attempts::Attempts, cache::Cache, in_hand::InHand, metrics::Metrics, moves::Moves, queue::Queue, saved::Saved,
    watch::Watch,
};
use std::sync::Arc;
use tokio::sync::Notify;

/// What a commit informs once it is durable: caches, watchers and the queue. The database shares it with the commits
/// that wait for the writer.
pub struct Hub {
    pub(crate) cache: Cache,
    pub(crate) watch: Watch,
    pub(crate) attempts: Attempts,
    pub(crate) in_hand: InHand,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) saved: Saved,
    /// Which executions this process moves.
    pub(crate) moves: Moves,
    /// Notified when a workflow was saved or deleted, so that the task that sleeps until the next schedule looks again.
    pub(crate) replanned: Arc<Notify>,
    /// Notified when a job was put, so that the task that goes on with jobs looks again.
    pub(crate) jobs: Arc<Notify>,
}
