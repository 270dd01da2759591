//! States in memory, bounded by count and by the journal text and offloaded values behind them; what is used again stays.

use super::limits;
use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{execution::Execution, id::ExecutionId};

const SHARDS: usize = 16;

/// States by execution.
pub struct Cache {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<ExecutionId, Entry>,
    /// Oldest first; an entry that was used meanwhile goes round once more (the CLOCK algorithm).
    order: VecDeque<ExecutionId>,
    bytes: usize,
    /// How often something was removed.
    removals: u64,
}

struct Entry {
    state: Arc<Execution>,
    bytes: usize,
    used: bool,
}

impl Default for Cache {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl Cache {
    /// The state, where it is in memory.
    pub fn get(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        let mut shard = self.shard(id);
        let entry = shard.entries.get_mut(id)?;
        entry.used = true;
        Some(entry.state.clone())
    }

    /// Keeps a state unless a newer one is there. `bytes` of text were added to the entry, or make up a new one.
    pub fn put(&self, state: Arc<Execution>, bytes: usize) {
        self.shard(state.id()).put(state, bytes);
    }

    /// To be asked before a state is read that [`Self::put_read`] is to keep.
    pub fn removals(&self, id: &ExecutionId) -> u64 {
        self.shard(id).removals
    }

    /// Keeps a state that was read, unless something was removed since: it may be what is no more.
    pub fn put_read(&self, state: Arc<Execution>, bytes: usize, removals: u64) {
        let mut shard = self.shard(state.id());
        if shard.removals == removals {
            shard.put(state, bytes);
        }
    }

    /// Forgets a state that is not to be had any more.
    pub fn remove(&self, id: &ExecutionId) {
        let mut shard = self.shard(id);
        shard.removals += 1;
        shard.forget(id);
    }

    fn shard(&self, id: &ExecutionId) -> MutexGuard<'_, Shard> {
        let at = self.hasher.hash_one(id) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn put(&mut self, state: Arc<Execution>, bytes: usize) {
        let id = state.id().clone();
        let over = state.end.is_some();
        match self.entries.get_mut(&id) {
            Some(entry) if entry.state.seq >= state.seq => return,
            Some(entry) => {
                // What is over is needed no more; what goes on is.
                entry.used = state.end.is_none();
                entry.state = state;
                entry.bytes += bytes;
            }
            None => {
                self.order.push_back(id.clone());
                self.entries.insert(id.clone(), Entry { state, bytes, used: false });
            }
        }
        self.bytes += bytes;
        while self.is_full() && self.order.len() > 1 && self.turn() {}
        // One that is larger than the share stays while it goes on, and no longer.
        if over && self.is_full() {
            self.forget(&id);
        }
    }

    /// Forgotten entries leave their place in the order behind: those must not pile up either.
    fn is_full(&self) -> bool {
        self.entries.len() > limits::CACHED / SHARDS
            || self.bytes > limits::CACHED_BYTES / SHARDS
            || self.order.len() > limits::CACHED / SHARDS * 2
    }

    /// Looks at the oldest entry: out it goes, or round once more. False where there is none.
    fn turn(&mut self) -> bool {
        let Some(id) = self.order.pop_front() else { return false };
        match self.entries.get_mut(&id) {
            Some(entry) if entry.used => {
                entry.used = false;
                self.order.push_back(id);
            }
            _ => self.forget(&id),
        }
        true
    }

    fn forget(&mut self, id: &ExecutionId) {
        if let Some(entry) = self.entries.remove(id) {
            self.bytes -= entry.bytes;
            if self.order.front() == Some(id) {
                self.order.pop_front();
            }
        }
    }
}
