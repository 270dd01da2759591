//! What this process knows of executions: their last state and where their journal ended then. It only shortens loads:
//! each still asks the table, from the item that the state ends with on, and so notices that the execution is gone.

use super::pack::Tail;
use crate::{limits, meter::Spent};
use document::time::Time;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::{execution::Execution, id::ExecutionId};

/// A state and the journal's end that it was made from.
#[derive(Clone, Debug)]
pub struct Known {
    /// The state.
    pub state: Arc<Execution>,
    /// The number of the last item's first turn.
    pub first: u64,
    /// The mark of whoever wrote that item: another item of that number has another.
    pub writer: Vec<u8>,
    /// Where stored states lie.
    pub tail: Tail,
    /// When its head says that it is due, where that is not when the state is: the head is written when an execution is
    /// due earlier, and stays when it is due later.
    pub head_due: Option<HeadDue>,
    /// What the execution has used up to then.
    pub spent: Spent,
    /// Bytes of the state's text, or of what it was folded from.
    pub text_bytes: usize,
    /// Bytes of its offloaded values, as far as they may be in memory.
    pub value_bytes: usize,
}

/// When a head says that its execution is due; none is never.
pub type HeadDue = Option<Time>;

impl Known {
    fn bytes(&self) -> usize {
        self.text_bytes + self.value_bytes
    }
}

/// Known executions, bounded by number and bytes; who was used longest ago is forgotten first.
#[derive(Default)]
pub struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: HashMap<ExecutionId, (Known, u64)>,
    /// Uses, oldest first; one that an entry has forgotten is skipped.
    order: VecDeque<(ExecutionId, u64)>,
    uses: u64,
    bytes: usize,
}

impl Cache {
    /// What is known of an execution.
    pub fn get(&self, id: &ExecutionId) -> Option<Known> {
        let mut kept = self.kept();
        let known = kept.entries.get(id).map(|(known, _)| known.clone())?;
        kept.touch(id);
        Some(known)
    }

    /// Keeps what is known.
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

    /// Forgets an execution.
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
