//! States of executions in memory. Their number is bounded, and so are the bytes of journal text behind them and of the
//! memory that their values take. States that are used again stay; the others make room (the CLOCK algorithm).
//!
//! Its rule: from the moment at which a commit or a removal is published ([`Cache::put`], [`Cache::remove`]), nothing
//! older is in memory, and no load that begins later gives anything older. The writer's thread publishes in the order of
//! its transactions, and a load that something was published under is not kept ([`Loads`]).

use super::limits;
use engine::loads::Loads;
use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{execution::Execution, id::ExecutionId};

/// Parts of the cache, each with a lock of its own, so that executions seldom wait for each other.
const SHARDS: usize = 16;

/// States by execution, in shards.
pub struct Cache {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Bytes that the states of one shard may have.
    share: usize,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<ExecutionId, Entry>,
    /// Ids in the order in which they are looked at for room, the oldest first. An entry that was used since the last
    /// look goes to the end instead.
    order: VecDeque<ExecutionId>,
    bytes: usize,
    loads: Loads<ExecutionId>,
}

struct Entry {
    state: Arc<Execution>,
    bytes: usize,
    /// Whether the entry was used since it was last looked at for room.
    used: bool,
}

impl Cache {
    /// A cache of so many bytes, and of [`limits::CACHED_BYTES`] at most.
    pub fn new(bytes: usize) -> Self {
        Self::of(SHARDS, bytes)
    }

    fn of(shards: usize, bytes: usize) -> Self {
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            share: bytes.min(limits::CACHED_BYTES) / SHARDS,
        }
    }

    /// Returns the state of an execution where it is in memory.
    pub fn get(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        let mut shard = self.shard(id);
        let entry = shard.entries.get_mut(id)?;
        entry.used = true;
        Some(entry.state.clone())
    }

    /// Loads a state that is not in memory by `read`, which reads the database and also tells the bytes of text and
    /// values behind the state. Keeps it where nothing was published meanwhile.
    pub async fn load<E>(
        &self,
        id: &ExecutionId,
        read: impl Future<Output = Result<Option<(Execution, usize)>, E>>,
    ) -> Result<Option<Arc<Execution>>, E> {
        let load = Load { cache: self, id, ticket: self.shard(id).loads.begin(id), read: None };
        let Some((state, bytes)) = read.await? else { return Ok(None) };
        let state = Arc::new(state);
        load.keep(state.clone(), bytes);
        Ok(Some(state))
    }

    /// Publishes the state that a commit led to, once that is durable, and keeps it unless it alone is too large.
    /// `bytes` is the text that led to it and the memory of its values: what the commit added to the state before, or
    /// all of it for a state that is not in memory yet.
    pub fn put(&self, state: Arc<Execution>, bytes: usize) {
        let mut shard = self.shard(state.id());
        shard.loads.changed(state.id());
        shard.put(state, bytes, self.share);
    }

    /// Notes that values of a state were fetched, which take so many bytes. The state may have to go for it.
    pub fn grow(&self, id: &ExecutionId, bytes: usize) {
        let mut shard = self.shard(id);
        if let Some(entry) = shard.entries.get_mut(id) {
            entry.bytes += bytes;
            shard.bytes += bytes;
            shard.shrink(id, self.share);
        }
    }

    /// Publishes that the database does not have an execution, or no longer has the state in memory as the latest.
    pub fn remove(&self, id: &ExecutionId) {
        let mut shard = self.shard(id);
        shard.loads.changed(id);
        shard.forget(id);
    }

    fn shard(&self, id: &ExecutionId) -> MutexGuard<'_, Shard> {
        let at = self.hasher.hash_one(id) as usize % self.shards.len();
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One load under way. It ends when it is dropped, also where its caller went away.
struct Load<'a> {
    cache: &'a Cache,
    id: &'a ExecutionId,
    ticket: u64,
    read: Option<(Arc<Execution>, usize)>,
}

impl Load<'_> {
    fn keep(mut self, state: Arc<Execution>, bytes: usize) {
        self.read = Some((state, bytes));
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        let mut shard = self.cache.shard(self.id);
        if shard.loads.end(self.id, self.ticket)
            && let Some((state, bytes)) = self.read.take()
        {
            shard.put(state, bytes, self.cache.share);
        }
    }
}

impl Shard {
    /// Keeps a state unless one of the same turn or a later is there: a load may have read a commit before it is
    /// published, and others of the same transaction with it.
    fn put(&mut self, state: Arc<Execution>, bytes: usize, share: usize) {
        let id = state.id().clone();
        match self.entries.get_mut(&id) {
            Some(entry) if entry.state.seq >= state.seq => return,
            Some(entry) => {
                // The next turn of an execution that goes on needs its state; that of an ended one is seldom asked for.
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
        self.shrink(&id, share);
    }

    /// Makes room after the entry of an execution was put in or has grown.
    fn shrink(&mut self, id: &ExecutionId, share: usize) {
        while self.is_full(share) && self.order.len() > 1 && self.turn() {}
        // The loop above leaves one entry. If that alone exceeds the shard's share, it stays while its execution goes
        // on, unless it is very large: then it is read again without its values, which are most of it.
        let large = self.bytes > share.saturating_mul(limits::CACHED_SHARES);
        let over = self.entries.get(id).is_some_and(|entry| entry.state.end.is_some());
        if (over && self.is_full(share)) || large {
            self.forget(id);
        }
    }

    /// Whether something must go. Entries that are forgotten leave their id in `order`, so its length is bounded too.
    fn is_full(&self, share: usize) -> bool {
        self.entries.len() > limits::CACHED / SHARDS
            || self.bytes > share
            || self.order.len() > limits::CACHED / SHARDS * 2
    }

    /// Looks at the oldest entry: one that was used goes to the end of the order, another is forgotten. False where
    /// there is none.
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

#[cfg(test)]
mod tests;
