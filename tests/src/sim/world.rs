//! The simulated host's memory: journals, a queue, timers, and what it saw go by.

use super::{Faults, script::Outside};
use crate::rng::Rng;
use document::{Body, NodeKind, Workflow, id::WorkflowId, time::Time};
use engine::port::{Commit, Receipt, StoreError, Verdict};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};
use stepwell_core::{
    effect::{Control, Effect, Message, Purpose, Work},
    event::Turn,
    evolve::evolve,
    execution::Execution,
    id::{Activation, ExecutionId, InteractionId},
    invariant,
    payload::Payload,
};

/// A message on the queue.
#[derive(Clone, Debug)]
pub struct Queued {
    /// To acknowledge it with.
    pub receipt: Receipt,
    /// What it says.
    pub message: Message,
    /// Not before.
    pub visible_at: Time,
    /// How often it was handed out.
    pub deliveries: u32,
}

/// All that outlives a crash, and the fault injector.
pub struct World {
    /// The clock.
    pub now: Time,
    /// What is kept of executions: nothing but their turns.
    pub journals: BTreeMap<ExecutionId, Vec<Turn>>,
    /// By hash.
    pub workflows: HashMap<String, Arc<Workflow>>,
    /// By id.
    pub saved: HashMap<WorkflowId, Arc<Workflow>>,
    /// Values that were offloaded, by hash.
    pub blobs: HashMap<String, Value>,
    /// Messages, oldest first.
    pub queue: Vec<Queued>,
    /// Timers that are set.
    pub timers: BTreeMap<(ExecutionId, Activation, Purpose), Time>,
    /// Interactions that people were told of, and that were taken back.
    pub shown: BTreeSet<InteractionId>,
    /// What the outside world was asked.
    pub outside: Outside,
    /// Invariants that did not hold.
    pub broken: Vec<String>,
    /// Port calls so far.
    pub calls: u64,
    /// Port calls that have begun and not ended, now and at most.
    pub under_way: (usize, usize),
    /// Crashes and errors so far.
    pub faults_injected: u64,
    /// The handler that is being polled died.
    pub crashed: bool,
    /// Requests of people whose answer never reached them.
    pub unheard: u64,
    /// Whether effects and acknowledgements share the commit's write.
    pub atomic: bool,
    pub(super) faults: Faults,
    pub(super) rng: Rng,
    receipts: Receipt,
}

/// A [`World`] as the handlers see it.
pub struct SimHost(Mutex<World>);

impl SimHost {
    /// An empty world at a fixed time.
    pub fn new(seed: u64, faults: Faults, atomic: bool) -> Self {
        Self(Mutex::new(World {
            now: Time(1_800_000_000_000),
            journals: BTreeMap::new(),
            workflows: HashMap::new(),
            saved: HashMap::new(),
            blobs: HashMap::new(),
            queue: Vec::new(),
            timers: BTreeMap::new(),
            shown: BTreeSet::new(),
            outside: Outside::default(),
            broken: Vec::new(),
            calls: 0,
            under_way: (0, 0),
            faults_injected: 0,
            crashed: false,
            unheard: 0,
            atomic,
            faults,
            rng: Rng::new(seed, 2),
            receipts: 0,
        }))
    }

    /// Its memory.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }

    /// Its clock.
    pub fn time(&self) -> Time {
        self.world().now
    }

    /// The state of an execution, folded from its turns.
    pub fn state(&self, id: &ExecutionId) -> Option<Execution> {
        self.world().fold(id)
    }
}

impl World {
    /// Keeps a workflow, by hash and by id.
    pub fn keep(&mut self, workflow: &Arc<Workflow>) {
        self.workflows.insert(workflow.hash.clone(), workflow.clone());
        self.saved.insert(workflow.id.clone(), workflow.clone());
    }

    /// The workflow that an execution runs.
    pub fn workflow_of(&self, id: &ExecutionId) -> Option<Arc<Workflow>> {
        let first = self.journals.get(id)?.first()?;
        let Some(stepwell_core::event::Event::ExecutionStarted(started)) = first.events.first() else { return None };
        let mut workflow = self.workflows.get(&started.workflow_hash)?.clone();
        for node in &started.body {
            let NodeKind::Map(map) = &workflow.nodes[workflow.graph.index[node]].kind else { return None };
            let Body::Inline(body) = &map.body else { return None };
            let body = body.clone();
            workflow = body;
        }
        Some(workflow)
    }

    /// The state of an execution, folded from its turns.
    pub fn fold(&self, id: &ExecutionId) -> Option<Execution> {
        let workflow = self.workflow_of(id)?;
        let mut state = None;
        for turn in self.journals.get(id)? {
            state = Some(evolve(&workflow, state, turn).expect("a committed turn folds"));
        }
        state
    }

    /// The same, but values that were offloaded are missing, those apart that folding itself reads.
    pub fn fold_lean(&self, id: &ExecutionId) -> Option<Execution> {
        let workflow = self.workflow_of(id)?;
        let turns: Vec<Turn> = self.journals.get(id)?.iter().map(through_json).collect();
        loop {
            let mut state = None;
            for turn in &turns {
                state = Some(evolve(&workflow, state, turn).expect("a committed turn folds"));
            }
            let wanted: Vec<&Payload> = turns.iter().flat_map(Turn::payloads).filter(|one| one.wanted()).collect();
            if wanted.is_empty() {
                return state;
            }
            self.fetch(wanted.into_iter());
        }
    }

    /// Hands in values that were offloaded.
    pub fn fetch<'a>(&self, payloads: impl Iterator<Item = &'a Payload>) {
        for payload in payloads {
            if let Some(value) = payload.missing().map(|blob| self.blobs[&blob.sha256].clone()) {
                payload.fetched(value);
            }
        }
    }

    /// One conditional write.
    pub fn write(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let id = commit.state.id().clone();
        let last = self.journals.get(&id).map_or(0, Vec::len) as u64;
        if commit.turns.first().is_none_or(|turn| turn.seq != last + 1) {
            return Err(StoreError::Conflict);
        }
        for (blob, bytes) in &commit.blobs {
            self.blobs.insert(blob.sha256.clone(), serde_json::from_slice(bytes).expect("a value is JSON"));
        }
        let stored: Vec<Turn> = commit.turns.iter().map(through_json).collect();
        self.fetch(stored.iter().flat_map(Turn::payloads));
        self.journals.entry(id.clone()).or_default().extend(stored);
        self.inspect(&id, &commit.state);
        if self.atomic {
            self.queue.retain(|queued| !commit.acks.contains(&queued.receipt));
            self.apply_all(&id, &commit.effects);
        }
        Ok(())
    }

    fn inspect(&mut self, id: &ExecutionId, state: &Execution) {
        let Some(workflow) = self.workflow_of(id) else { return self.broken.push(format!("{id} has no workflow")) };
        let found = invariant::check(&workflow, &self.journals[id], state);
        self.broken.extend(found.into_iter().map(|what| format!("{id}: {what}")));
    }

    /// Does what turns ask for.
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

    /// Whether people were told, a timer is set, or a child that nobody wants is over or never was, so that doing it
    /// again would change nothing.
    pub(super) fn is_done(&self, id: &ExecutionId, effect: &Effect) -> bool {
        match effect {
            Effect::OpenInteraction(interaction) => self.shown.contains(interaction),
            Effect::CloseInteraction(interaction) => !self.shown.contains(interaction),
            Effect::SetTimer { activation, purpose, at } => {
                self.timers.get(&(id.clone(), activation.clone(), *purpose)) == Some(at)
            }
            Effect::Send {
                message: Message { execution, work: Work::Control { control: Control::Cancel } }, ..
            } => self.fold(execution).is_none_or(|child| child.end.is_some()),
            _ => false,
        }
    }

    /// Puts a message on the queue.
    pub fn push(&mut self, message: Message, visible_at: Time) {
        self.receipts += 1;
        self.queue.push(Queued { receipt: self.receipts, message, visible_at, deliveries: 0 });
    }

    /// Fires the timers that are due.
    pub fn fire(&mut self) {
        let due: Vec<_> = self.timers.iter().filter(|(_, at)| **at <= self.now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.timers.remove(&key);
            let (execution, activation, purpose) = key;
            self.push(Message { execution, work: Work::Timer { activation, purpose } }, self.now);
        }
    }
}

/// A journal is text: whatever does not survive being written is lost here.
fn through_json(turn: &Turn) -> Turn {
    let text = serde_json::to_string(turn).expect("a turn is JSON");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl World {
    /// A number below `bound`, of the world's own stream.
    pub(super) fn draw_below(&mut self, bound: usize) -> usize {
        self.rng.below(bound)
    }

    /// Takes acknowledged messages off the queue and puts returned ones back. An acknowledgement may be lost.
    pub(super) fn obey(&mut self, verdicts: &[(Receipt, Verdict)]) {
        for (receipt, verdict) in verdicts {
            match verdict {
                Verdict::Acknowledge if self.rng.percent(self.faults.repeats) => {
                    let now = self.now;
                    self.queue.iter_mut().filter(|it| it.receipt == *receipt).for_each(|it| it.visible_at = now);
                }
                Verdict::Acknowledge => self.queue.retain(|queued| queued.receipt != *receipt),
                Verdict::Return { after_seconds, error } => {
                    self.broken.extend(error.iter().map(|error| format!("a message failed: {error}")));
                    let at = self.now.after_seconds(*after_seconds);
                    self.queue.iter_mut().filter(|it| it.receipt == *receipt).for_each(|it| it.visible_at = at);
                }
            }
        }
    }
}
