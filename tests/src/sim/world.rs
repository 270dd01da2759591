//! The memory of the simulated host: journals, queue, timers, and what tests ask of it.

use super::{Faults, access::at_once, script::Outside};
use crate::rng::Rng;
use document::{Workflow, id::WorkflowId, time::Time};
use engine::{
    port::{Commit, Delivers, Memories as _, Receipt, StoreError, Verdict},
    remember::{Added, taken},
};
use memory::Memory;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};
use stepwell_core::{
    children::body_of,
    documents::Documents,
    effect::{ChildControl, Effect, Message, Purpose, Work},
    event::Turn,
    evolve::{FoldError, evolve, fold},
    execution::{Children, Execution},
    id::{Activation, ExecutionId, InteractionId, child_id},
    invariant,
    payload::Payload,
    rollback::What,
    task::{Report, Task},
};

/// Makes an attempt of a node, to its end.
pub type Answers = Arc<dyn Fn(&Task) -> Report + Send + Sync>;

/// A message on the queue.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The receipt by which the message is acknowledged.
    pub receipt: Receipt,
    /// The message itself.
    pub message: Message,
    /// The time from which the message may be handed out.
    pub visible_at: Time,
    /// How often the message was handed out.
    pub deliveries: u32,
}

/// Everything that outlives a crash, and what the injection of faults needs.
pub struct World {
    /// The time by the world's clock, which only the driver moves.
    pub now: Time,
    /// The turns of each execution, of which nothing else is kept.
    pub journals: BTreeMap<ExecutionId, Vec<Turn>>,
    /// Parsed documents, by hash.
    pub workflows: HashMap<String, Arc<Workflow>>,
    /// Saved workflows, by id.
    pub saved: HashMap<WorkflowId, Arc<Workflow>>,
    /// Values that were offloaded, by the SHA-256 of their JSON.
    pub blobs: HashMap<String, Value>,
    /// The host that keeps what agents remember.
    pub conversations: Memory,
    /// Messages, oldest first.
    pub queue: Vec<Queued>,
    /// The time of each timer that is set.
    pub timers: BTreeMap<(ExecutionId, Activation, Purpose), Time>,
    /// Interactions that people see: they were told that it is open, and not that it is over.
    pub shown: BTreeSet<InteractionId>,
    /// What the outside world has been asked.
    pub outside: Outside,
    /// What answers in place of the simulated outside world, such as a real server; none for that.
    pub answers: Option<Answers>,
    /// Invariants that did not hold.
    pub broken: Vec<String>,
    /// How many port calls were made.
    pub calls: u64,
    /// Port calls that have begun and not ended: how many there are, and how many there ever were at the same time.
    pub under_way: (usize, usize),
    /// How many crashes and errors were injected.
    pub faults_injected: u64,
    /// Whether the process of the handler that is polled has died.
    pub crashed: bool,
    /// Requests through the API whose answer never reached the caller.
    pub unheard: u64,
    /// Whether a commit delivers effects and acknowledges messages in its one write.
    pub delivers: Delivers,
    /// Whether handlers go on with the step that follows, where the host delivers after the commit.
    pub goes_ahead: bool,
    pub(super) faults: Faults,
    pub(super) rng: Rng,
    receipts: Receipt,
}

/// The host over a [`World`], as handlers see it.
pub struct SimHost(Mutex<World>);

impl SimHost {
    /// A host over an empty world, whose clock stands at the same time in each simulation.
    pub fn new(seed: u64, faults: Faults, delivers: Delivers) -> Self {
        Self(Mutex::new(World {
            now: Time(1_800_000_000_000),
            journals: BTreeMap::new(),
            workflows: HashMap::new(),
            saved: HashMap::new(),
            blobs: HashMap::new(),
            conversations: Memory::new(Time(0)),
            queue: Vec::new(),
            timers: BTreeMap::new(),
            shown: BTreeSet::new(),
            outside: Outside::default(),
            answers: None,
            broken: Vec::new(),
            calls: 0,
            under_way: (0, 0),
            faults_injected: 0,
            crashed: false,
            unheard: 0,
            delivers,
            goes_ahead: false,
            faults,
            rng: Rng::new(seed, 2),
            receipts: 0,
        }))
    }

    /// The memory of the host, locked.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }

    /// The time by the world's clock.
    pub fn time(&self) -> Time {
        self.world().now
    }

    /// The state of an execution, folded from its turns.
    pub fn state(&self, id: &ExecutionId) -> Option<Execution> {
        self.world().fold(id)
    }
}

impl World {
    /// Keeps a workflow, to be found by hash and by id.
    pub fn keep(&mut self, workflow: &Arc<Workflow>) {
        self.workflows.insert(workflow.hash.clone(), workflow.clone());
        self.saved.insert(workflow.id.clone(), workflow.clone());
    }

    /// The workflow that is in force in an execution, where a patch has put it on another one or none has.
    pub fn in_force(&self, state: &Execution) -> Option<Arc<Workflow>> {
        match &state.patched {
            Some(hash) => self.workflows.get(hash).cloned(),
            None => self.workflow_of(state.id()),
        }
    }

    /// The workflow that an execution was started with: its document, or the body of a `map` in it.
    pub fn workflow_of(&self, id: &ExecutionId) -> Option<Arc<Workflow>> {
        let first = self.journals.get(id)?.first()?;
        let Some(stepwell_core::event::Event::ExecutionStarted(started)) = first.events.first() else { return None };
        let root = self.workflows.get(&started.workflow_hash)?.clone();
        body_of(root, &started.body).ok()
    }

    /// Every document, among which are those that patches made.
    pub fn others(&self) -> Vec<Arc<Workflow>> {
        self.workflows.values().cloned().collect()
    }

    /// The state of an execution, folded from its turns.
    pub fn fold(&self, id: &ExecutionId) -> Option<Execution> {
        let (workflow, others) = (self.workflow_of(id)?, self.others());
        let documents = Documents::new(&workflow, &others);
        let mut state = None;
        for turn in self.journals.get(id)? {
            state = Some(evolve(documents, state, turn).expect("a committed turn folds"));
        }
        state
    }

    /// The same as [`World::fold`], but without offloaded values, except for those that folding itself reads.
    pub fn fold_lean(&self, id: &ExecutionId) -> Option<Execution> {
        let (workflow, others) = (self.workflow_of(id)?, self.others());
        let documents = Documents::new(&workflow, &others);
        let turns: Vec<Turn> = self.journals.get(id)?.iter().map(without_values).collect();
        loop {
            match fold(documents, None, &turns) {
                Err(FoldError::Needs(missing)) => self.fetch(missing.payloads().into_iter()),
                folded => return Some(folded.expect("committed turns fold")),
            }
        }
    }

    /// Gives payloads the values that they miss.
    pub fn fetch<'a>(&self, payloads: impl Iterator<Item = &'a Payload>) {
        for payload in payloads {
            if let Some(value) = payload.missing().map(|blob| self.blobs[&blob.sha256].clone()) {
                payload.fetched(value);
            }
        }
    }

    /// Makes one conditional write.
    ///
    /// # Errors
    /// `Conflict` where the first turn is not the next one of the journal.
    pub fn write(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let id = commit.state.id().clone();
        let last = self.journals.get(&id).map_or(0, Vec::len) as u64;
        if commit.turns.first().is_none_or(|turn| turn.seq != last + 1) {
            return Err(StoreError::Conflict);
        }
        for (blob, bytes) in &commit.blobs {
            self.blobs.insert(blob.sha256.clone(), serde_json::from_slice(bytes).expect("a value is JSON"));
        }
        let stored: Result<Vec<Turn>, String> = commit.turns.iter().map(through_json).collect();
        let stored = stored.unwrap_or_else(|error| {
            self.broken.push(error);
            commit.turns.clone()
        });
        self.fetch(stored.iter().flat_map(Turn::payloads));
        self.journals.entry(id.clone()).or_default().extend(stored);
        self.inspect(&id, &commit.state);
        if self.delivers == Delivers::InCommit {
            self.queue.retain(|queued| !commit.acks.contains(&queued.receipt));
            let mut effects = commit.effects.clone();
            for Added { owner, key, said } in taken(&mut effects, &commit.turns, &commit.state) {
                at_once(self.conversations.remember(&owner, &key, &said, self.now))?;
            }
            self.apply_all(&id, &effects);
        }
        Ok(())
    }

    /// Checks the invariants of the execution model after each write.
    fn inspect(&mut self, id: &ExecutionId, state: &Execution) {
        let Some(workflow) = self.workflow_of(id) else { return self.broken.push(format!("{id} has no workflow")) };
        let others = self.others();
        let found = invariant::check(Documents::new(&workflow, &others), &self.journals[id], state);
        self.broken.extend(found.into_iter().map(|what| format!("{id}: {what}")));
    }

    /// Does what the effects of an execution's turns ask for.
    pub fn apply_all(&mut self, id: &ExecutionId, effects: &[Effect]) {
        for effect in effects {
            self.apply(id, effect);
        }
    }

    fn apply(&mut self, id: &ExecutionId, effect: &Effect) {
        match effect {
            Effect::Send { message, at } => {
                self.push(message.clone(), at.unwrap_or(self.now));
                if self.rng.percent(self.faults.duplicates) {
                    self.push(message.clone(), at.unwrap_or(self.now));
                }
            }
            Effect::SetTimer { activation, purpose, at } => {
                self.timers.insert((id.clone(), activation.clone(), *purpose), *at);
            }
            Effect::DropTimer { activation, purpose } => {
                self.timers.remove(&(id.clone(), activation.clone(), *purpose));
            }
            Effect::OpenInteraction(id) => drop(self.shown.insert(id.clone())),
            Effect::CloseInteraction(id) => drop(self.shown.remove(id)),
            Effect::Admit { .. } | Effect::AnswerCaller => {}
        }
    }

    /// Whether an effect is done, so that doing it again would change nothing: people know, the timer is set, or the
    /// child to be cancelled has ended or was never started.
    pub(super) fn is_done(&self, id: &ExecutionId, effect: &Effect) -> bool {
        match effect {
            Effect::OpenInteraction(interaction) => self.shown.contains(interaction),
            Effect::CloseInteraction(interaction) => !self.shown.contains(interaction),
            Effect::SetTimer { activation, purpose, at } => {
                self.timers.get(&(id.clone(), activation.clone(), *purpose)) == Some(at)
            }
            Effect::Send {
                message: Message { execution, work: Work::Control { control: ChildControl::Cancel } },
                ..
            } => self.fold(execution).is_none_or(|child| child.end.is_some()),
            Effect::Send {
                message: Message { execution, work: Work::ChildAsks { activation, attempt, index, seq, .. } },
                ..
            } => self.fold(execution).is_none_or(|parent| {
                let kids = parent.children.get(&activation.node);
                let told = |kids: &Children| kids.ended.contains(*index) || kids.told_seq(*index) >= *seq;
                !parent.waits_for_children(activation, *attempt) || kids.is_none_or(|kids| told(kids))
            }),
            Effect::Send { message: Message { execution, work: Work::ChildUndone { .. } }, .. } => {
                let awaits = |parent: &Execution| parent.stuck.is_none() && child_undone(parent).as_ref() == Some(id);
                !self.fold(execution).is_some_and(|parent| awaits(&parent))
            }
            _ => false,
        }
    }

    /// Puts a message on the queue.
    pub fn push(&mut self, message: Message, visible_at: Time) {
        self.receipts += 1;
        self.queue.push(Queued { receipt: self.receipts, message, visible_at, deliveries: 0 });
    }

    /// Puts the messages of timers that are due on the queue.
    pub fn fire(&mut self) {
        let due: Vec<_> = self.timers.iter().filter(|(_, at)| **at <= self.now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.timers.remove(&key);
            let (execution, activation, purpose) = key;
            self.push(Message { execution, work: Work::Timer { activation, purpose } }, self.now);
        }
    }
}

/// The child that an execution waits for, which goes back, until the child is undone.
pub fn child_undone(parent: &Execution) -> Option<ExecutionId> {
    let rolling = parent.rolling.as_ref().filter(|_| parent.end.is_none())?;
    let undo = rolling.current()?;
    match undo.what {
        What::Child { attempt, index, .. } => Some(child_id(parent.id(), &undo.activation, attempt, index)),
        What::Node { .. } => None,
    }
}

/// A turn as it is after it was written and read again. A journal is text, so a field that is not written is lost.
///
/// # Errors
/// Where it cannot be read.
pub fn through_json(turn: &Turn) -> Result<Turn, String> {
    let text = serde_json::to_string(turn).expect("a turn is JSON");
    serde_json::from_str(&text).map_err(|error| format!("a turn cannot be read again: {error}: {text}"))
}

/// A turn as a store gives it that fetches no offloaded values. Nearly all turns have none, and every turn was written as
/// JSON and read again when it was committed.
fn without_values(turn: &Turn) -> Turn {
    match turn.payloads().iter().any(|payload| payload.blob().is_some()) {
        true => through_json(turn).expect("it was read when it was committed"),
        false => turn.clone(),
    }
}

impl World {
    /// A random number below `bound`, of the world's own stream.
    pub(super) fn draw_below(&mut self, bound: usize) -> usize {
        self.rng.below(bound)
    }

    /// Takes acknowledged messages off the queue, and shows returned ones again after their delay. An acknowledgement
    /// may be lost, and a message whose handling failed breaks the run.
    pub(super) fn obey(&mut self, verdicts: &[(Receipt, Verdict)]) {
        for (receipt, verdict) in verdicts {
            match verdict {
                Verdict::Acknowledge if self.rng.percent(self.faults.repeats) => {
                    let now = self.now;
                    self.queue.iter_mut().filter(|it| it.receipt == *receipt).for_each(|it| it.visible_at = now);
                }
                Verdict::Acknowledge => self.queue.retain(|queued| queued.receipt != *receipt),
                Verdict::Return { after_seconds, why } => {
                    self.broken.extend(why.failure().map(|error| format!("a message failed: {error}")));
                    let at = self.now.after_seconds(*after_seconds);
                    self.queue.iter_mut().filter(|it| it.receipt == *receipt).for_each(|it| it.visible_at = at);
                }
            }
        }
    }
}
