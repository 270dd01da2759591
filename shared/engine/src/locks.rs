//! One lock per key, for work that must be done one after the other within a process.

use futures::lock::{Mutex as Turnstile, OwnedMutexGuard};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Locks by key, made when they are first asked for. A lock that nobody holds or awaits is forgotten, so the map does
/// not grow with the number of keys ever used.
#[derive(Default)]
pub struct Locks(Mutex<HashMap<String, Arc<Turnstile<()>>>>);

impl Locks {
    /// Waits until nobody else holds the lock of this key, and takes it. Dropping the guard releases it.
    pub async fn hold(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // A lock with one reference is the map's alone: nobody holds or awaits it.
            all.retain(|other, lock| other == key || Arc::strong_count(lock) > 1);
            all.entry(key.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
