//! Locks that keep commands on one execution apart.

use crate::asker::Asker;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::id::ExecutionId;
use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

/// Parts of the table, each with a lock of its own, so that executions seldom wait for each other.
const SHARDS: usize = 16;

/// A lock for each execution that somebody works on. Nobody waits for the work on another execution, and a caller waits
/// for one handler of messages at most, the one that has the lock, however many others wait.
pub struct Locks {
    shards: Vec<Arc<Mutex<Shard>>>,
    hasher: RandomState,
}

type Shard = HashMap<ExecutionId, Entry>;

#[derive(Default)]
struct Entry {
    lock: Arc<Lock<()>>,
    /// Handlers of messages hold this gate while they wait for the lock and while they have it, so that at most one of
    /// them is before a caller.
    gate: Arc<Lock<()>>,
    /// How many have the lock or wait for it. The entry goes with the last.
    users: usize,
}

/// The lock of an execution. Dropping it lets the next one in.
pub struct Held {
    // In this order: the lock is given back before the entry may go.
    _lock: OwnedMutexGuard<()>,
    _gate: Option<OwnedMutexGuard<()>>,
    _user: User,
}

/// One who has the lock or waits for it.
struct User {
    shard: Arc<Mutex<Shard>>,
    id: ExecutionId,
}

impl Drop for User {
    fn drop(&mut self) {
        let mut shard = locked(&self.shard);
        if let Some(entry) = shard.get_mut(&self.id) {
            entry.users -= 1;
            if entry.users == 0 {
                shard.remove(&self.id);
            }
        }
    }
}

impl Default for Locks {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Arc::default()).collect(), hasher: RandomState::new() }
    }
}

impl Locks {
    /// Waits for the lock of an execution. Its holder must not ask for it again.
    pub async fn lock(&self, id: &ExecutionId) -> Held {
        let shard = self.shards[self.hasher.hash_one(id) as usize % SHARDS].clone();
        let (lock, gate) = {
            let mut entries = locked(&shard);
            let entry = entries.entry(id.clone()).or_default();
            entry.users += 1;
            (entry.lock.clone(), entry.gate.clone())
        };
        let user = User { shard, id: id.clone() };
        let gate = match Asker::current() {
            Asker::Caller => None,
            Asker::Queue => Some(gate.lock_owned().await),
        };
        Held { _lock: lock.lock_owned().await, _gate: gate, _user: user }
    }
}

fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt;
    use std::pin::pin;

    impl Locks {
        fn entries(&self) -> usize {
            self.shards.iter().map(|shard| locked(shard).len()).sum()
        }
    }

    #[test]
    fn a_caller_comes_before_the_handlers_that_wait() {
        let (locks, id) = (Locks::default(), ExecutionId::from("root"));
        let held = Asker::queue(locks.lock(&id)).now_or_never().unwrap();
        let mut handlers: Vec<_> = (0..300).map(|_| Box::pin(Asker::queue(locks.lock(&id)))).collect();
        assert!(handlers.iter_mut().all(|one| one.now_or_never().is_none()), "one has it");
        let mut caller = pin!(locks.lock(&id));
        assert!(caller.as_mut().now_or_never().is_none());

        // Whoever gets it gives it back at once.
        drop(held);
        assert!(handlers.iter_mut().all(|one| one.now_or_never().is_none()), "it is not their turn");
        assert!(caller.as_mut().now_or_never().is_some(), "the caller is first");
        assert!(handlers.iter_mut().all(|one| one.now_or_never().is_some()), "then the others, in order");
    }

    #[test]
    fn no_execution_waits_for_another_and_nothing_is_left_behind() {
        let locks = Locks::default();
        let ids: Vec<ExecutionId> = (0..5_000).map(|n| format!("x{n}").into()).collect();
        let held: Vec<_> = ids.iter().map(|id| locks.lock(id).now_or_never().unwrap()).collect();
        assert_eq!(locks.entries(), 5_000);
        let mut given_up = Box::pin(locks.lock(&ids[0]));
        assert!((&mut given_up).now_or_never().is_none());
        drop(held);
        drop(given_up);
        assert_eq!(locks.entries(), 0);
    }
}
