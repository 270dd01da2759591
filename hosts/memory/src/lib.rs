//! A host in memory, for tests and simulation. Nothing happens by itself: a test advances the clock, takes messages,
//! and acknowledges them. As on a host with several writers, committing a turn and delivering its effects are two
//! steps, and only sequence numbers keep commands on one execution apart.

mod catalogue;
mod groups;
mod jobs;
mod lines;
mod lists;
mod memories;
mod model;
mod store;

pub use model::{chat_that_pays, model_that_says};

use document::{Workflow, schedule::Scheduled, time::Time};
use engine::{
    link::Links,
    pieces::Pieces,
    port::{Delivery, Group, Job, JobId, Letter, Receipt, SavedWorkflow, Secret, Signer, Token, Verdict},
    prices::Prices,
    proof::Proofs,
};
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
    interaction::delivery::Told,
    task::{Failure, NodeLog, Outcome, Report, Task},
};

/// What stands in for nodes that do I/O.
type Runner = dyn Fn(&Task) -> Report + Send + Sync;
/// What stands in for the channels by which people are told.
type Teller = dyn Fn(&Letter) -> Told + Send + Sync;
/// What says how much time the process has left.
type TimeLeft = dyn Fn() -> Option<Duration> + Send + Sync;

/// The host. It is deterministic: the same calls in the same order give the same results.
pub struct Memory {
    world: Mutex<World>,
    runner: Box<Runner>,
    /// The clock to read; none to read `World::now`, which only a test moves.
    clock: Option<fn() -> Time>,
    time_left: Box<TimeLeft>,
    /// Sends messages about questions; none where none is sent.
    teller: Option<Box<Teller>>,
    links: Option<Links>,
    proofs: Proofs,
    signer: Option<Box<dyn Signer>>,
    /// Where models are heard; none where they are not.
    pieces: Option<Pieces>,
    prices: Prices,
    tokens_name_groups: bool,
    longest_attempt: Option<f64>,
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A message that was given up, as [`Memory::bury`] does.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The message.
    pub message: Message,
    /// Why its handling failed at last.
    pub error: String,
}

/// All that the host holds, under one lock.
#[derive(Default)]
struct World {
    now: Time,
    /// Number of commits and ids made so far, from which new ids and the order of executions derive.
    made: u64,
    /// The receipt given last.
    receipts: Receipt,
    /// Messages that wait, with the time at which they are due.
    queue: Vec<(Time, Delivery)>,
    handed_out: BTreeMap<Receipt, Delivery>,
    dead: Vec<DeadLetter>,
    timers: BTreeMap<(ExecutionId, Activation, Purpose), Time>,
    executions: BTreeMap<ExecutionId, Record>,
    workflows: HashMap<String, Arc<Workflow>>,
    /// Versions of saved workflows by owner and id, the oldest first.
    saved: BTreeMap<(String, String), Vec<SavedWorkflow>>,
    /// Secrets by owner and name.
    secrets: BTreeMap<(String, String), Secret>,
    /// Tokens by the SHA-256 of their text.
    tokens: BTreeMap<String, Token>,
    /// Groups by owner and name in lower case.
    groups: BTreeMap<(String, String), Group>,
    memories: BTreeMap<(String, String), Vec<engine::port::Remembered>>,
    schedules: Vec<Scheduled>,
    /// Jobs by owner and id.
    jobs: BTreeMap<(String, JobId), Job>,
    /// Task tokens of callers who wait for the end of an execution.
    callers: BTreeMap<ExecutionId, Vec<String>>,
    /// Executions that ended, with the token of each caller that was told.
    told: Vec<(ExecutionId, String)>,
    /// Executions that were sent a message that lets them in, and have not gone on yet.
    admitted: BTreeSet<ExecutionId>,
    /// After which turn the process is cut off, until it was.
    cut_off: Option<CutOff>,
    /// Tasks that wait in `Journal::changed`.
    wakers: Vec<Waker>,
}

/// The turn whose commit the process still makes, and no more the next one.
struct CutOff {
    after: fn(&Turn) -> bool,
    /// Whether the commit of that turn was made.
    is_due: bool,
}

/// One execution: its state, and its journal.
struct Record {
    /// Its place in the order in which executions were accepted.
    number: u64,
    state: Arc<Execution>,
    turns: Vec<Turn>,
    logs: Vec<NodeLog>,
    /// When retention removes it; none while it is alive or where it is kept for ever.
    expires_at: Option<Time>,
}

impl Memory {
    /// Makes a host whose clock stands at `now`. Nodes that do I/O fail until [`Memory::with_runner`] says what they
    /// do.
    pub fn new(now: Time) -> Self {
        let failure = || Failure::new("no_runner", "this host runs no node: give it a runner");
        let runner = move |_: &Task| Report { outcome: Outcome::Failed(failure()), logs: Vec::new() };
        let world = Mutex::new(World { now, ..World::default() });
        Self {
            world,
            runner: Box::new(runner),
            clock: None,
            time_left: Box::new(|| None),
            teller: None,
            links: None,
            proofs: Proofs::new([9; 32]),
            signer: None,
            pieces: None,
            prices: Prices::default(),
            tokens_name_groups: false,
            longest_attempt: None,
        }
    }

    /// Makes a host whose [`Clock::now`](engine::port::Clock::now) is the machine's clock, for tests of handlers that
    /// measure time. Messages and timers are still due by the time of [`Memory::advance`].
    pub fn on_the_clock() -> Self {
        let host = Self::new(wall_clock());
        Self { clock: Some(wall_clock), ..host }
    }

    /// Sets what stands in for nodes that do I/O.
    pub fn with_runner(mut self, runner: impl Fn(&Task) -> Report + Send + Sync + 'static) -> Self {
        self.runner = Box::new(runner);
        self
    }

    /// Sets what stands in for the channels by which people are told.
    pub fn with_teller(mut self, teller: impl Fn(&Letter) -> Told + Send + Sync + 'static) -> Self {
        self.teller = Some(Box::new(teller));
        self
    }

    /// Gives people links of their own below an address, with a key that is the same in every test.
    pub fn with_links(mut self, base: &str) -> Self {
        self.links = Some(Links::new(base, [7; 32]));
        self
    }

    /// Sets what answers [`Clock::time_left`](engine::port::Clock::time_left), as for a process that is cut off.
    pub fn with_time_left(mut self, time_left: impl Fn() -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.time_left = Box::new(time_left);
        self
    }

    /// Lets models be heard, which say what they answer in two pieces.
    pub fn heard(self) -> Self {
        Self { pieces: Some(Pieces::default()), ..self }
    }

    /// Sets what calls of models cost.
    pub fn with_prices(self, prices: Prices) -> Self {
        Self { prices, ..self }
    }

    /// Lets the claims of tokens name groups.
    pub fn with_groups_of_tokens(self) -> Self {
        Self { tokens_name_groups: true, ..self }
    }

    /// Sets what bounds attempts in seconds, as for a process that is cut off.
    pub fn with_longest_attempt(self, seconds: f64) -> Self {
        Self { longest_attempt: Some(seconds), ..self }
    }

    /// Sets what signs receipts. Without it none is signed.
    pub fn with_signer(mut self, signer: impl Signer + 'static) -> Self {
        self.signer = Some(Box::new(signer));
        self
    }

    /// Cuts the process off once, between the commit of such a turn and whatever it commits next: that is refused.
    pub fn cut_off_after(self, after: fn(&Turn) -> bool) -> Self {
        self.world().cut_off = Some(CutOff { after, is_due: false });
        self
    }

    /// Whether the process was cut off as [`Memory::cut_off_after`] asked for; true where nobody did.
    pub fn was_cut_off(&self) -> bool {
        self.world().cut_off.is_none()
    }

    /// Hands out the message that has been due longest, and the one sent first among equals. None where none is due. It
    /// stays handed out until [`Memory::ack`], [`Memory::nack`] or [`Memory::bury`].
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

    /// Acknowledges a message. False where the receipt is not handed out.
    pub fn ack(&self, receipt: Receipt) -> bool {
        self.world().handed_out.remove(&receipt).is_some()
    }

    /// Puts a message back on the queue, due after `after_seconds`. False where the receipt is not handed out.
    pub fn nack(&self, receipt: Receipt, after_seconds: f64) -> bool {
        let mut world = self.world();
        let Some(delivery) = world.handed_out.remove(&receipt) else { return false };
        let due = world.now.after_seconds(after_seconds);
        world.queue.push((due, delivery));
        true
    }

    /// Moves a message to the dead letters. False where the receipt is not handed out.
    pub fn bury(&self, receipt: Receipt, error: &str) -> bool {
        let mut world = self.world();
        let Some(delivery) = world.handed_out.remove(&receipt) else { return false };
        world.dead.push(DeadLetter { message: delivery.message, error: error.into() });
        true
    }

    /// Lets the engine handle messages until none is due, as the workers of a host do.
    pub async fn handle_due(&self) {
        while let Some(delivery) = self.take() {
            let verdicts = engine::step::handle(self, std::slice::from_ref(&delivery)).await;
            match verdicts.first() {
                Some(Verdict::Return { after_seconds, .. }) => self.nack(delivery.receipt, *after_seconds),
                Some(Verdict::Acknowledge) | None => self.ack(delivery.receipt),
            };
        }
    }

    /// Puts a message on the queue by hand, such as one that a fault duplicates; without `at` it is due now.
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

    /// The messages that wait on the queue, each with the time at which it is due. Messages that are handed out are not
    /// among them.
    pub fn queue(&self) -> Vec<(Time, Delivery)> {
        self.world().queue.clone()
    }

    /// The messages that are handed out, and neither acknowledged nor returned.
    pub fn handed_out(&self) -> Vec<Delivery> {
        self.world().handed_out.values().cloned().collect()
    }

    /// The messages that were given up, the earliest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.world().dead.clone()
    }

    /// The executions whose end a caller was told, each with that caller's task token, in the order of telling.
    pub fn told(&self) -> Vec<(ExecutionId, String)> {
        self.world().told.clone()
    }

    /// The timers that are set, each with the time at which it fires.
    pub fn timers(&self) -> Vec<(ExecutionId, Activation, Purpose, Time)> {
        let world = self.world();
        world
            .timers
            .iter()
            .map(|((id, activation, purpose), at)| (id.clone(), activation.clone(), *purpose, *at))
            .collect()
    }

    /// The state of an execution; none where there is none of this id.
    pub fn state(&self, id: &ExecutionId) -> Option<Arc<Execution>> {
        self.world().executions.get(id).map(|record| record.state.clone())
    }

    /// The states of all executions, in the order of their ids.
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

    /// Does what an effect asks for. Interactions need nothing: this host tells no people.
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
            Effect::Admit { workflow } => {
                if let Some(owner) = self.executions.get(id).map(|record| record.state.started.owner.clone()) {
                    self.admit(&owner, workflow);
                }
            }
        }
    }

    /// Whether an execution is this one, or a descendant of it.
    fn is_below(&self, state: &Execution, ancestor: &ExecutionId) -> bool {
        let parent_of = |state: &Execution| {
            let parent = state.started.parent.as_ref()?;
            self.executions.get(&parent.execution_id).map(|record| record.state.clone())
        };
        let mut above = parent_of(state);
        while let Some(state) = above {
            if state.id() == ancestor {
                return true;
            }
            above = parent_of(&state);
        }
        state.id() == ancestor
    }

    /// Wakes all tasks that wait for a change of any execution.
    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }
}
