//! A lock per key, for what must be decided one after the other within a process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};

/// Locks by key; one that nobody holds or awaits is forgotten.
#[derive(Default)]
pub struct Locks(Mutex<HashMap<String, Arc<Turnstile<()>>>>);

impl Locks {
    /// Waits for its turn; the turn ends when the guard is dropped.
    pub async fn hold(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|other, lock| other == key || Arc::strong_count(lock) > 1);
            all.entry(key.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
