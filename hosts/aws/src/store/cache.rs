//! The states of executions that this process has in memory, each with the end of the journal that it was made from.
//! They only shorten loads: a load still asks the table for the item that the state ends with and for what follows, and
//! so notices that the execution is gone.

use super::pack::Tail;
use crate::{billing::meter::Spent, limits};
use document::time::Time;
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
    /// Bytes of the state's text, or of the text that the state was folded from.
    pub text_bytes: usize,
    /// Bytes of the state's offloaded values, as far as they may be in memory.
    pub value_bytes: usize,
}

/// The time at which a head says that its execution is due; `None` is never.
pub type HeadDue = Option<Time>;

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
}

impl Cache {
    /// What is in memory of an execution. Reading it counts as a use.
    pub fn get(&self, id: &ExecutionId) -> Option<Known> {
        let mut kept = self.kept();
        let known = kept.entries.get(id).map(|(known, _)| known.clone())?;
        kept.touch(id);
        Some(known)
    }

    /// Keeps a state, unless it alone is larger than all may be.
    pub fn put(&self, known: Known) {
        let mut kept = self.kept();
        let id = known.state.id().clone();
        kept.remove(&id);
        if known.bytes() > limits::CACHED_BYTES {
            return;
        }
        kept.bytes += known.bytes();
        kept.entries.insert(id.clone(), (known, 0));
        kept.touch(&id);
        while kept.entries.len() > limits::CACHED || kept.bytes > limits::CACHED_BYTES {
            let Some((oldest, used)) = kept.order.pop_front() else { break };
            if kept.entries.get(&oldest).is_some_and(|(_, last)| *last == used) {
                kept.remove(&oldest);
            }
        }
    }

    /// Drops the state of an execution.
    pub fn forget(&self, id: &ExecutionId) {
        self.kept().remove(id);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
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
}
