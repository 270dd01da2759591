//! A host in memory, for tests and simulation. Nothing happens by itself: a test advances the clock, takes messages,
//! and acknowledges them. As on a host with several writers, a commit is one thing and delivering its effects
//! another, and nobody keeps commands apart but the sequence numbers.

mod catalogue;
mod lists;
mod store;

use document::{Workflow, id::WorkflowId, schedule::Scheduled, time::Time};
use engine::port::{Delivery, Receipt, SavedWorkflow, Secret, Token};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    event::Turn,
    execution::Execution,
    id::{Activation, ExecutionId},
    task::{Failure, NodeLog, Outcome, Report, Task},
};

type Runner = dyn Fn(&Task) -> Report + Send + Sync;
type TimeLeft = dyn Fn() -> Option<Duration> + Send + Sync;

/// The host. Deterministic: the same calls in the same order give the same results.
pub struct Memory {
    world: Mutex<World>,
    runner: Box<Runner>,
    clock: Option<fn() -> Time>,
    time_left: Box<TimeLeft>,
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// What it said.
    pub message: Message,
    /// The last error.
    pub error: String,
}

#[derive(Default)]
struct World {
    now: Time,
    made: u64,
    receipts: Receipt,
    queue: Vec<(Time, Delivery)>,
    handed_out: BTreeMap<Receipt, Delivery>,
    dead: Vec<DeadLetter>,
    timers: BTreeMap<(ExecutionId, Activation, Purpose), Time>,
    executions: BTreeMap<ExecutionId, Record>,
    workflows: HashMap<String, Arc<Workflow>>,
    blobs: BTreeMap<String, Vec<u8>>,
    saved: BTreeMap<(String, String), Vec<SavedWorkflow>>,
    secrets: BTreeMap<(String, String), Secret>,
    tokens: BTreeMap<String, Token>,
    schedules: Vec<Scheduled>,
    callers: BTreeMap<ExecutionId, Vec<String>>,
    told: Vec<(ExecutionId, String)>,
    /// Executions that were told that they may go on, though they have not yet.
    admitted: BTreeSet<ExecutionId>,
    wakers: Vec<Waker>,
}

/// One execution.
struct Record {
    /// Its place in the order of acceptance.
    number: u64,
    state: Arc<Execution>,
    turns: Vec<Turn>,
    logs: Vec<NodeLog>,
    expires_at: Option<Time>,
}

impl Memory {
    /// With the clock at `now`. Nodes that do I/O fail until [`Memory::with_runner`] says what they do.
    pub fn new(now: Time) -> Self {
        let failure = || Failure::new("no_runner", "this host runs no node: give it a runner");
        let runner = move |_: &Task| Report { outcome: Outcome::Failed(failure()), logs: Vec::new() };
        let world = Mutex::new(World { now, ..World::default() });
        Self { world, runner: Box::new(runner), clock: None, time_left: Box::new(|| None) }
    }

    /// With the machine's clock, for a process that runs by itself.
    pub fn on_the_clock() -> Self {
        let host = Self::new(wall_clock());
        Self { clock: Some(wall_clock), ..host }
    }

    /// With a stand-in for nodes that do I/O.
    pub fn with_runner(mut self, runner: impl Fn(&Task) -> Report + Send + Sync + 'static) -> Self {
        self.runner = Box::new(runner);
        self
    }

    /// With somebody who says how much time is left whenever that is asked, as of a process that is cut off.
    pub fn with_time_left(mut self, time_left: impl Fn() -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.time_left = Box::new(time_left);
        self
    }

    /// Hands out the message that has been due longest; of those due at once, the first sent.
    pub fn take(&self) -> Option<Delivery> {
        let mut world = self.world();
        let now = world.now;
        let due = world.queue.iter().enumerate().filter(|(_, (at, _))| *at <= now);
        let (at, _) = due.min_by_key(|(_, (at, delivery))| (*at, delivery.receipt))?;
        let (_, mut delivery) = world.queue.remove(at);
        delivery.deliveries += 1;
        world.handed_out.insert(delivery.receipt, delivery.clone());
        Some(delivery)
    }

    /// Everything the message caused is done. False where the receipt is not handed out.
    pub fn ack(&self, receipt: Receipt) -> bool {
        self.world().handed_out.remove(&receipt).is_some()
    }

    /// Puts a message back, due after so many seconds. False where the receipt is not handed out.
    pub fn nack(&self, receipt: Receipt, after_seconds: f64) -> bool {
        let mut world = self.world();
        let Some(delivery) = world.handed_out.remove(&receipt) else { return false };
        let due = world.now.after_seconds(after_seconds);
        world.queue.push((due, delivery));
        true
    }

    /// Gives a message up. False where the receipt is not handed out.
    pub fn bury(&self, receipt: Receipt, error: &str) -> bool {
        let mut world = self.world();
        let Some(delivery) = world.handed_out.remove(&receipt) else { return false };
        world.dead.push(DeadLetter { message: delivery.message, error: error.into() });
        true
    }

    /// Puts a message on the queue by hand, such as one that a fault duplicates.
    pub fn send(&self, message: Message, at: Option<Time>) {
        self.world().send(message, at);
    }

    /// Moves the clock forward, never back. Timers due by then become messages.
    pub fn advance(&self, to: Time) {
        let mut world = self.world();
        world.now = world.now.max(to);
        let now = world.now;
        let mut due: Vec<_> =
            world.timers.iter().filter(|(_, at)| **at <= now).map(|(key, at)| (*at, key.clone())).collect();
        due.sort();
        for (at, key) in due {
            world.timers.remove(&key);
            let (execution, activation, purpose) = key;
            world.send(Message { execution, work: Work::Timer { activation, purpose } }, Some(at));
        }
        world.wake();
    }

    /// When the next message or timer is due; none where nothing is to come.
    pub fn next_due(&self) -> Option<Time> {
        let world = self.world();
        world.queue.iter().map(|(at, _)| *at).chain(world.timers.values().copied()).min()
    }

    /// What waits on the queue, with when it is due; what is handed out is not among it.
    pub fn queue(&self) -> Vec<(Time, Delivery)> {
        self.world().queue.clone()
    }

    /// Messages that are handed out and neither acknowledged nor returned.
    pub fn handed_out(&self) -> Vec<Delivery> {
        self.world().handed_out.values().cloned().collect()
    }

    /// Messages that were given up.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.world().dead.clone()
    }

    /// Callers that were told of an execution's end, by what they are told by, in order.
    pub fn told(&self) -> Vec<(ExecutionId, String)> {
        self.world().told.clone()
    }

    /// Timers that are set.
    pub fn timers(&self) -> Vec<(ExecutionId, Activation, Purpose, Time)> {
        let world = self.world();
        world
            .timers
            .iter()
            .map(|((id, activation, purpose), at)| (id.clone(), activation.clone(), *purpose, *at))
            .collect()
    }

    /// Every execution, in the order of their ids.
    pub fn all(&self) -> Vec<Arc<Execution>> {
        self.world().executions.values().map(|record| record.state.clone()).collect()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn send(&mut self, message: Message, at: Option<Time>) {
        self.receipts += 1;
        let delivery = Delivery { receipt: self.receipts, message, deliveries: 0, trace: None };
        self.queue.push((at.unwrap_or(self.now), delivery));
    }

    fn deliver(&mut self, id: &ExecutionId, effect: &Effect) {
        match effect {
            Effect::Send { message, at } => self.send(message.clone(), *at),
            Effect::SetTimer { activation, purpose, at } => {
                self.timers.insert((id.clone(), activation.clone(), *purpose), *at);
            }
            Effect::DropTimer { activation, purpose } => {
                self.timers.remove(&(id.clone(), activation.clone(), *purpose));
            }
            Effect::AnswerCaller => {
                let told = self.callers.remove(id).unwrap_or_default();
                self.told.extend(told.into_iter().map(|token| (id.clone(), token)));
            }
            Effect::OpenInteraction(_) | Effect::CloseInteraction(_) => {}
            Effect::Admit { workflow, limit } => self.admit(id, workflow, *limit),
        }
    }

    /// Lets the oldest in, where there is room. It counts as under way from now on.
    fn admit(&mut self, id: &ExecutionId, workflow: &WorkflowId, limit: u64) {
        let Some(owner) = self.executions.get(id).map(|record| record.state.started.owner.clone()) else { return };
        let (oldest, under_way) = self.held(&owner, workflow);
        if let Some(oldest) = oldest.filter(|_| under_way < limit) {
            self.admitted.insert(oldest.clone());
            self.send(Message { execution: oldest, work: Work::Admit }, None);
        }
    }

    fn held(&self, owner: &str, workflow: &WorkflowId) -> (Option<ExecutionId>, u64) {
        let alive = self.executions.values().filter(|record| {
            let started = &record.state.started;
            record.state.end.is_none()
                && started.parent.is_none()
                && started.owner == owner
                && started.workflow_id == *workflow
        });
        let (held, under_way): (Vec<_>, Vec<_>) =
            alive.partition(|record| record.state.held && !self.admitted.contains(record.state.id()));
        let oldest = held.into_iter().min_by_key(|record| record.number);
        (oldest.map(|record| record.state.id().clone()), under_way.len() as u64)
    }

    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }
}
