//! Locks that keep commands on one execution apart.

use super::limits;
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};
use stepwell_core::id::ExecutionId;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The locks, each of which stands for many executions: an execution's id selects its lock.
pub struct Stripes {
    locks: Vec<Arc<Mutex<()>>>,
    hasher: RandomState,
}

impl Default for Stripes {
    fn default() -> Self {
        Self { locks: (0..limits::STRIPES).map(|_| Arc::default()).collect(), hasher: RandomState::new() }
    }
}

impl Stripes {
    /// Waits for the lock of an execution; none only where there are no locks at all. Its holder must not ask for the
    /// lock of another execution: the two may share one.
    pub async fn lock(&self, id: &ExecutionId) -> Option<OwnedMutexGuard<()>> {
        let lock = self.locks.get(self.hasher.hash_one(id) as usize % self.locks.len().max(1))?;
        Some(lock.clone().lock_owned().await)
    }
}
