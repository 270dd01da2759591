//! The messages that are ready, by owner and execution, and how many of them are being handled. Pure bookkeeping under
//! the dispatcher's lock, which takes the same time however much is ready.

use crate::store::{limits, messages::Item};
use document::time::Time;
use engine::{
    fair::{Owner, Rank, Ranks, Shares, Wheel},
    port::Receipt,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use stepwell_core::id::ExecutionId;

/// Ready messages. Those of one execution wait in a lane, of which one batch at a time is handed out. Nodes that do I/O
/// wait in a line of their own and are handed out singly. Of both, owners have their turns, and an owner's work goes by
/// its ranks.
pub struct Lanes {
    lanes: HashMap<ExecutionId, Lane>,
    /// Executions with waiting messages of which none is being handled. One whose rank rose meanwhile is here twice; it
    /// counts where its lane says.
    ready: Wheel<Ranks<VecDeque<(ExecutionId, Rank)>>>,
    io: Wheel<Ranks<VecDeque<Item>>>,
    /// Since when each of these waits.
    io_since: BTreeMap<Receipt, Time>,
    /// Receipts of messages that were handed out and that no commit has acknowledged yet.
    handed_out: HashSet<Receipt>,
    /// Executions being handled.
    handled: Shares,
    /// Nodes with I/O that run.
    io_running: Shares,
    /// Set when nothing is to be handed out any more.
    pub stopped: bool,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            lanes: HashMap::new(),
            ready: Wheel::default(),
            io: Wheel::default(),
            io_since: BTreeMap::new(),
            handed_out: HashSet::new(),
            handled: Shares::new(limits::LANES),
            io_running: Shares::new(limits::IO),
            stopped: false,
        }
    }
}

/// The messages of one execution.
struct Lane {
    owner: Owner,
    /// Those that tell the execution to pause, to resume or to end: they come first.
    commands: VecDeque<Item>,
    waiting: VecDeque<Item>,
    /// Whether a batch is being handled, or about to be.
    busy: bool,
    /// The rank at which the execution is ready; none while it is not.
    ready: Option<Rank>,
}

/// What the dispatcher is to spawn after a change.
#[derive(Default)]
pub struct Spawn {
    /// Executions, each to be handled by a worker, which asks for the [`Lanes::batch`].
    pub executions: Vec<ExecutionId>,
    /// Nodes with I/O, each to be handled by a task of its own.
    pub io: Vec<Item>,
}

impl Lane {
    fn new(owner: &Owner) -> Self {
        let (commands, waiting) = (VecDeque::new(), VecDeque::new());
        Self { owner: owner.clone(), commands, waiting, busy: false, ready: None }
    }

    /// The rank of what comes next; none where nothing waits.
    fn rank(&self) -> Option<Rank> {
        self.commands.front().or(self.waiting.front()).map(|item| item.place.rank)
    }

    /// Takes the next batch. A message that failed before is a batch of its own, so that it takes no other along if it
    /// fails again.
    fn batch(&mut self) -> Vec<Item> {
        let mut batch: Vec<Item> = Vec::new();
        while batch.len() < limits::BATCH {
            let line = if self.commands.is_empty() { &mut self.waiting } else { &mut self.commands };
            let Some(item) = line.front() else { break };
            let alone = item.failures > 0 || batch.first().is_some_and(|first| first.failures > 0);
            if alone && !batch.is_empty() {
                break;
            }
            batch.extend(line.pop_front());
        }
        batch
    }
}

impl Lanes {
    /// Takes a message that is ready.
    pub fn push(&mut self, item: Item) {
        let place = item.place.clone();
        if item.delivery.message.work.is_io() {
            self.io_since.insert(item.delivery.receipt, item.since);
            self.io.put(&place.owner, |line| line.line(place.rank).push_back(item));
            return;
        }
        let id = item.delivery.message.execution.clone();
        let lane = self.lanes.entry(id.clone()).or_insert_with(|| Lane::new(&place.owner));
        match place.rank {
            Rank::Command => lane.commands.push_back(item),
            Rank::Root | Rank::Child => lane.waiting.push_back(item),
        }
        self.make_ready(&id);
    }

    /// Since when the message is ready that has waited longest. It looks at each execution that has one.
    pub fn oldest(&self) -> Option<Time> {
        let fronts = self.lanes.values().flat_map(|lane| [lane.commands.front(), lane.waiting.front()]);
        fronts.flatten().map(|item| item.since).chain(self.io_since.values().copied()).min()
    }

    /// Puts an execution in line, where it is not there at its rank already.
    fn make_ready(&mut self, id: &ExecutionId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        let rank = lane.rank();
        if let Some(rank) = rank.filter(|_| !lane.busy && rank != lane.ready) {
            lane.ready = Some(rank);
            self.ready.put(&lane.owner, |line| line.line(rank).push_back((id.clone(), rank)));
        }
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

    /// Decides what to spawn: a worker for each ready execution, and I/O nodes, as far as owners may have more.
    pub fn spawn(&mut self) -> Spawn {
        let mut spawn = Spawn::default();
        if self.stopped {
            return spawn;
        }
        spawn.executions.extend(std::iter::from_fn(|| self.next()));
        while let Some((owner, item)) = self.io.take_of(|owner| self.io_running.may(owner)) {
            self.io_running.take(&owner);
            self.io_since.remove(&item.delivery.receipt);
            self.handed_out.insert(item.delivery.receipt);
            spawn.io.push(item);
        }
        spawn
    }

    /// Takes the execution that is to be handled next. None where none is ready whose owner may have more.
    fn next(&mut self) -> Option<ExecutionId> {
        while let Some((owner, (id, rank))) = self.ready.take_of(|owner| self.handled.may(owner)) {
            let Some(lane) = self.lanes.get_mut(&id).filter(|lane| lane.ready == Some(rank)) else { continue };
            (lane.ready, lane.busy) = (None, true);
            self.handled.take(&owner);
            return Some(id);
        }
        None
    }

    /// Takes the next batch of an execution that is to be handled; an empty one where nothing is to be handed out any
    /// more.
    pub fn batch(&mut self, id: &ExecutionId) -> Vec<Item> {
        if self.stopped {
            return Vec::new();
        }
        let batch = self.lanes.get_mut(id).map(Lane::batch).unwrap_or_default();
        self.handed_out.extend(batch.iter().map(|item| item.delivery.receipt));
        batch
    }

    /// Notes that a batch of an execution was handled. Where more waits, the execution goes to the end of its line.
    /// Returns the execution that is to be handled next.
    pub fn finish(&mut self, id: &ExecutionId) -> Option<ExecutionId> {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.busy = false;
            self.handled.give_back(&lane.owner);
            if lane.rank().is_none() {
                self.lanes.remove(id);
            }
            self.make_ready(id);
        }
        if self.stopped { None } else { self.next() }
    }

    /// Notes that a node with I/O was handled.
    pub fn finish_io(&mut self, owner: &Owner) {
        self.io_running.give_back(owner);
    }

    /// Whether nothing is being handled.
    pub fn is_idle(&self) -> bool {
        self.handled.is_idle() && self.io_running.is_idle()
    }
}
