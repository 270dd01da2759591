//! The states of executions that this process has in memory, each with the end of the journal that it was made from.
//! They only shorten loads: a load still asks the table for the item that the state ends with and for what follows, and
//! so notices that the execution is gone.

use super::pack::Tail;
use crate::{billing::meter::Spent, limits};
use document::{json::memory_of_text, time::Time};
use engine::loads::Loads;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{execution::Execution, id::ExecutionId};

/// A state, and the end of the journal that it was made from.
#[derive(Clone, Debug)]
pub struct Known {
    /// The state after the journal's last item.
    pub state: Arc<Execution>,
    /// The number of the first turn in the last item.
    pub first: u64,
    /// The writer of the last item. Another item that took its number has another writer.
    pub writer: Vec<u8>,
    /// Where the newest stored state lies, and how much follows it.
    pub tail: Tail,
    /// The time at which the head says that the execution is due, where the state says another: the head is written
    /// only when an execution becomes due earlier, not later.
    pub head_due: Option<HeadDue>,
    /// What the execution has used up to the last item.
    pub spent: Spent,
    /// Bytes of memory that the state takes without its offloaded values, by its text or by the text that it was folded
    /// from.
    pub text_bytes: usize,
    /// Bytes of memory that the state's offloaded values take, as far as they are there.
    pub value_bytes: usize,
}

/// The time at which a head says that its execution is due; `None` is never.
pub type HeadDue = Option<Time>;

/// Bytes of memory that what was read from a text takes: more than the bytes of the text, up to forty times as much. More
/// than may be kept is not counted.
pub fn text_memory(text: &str) -> usize {
    memory_of_text(text.as_bytes(), limits::CACHED_BYTES)
}

/// Bytes of memory that the offloaded values of a state take, as far as they are there. More than may be kept is not
/// counted.
pub fn value_memory(state: &Execution) -> usize {
    let offloaded = state.payloads().into_iter().filter(|payload| payload.blob().is_some());
    let mut total = 0;
    for payload in offloaded {
        total += payload.memory(limits::CACHED_BYTES);
        if total > limits::CACHED_BYTES {
            break;
        }
    }
    total
}

impl Known {
    fn bytes(&self) -> usize {
        self.text_bytes + self.value_bytes
    }
}

/// The states in memory, bounded by their number and their bytes. The one that was used longest ago is dropped first.
#[derive(Default)]
pub struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Each entry has the number of its last use.
    entries: HashMap<ExecutionId, (Known, u64)>,
    /// Uses by number, oldest first. A use that is not the last of its entry is skipped.
    order: VecDeque<(ExecutionId, u64)>,
    /// The number of uses so far.
    uses: u64,
    /// The bytes of all entries.
    bytes: usize,
    loads: Loads<ExecutionId>,
}

impl Cache {
    /// What is in memory of an execution. Reading it counts as a use.
    pub fn get(&self, id: &ExecutionId) -> Option<Known> {
        let mut kept = self.kept();
        let known = kept.entries.get(id).map(|(known, _)| known.clone())?;
        kept.touch(id);
        Some(known)
    }

    /// Keeps the state that a commit of this process led to, unless a later one of the same execution is there or it
    /// alone is larger than all may be.
    pub fn put(&self, known: Known) {
        let mut kept = self.kept();
        kept.loads.changed(known.state.id());
        kept.put(known);
    }

    /// Begins to read a state, before the table is asked. Where this process commits or drops a state of the execution
    /// meanwhile, what is read is not kept: it may be older.
    pub fn begin<'a>(&'a self, id: &'a ExecutionId) -> Load<'a> {
        Load { cache: self, id, ticket: self.kept().loads.begin(id), read: None }
    }

    /// Notes that values of so many bytes were fetched for an execution. Where its state is here, it shares them, and takes
    /// more memory from now on.
    pub fn grew(&self, id: &ExecutionId, bytes: usize) {
        let mut kept = self.kept();
        let Some((known, _)) = kept.entries.get_mut(id) else { return };
        known.value_bytes += bytes;
        let alone = known.bytes();
        kept.bytes += bytes;
        if alone > limits::CACHED_BYTES {
            kept.remove(id);
        }
        kept.make_room();
    }

    /// Drops the state of an execution.
    pub fn forget(&self, id: &ExecutionId) {
        let mut kept = self.kept();
        kept.loads.changed(id);
        kept.remove(id);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A read under way. It ends when it is dropped, also where its caller went away.
pub struct Load<'a> {
    cache: &'a Cache,
    id: &'a ExecutionId,
    ticket: u64,
    read: Option<Known>,
}

impl Load<'_> {
    /// Keeps what was read, as [`Cache::put`] does, where nothing happened meanwhile.
    pub fn keep(mut self, known: Known) {
        self.read = Some(known);
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        let mut kept = self.cache.kept();
        if kept.loads.end(self.id, self.ticket)
            && let Some(known) = self.read.take()
        {
            kept.put(known);
        }
    }
}

impl Kept {
    fn put(&mut self, known: Known) {
        let id = known.state.id().clone();
        // Two commits of one execution may end in either order here. A start under the id of a removed execution has
        // another time.
        let is_later = |(there, _): &(Known, u64)| {
            there.state.started_at == known.state.started_at && there.state.seq > known.state.seq
        };
        if self.entries.get(&id).is_some_and(is_later) {
            return;
        }
        self.remove(&id);
        if known.bytes() > limits::CACHED_BYTES {
            return;
        }
        self.bytes += known.bytes();
        self.entries.insert(id.clone(), (known, 0));
        self.touch(&id);
        self.make_room();
    }

    /// Drops what was used longest ago as long as there is too much.
    fn make_room(&mut self) {
        while self.entries.len() > limits::CACHED || self.bytes > limits::CACHED_BYTES {
            let Some((oldest, used)) = self.order.pop_front() else { break };
            if self.entries.get(&oldest).is_some_and(|(_, last)| *last == used) {
                self.remove(&oldest);
            }
        }
    }

    fn touch(&mut self, id: &ExecutionId) {
        self.uses += 1;
        let uses = self.uses;
        if let Some((_, used)) = self.entries.get_mut(id) {
            *used = uses;
            self.order.push_back((id.clone(), uses));
        }
        // Uses that were followed by others pile up in the queue, and are dropped now and then.
        if self.order.len() > limits::CACHED * 8 {
            let entries = &self.entries;
            self.order.retain(|(id, used)| entries.get(id).is_some_and(|(_, last)| last == used));
        }
    }

    fn remove(&mut self, id: &ExecutionId) {
        if let Some((known, _)) = self.entries.remove(id) {
            self.bytes -= known.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use document::{parse, time::Time};
    use serde_json::json;
    use stepwell_core::{command::Command, decide::decide, event::Started};

    fn known(id: usize, bytes: usize) -> Known {
        let document = json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
        let workflow = parse(&document).unwrap().workflow;
        let started = Started::new(id.to_string().into(), &workflow, json!({}), Time(0));
        let state = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
        let (tail, spent) = (Tail::default(), Spent::default());
        let (text_bytes, value_bytes) = (bytes, 0);
        Known {
            state: Arc::new(state),
            first: 1,
            writer: Vec::new(),
            tail,
            head_due: None,
            spent,
            text_bytes,
            value_bytes,
        }
    }

    #[test]
    fn it_holds_so_many_and_so_much_and_what_is_used_stays() {
        let cache = Cache::default();
        for id in 0..limits::CACHED + 10 {
            cache.put(known(id, 1));
            cache.get(&"0".into());
        }
        assert!(cache.get(&"0".into()).is_some() && cache.get(&"1".into()).is_none());
        assert_eq!(cache.kept().entries.len(), limits::CACHED);
        cache.put(known(9_999, limits::CACHED_BYTES - 5));
        assert!(cache.kept().bytes <= limits::CACHED_BYTES);
        assert!(cache.get(&"9999".into()).is_some());
        cache.put(known(10_000, limits::CACHED_BYTES + 1));
        assert!(cache.get(&"10000".into()).is_none(), "larger than all");
        cache.forget(&"9999".into());
        assert!(cache.get(&"9999".into()).is_none());
    }

    #[test]
    fn values_that_are_fetched_count_and_what_they_make_too_large_is_dropped() {
        let cache = Cache::default();
        for id in 0..4 {
            cache.put(known(id, 1));
        }
        cache.grew(&"0".into(), limits::CACHED_BYTES / 2);
        cache.grew(&"1".into(), limits::CACHED_BYTES / 2);
        assert!(cache.get(&"0".into()).is_none() && cache.get(&"1".into()).is_some(), "the older one made room");
        cache.grew(&"2".into(), limits::CACHED_BYTES);
        assert!(cache.get(&"2".into()).is_none() && cache.get(&"3".into()).is_some(), "one alone is too much");
        cache.grew(&"gone".into(), limits::CACHED_BYTES);
        let kept = cache.kept();
        assert_eq!(kept.bytes, kept.entries.values().map(|(known, _)| known.bytes()).sum::<usize>());
    }

    fn later(known: &Known, seq: u64) -> Known {
        let mut state = (*known.state).clone();
        state.seq = seq;
        Known { state: Arc::new(state), ..known.clone() }
    }

    #[test]
    fn what_was_read_before_this_process_committed_is_not_kept() {
        let (cache, first, id) = (Cache::default(), known(1, 1), "1".into());
        let seq = || cache.get(&id).map(|known| known.state.seq);
        // Given a read of the first turn, during which the second is committed and makes room for another.
        let load = cache.begin(&id);
        cache.put(later(&first, 2));
        cache.put(known(2, limits::CACHED_BYTES));
        assert_eq!(seq(), None);
        // Then the first is not kept; one that was read afterwards is.
        load.keep(first.clone());
        assert_eq!(seq(), None);
        cache.begin(&id).keep(later(&first, 2));
        assert_eq!(seq(), Some(2));
        // And a commit that is told late does not take back the one after it.
        cache.put(first.clone());
        assert_eq!(seq(), Some(2));
        drop(cache.begin(&id));
        assert!(cache.kept().loads.is_idle());
    }
}
