//! The messages that are ready, by execution, and how many of them are being handled. Pure bookkeeping under the
//! dispatcher's lock.

use crate::store::{limits, messages::Item};
use engine::port::Receipt;
use std::collections::{HashMap, HashSet, VecDeque};
use stepwell_core::{effect::Work, id::ExecutionId};

/// Ready messages. Those of one execution wait in a lane, of which one batch at a time is handed out. Nodes that do I/O
/// wait in a line of their own and are handed out singly.
#[derive(Default)]
pub struct Lanes {
    lanes: HashMap<ExecutionId, Lane>,
    /// Executions with waiting messages of which none is being handled, in the order of their turn.
    ready: VecDeque<ExecutionId>,
    io: VecDeque<Item>,
    /// Receipts of messages that were handed out and that no commit has acknowledged yet.
    handed_out: HashSet<Receipt>,
    /// Workers that run.
    workers: usize,
    /// Workers among them that have not looked for work yet.
    starting: usize,
    /// Nodes with I/O that run.
    io_running: usize,
    /// Set when nothing is to be handed out any more.
    pub stopped: bool,
}

/// The messages of one execution; `busy` while a batch of them is being handled.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Item>,
    busy: bool,
}

/// What the dispatcher is to spawn after a change.
#[derive(Default)]
pub struct Spawn {
    /// Number of workers, which are counted as starting already.
    pub workers: usize,
    /// Nodes with I/O, each to be handled by a task of its own.
    pub io: Vec<Item>,
}

impl Lanes {
    /// Takes a message that is ready.
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

    /// Notes that a commit acknowledged these messages, so that they need no acknowledgement of their own.
    pub fn committed(&mut self, acks: &[Receipt]) {
        for receipt in acks {
            self.handed_out.remove(receipt);
        }
    }

    /// Whether a message that was handed out still has to be acknowledged. It counts as settled from then on.
    pub fn settle(&mut self, receipt: Receipt) -> bool {
        self.handed_out.remove(&receipt)
    }

    /// Decides what to spawn: a worker for each ready execution that no starting worker will take, and I/O nodes, as
    /// far as the limits allow.
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

    /// Notes that a worker begins to look for work.
    pub fn started(&mut self) {
        self.starting -= 1;
    }

    /// Takes the next batch of one execution. None where nothing is ready: the worker ends. A message that failed
    /// before is a batch of its own, so that it takes no other along if it fails again.
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

    /// Notes that a batch of an execution was handled. Where more waits, the execution goes to the end of the line.
    pub fn finish(&mut self, id: &ExecutionId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        lane.busy = false;
        if lane.waiting.is_empty() {
            self.lanes.remove(id);
        } else {
            self.ready.push_back(id.clone());
        }
    }

    /// Notes that a node with I/O was handled.
    pub fn finish_io(&mut self) {
        self.io_running -= 1;
    }

    /// Whether nothing is being handled.
    pub fn is_idle(&self) -> bool {
        self.workers == 0 && self.io_running == 0
    }
}
