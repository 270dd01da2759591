//! What is ready, by execution.

use super::Item;
use crate::store::limits;
use engine::port::Receipt;
use std::collections::{HashMap, HashSet, VecDeque};
use stepwell_core::{effect::Work, id::ExecutionId};

/// Ready messages. An execution is one lane; nodes that do I/O have a line of their own.
#[derive(Default)]
pub struct Lanes {
    lanes: HashMap<ExecutionId, Lane>,
    ready: VecDeque<ExecutionId>,
    io: VecDeque<Item>,
    handed_out: HashSet<Receipt>,
    /// Workers that run, and of those, the ones that have not looked for work yet.
    workers: usize,
    starting: usize,
    io_running: usize,
    /// Hands nothing out any more.
    pub stopped: bool,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<Item>,
    busy: bool,
}

/// What is to be spawned after a change.
#[derive(Default)]
pub struct Spawn {
    /// So many workers, each counted as starting.
    pub workers: usize,
    /// These, each on its own.
    pub io: Vec<Item>,
}

impl Lanes {
    /// A message is ready.
    pub fn push(&mut self, item: Item) {
        if matches!(item.delivery.message.work, Work::Step { io: true, .. }) {
            self.io.push_back(item);
            return;
        }
        let lane = self.lanes.entry(item.delivery.message.execution.clone()).or_default();
        if !lane.busy && lane.waiting.is_empty() {
            self.ready.push_back(item.delivery.message.execution.clone());
        }
        lane.waiting.push_back(item);
    }

    /// What a commit acknowledged needs no acknowledgement of its own.
    pub fn committed(&mut self, acks: &[Receipt]) {
        for receipt in acks {
            self.handed_out.remove(receipt);
        }
    }

    /// Whether a message that was handed out still needs to be acknowledged; it counts as settled from now on.
    pub fn settle(&mut self, receipt: Receipt) -> bool {
        self.handed_out.remove(&receipt)
    }

    /// What should be spawned now.
    pub fn spawn(&mut self) -> Spawn {
        let mut spawn = Spawn::default();
        if self.stopped {
            return spawn;
        }
        let wanted = self.ready.len().saturating_sub(self.starting);
        spawn.workers = wanted.min(limits::LANES.saturating_sub(self.workers));
        self.workers += spawn.workers;
        self.starting += spawn.workers;
        while self.io_running < limits::IO
            && let Some(item) = self.io.pop_front()
        {
            self.io_running += 1;
            self.handed_out.insert(item.delivery.receipt);
            spawn.io.push(item);
        }
        spawn
    }

    /// A worker begins.
    pub fn started(&mut self) {
        self.starting -= 1;
    }

    /// The next batch of one execution; none: the worker ends. A message that failed before goes alone, so that it
    /// takes no other along.
    pub fn take(&mut self) -> Option<Vec<Item>> {
        let next = if self.stopped { None } else { self.ready.pop_front() };
        let lane = next.as_ref().and_then(|id| self.lanes.get_mut(id));
        let Some(lane) = lane else {
            self.workers -= 1;
            return None;
        };
        lane.busy = true;
        let mut batch: Vec<Item> = Vec::new();
        while batch.len() < limits::BATCH
            && let Some(item) = lane.waiting.front()
        {
            let alone = item.failures > 0 || batch.first().is_some_and(|first| first.failures > 0);
            if alone && !batch.is_empty() {
                break;
            }
            batch.extend(lane.waiting.pop_front());
        }
        self.handed_out.extend(batch.iter().map(|item| item.delivery.receipt));
        Some(batch)
    }

    /// A batch of an execution was handled.
    pub fn finish(&mut self, id: &ExecutionId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.busy = false;
        if lane.waiting.is_empty() {
            self.lanes.remove(id);
        } else {
            self.ready.push_back(id.clone());
        }
    }

    /// A node that did I/O was handled.
    pub fn finish_io(&mut self) {
        self.io_running -= 1;
    }

    /// Nothing is being handled.
    pub fn is_idle(&self) -> bool {
        self.workers == 0 && self.io_running == 0
    }
}
