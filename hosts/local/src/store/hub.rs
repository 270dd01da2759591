//! What a commit informs once it is durable.

use super::{cache::Cache, metrics::Metrics, saved::Saved, watch::Watch};
use crate::queue::Dispatcher;
use std::sync::Arc;
use tokio::sync::Notify;

/// What a commit informs once it is durable: caches, watchers and the queue. The database shares it with the commits
/// that wait for the writer.
pub struct Hub {
    pub(crate) cache: Cache,
    pub(crate) watch: Watch,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) saved: Saved,
    /// Notified when a workflow was saved or deleted, so that the task that sleeps until the next schedule looks again.
    pub(crate) replanned: Arc<Notify>,
}
