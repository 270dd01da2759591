//! Drives the simulated host: hands out messages, answers interactions, moves the clock, and brings back lost work.

use super::{Faults, job::Job, parsed, people::answer, root_id, started, words, world::SimHost};
use crate::{generate::Case, rng::Rng};
use engine::{
    fork::ForkRequest,
    moving::Piece,
    port::{Delivers, Delivery, Verdict},
};
use futures::task::noop_waker;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use stepwell_core::{
    command::{Asked, Command, Control},
    due::overdue_at,
    effect::{Effect, Message, Work},
    event::{Request, Turn},
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    owed::{Since, owed},
    rollback::Rollback,
};

/// Seconds for which a message that was handed out is hidden. If it is not acknowledged by then, it comes again.
const VISIBILITY_SECONDS: f64 = 20.0;
/// Rounds after which a run counts as one that never ends.
const ROUNDS: usize = 20_000;

/// One simulated run.
pub struct Run {
    /// The host with everything that outlives a crash.
    pub host: SimHost,
    rng: Rng,
    pub(super) faults: Faults,
    /// How often work was brought back that no message, timer or person would have brought back.
    pub rescues: u64,
    round: usize,
}

impl Run {
    /// A run of a case under faults, with the root started. `delivers`: when the host delivers.
    pub fn new(case: &Case, seed: u64, faults: Faults, delivers: Delivers) -> Self {
        let documents: Vec<Value> = case.saved.iter().chain([&case.document]).cloned().collect();
        let run = Self::empty(&documents, seed, faults, delivers);
        let started = started(&parsed(&case.document), &case.input, &run.host);
        let start = Command::Start(Box::new(started));
        while run.host.world().journals.is_empty() {
            run.together(vec![Job::ask(root_id(), start.clone())]);
        }
        run
    }

    /// A run in which nothing has been started.
    pub(super) fn empty(documents: &[Value], seed: u64, faults: Faults, delivers: Delivers) -> Self {
        let host = SimHost::new(seed, faults, delivers);
        for document in documents {
            host.world().keep(&parsed(document));
        }
        Self { host, rng: Rng::new(seed, 3), faults, rescues: 0, round: 0 }
    }

    /// The same run, whose handlers go on with the step that follows where they may.
    pub fn going_ahead(self, goes: bool) -> Self {
        self.host.world().goes_ahead = goes;
        self
    }

    /// Does one round. False once nothing moves, since everything has ended.
    ///
    /// # Errors
    /// Names an invariant that does not hold, or says that the run never ends.
    pub fn advance(&mut self) -> Result<bool, String> {
        self.round += 1;
        if self.round > ROUNDS {
            let world = self.host.world();
            let turns: Vec<usize> = world.journals.values().map(Vec::len).collect();
            let last: Vec<_> = world.queue.iter().rev().take(10).map(|it| (&it.message, it.visible_at)).collect();
            let (now, waiting) = (world.now, world.queue.len());
            return Err(format!(
                "it goes nowhere in {ROUNDS} rounds: turns {turns:?}, now {now:?}, {waiting} {last:?}"
            ));
        }
        words::check(&self.host);
        let jobs = self.jobs();
        let moved = !jobs.is_empty() || self.let_time_pass() || self.bring_back();
        self.together(jobs);
        let broken = std::mem::take(&mut self.host.world().broken);
        match broken.first() {
            Some(first) => Err(format!("{first} (and {} more)", broken.len() - 1)),
            None => Ok(moved),
        }
    }

    /// Asks a control of the root, again and again until an answer comes.
    pub fn ask(&mut self, control: Control) {
        self.command(&Command::Control { control, reason: None });
    }

    /// Asks for any command of the root, until an answer comes.
    pub fn command(&mut self, command: &Command) {
        self.command_to(&root_id(), command);
    }

    /// Asks for any command of an execution, until an answer comes.
    pub fn command_to(&mut self, id: &ExecutionId, command: &Command) {
        self.until_heard(|| Job::ask(id.clone(), command.clone()));
    }

    /// Rolls an execution back. Asks again until an answer comes.
    pub fn back_to(&mut self, id: &ExecutionId, rollback: &Rollback) {
        self.until_heard(|| Job::Back(id.clone(), Box::new(rollback.clone())));
    }

    /// Patches an execution. Asks again until an answer comes: a patch that was made already is refused, or makes no
    /// difference.
    pub fn patch(&mut self, of: &ExecutionId, operations: &Value) {
        self.until_heard(|| Job::Patch(of.clone(), operations.clone()));
    }

    /// Forks an execution. Asks again until an answer comes, for which the request needs a key.
    pub fn fork(&mut self, of: &ExecutionId, request: &ForkRequest) {
        self.until_heard(|| Job::Fork(of.clone(), Box::new(request.clone())));
    }

    /// Lets the process die at the next call of a port that is made, before it takes effect or after.
    pub fn dies_at_next_call(&mut self, after: bool) {
        let mut world = self.host.world();
        world.faults.at_call = Some((world.calls + 1, after));
    }

    pub(super) fn import(&self, piece: &Piece) {
        self.until_heard(|| Job::Import(Box::new(piece.clone())));
    }

    fn until_heard(&self, job: impl Fn() -> Job) {
        loop {
            let before = self.host.world().unheard;
            self.together(vec![job()]);
            if self.host.world().unheard == before {
                break;
            }
        }
    }

    /// Retries the root where it failed or was cancelled, and says whether it did.
    pub fn retry(&mut self) -> bool {
        let root = |run: &Self| run.host.state(&root_id()).filter(|root| root.end != Some(Status::Completed));
        let Some(before) = root(self).filter(|root| root.end.is_some()) else { return false };
        // An error or a crash may come before the retry is recorded: whoever asked for it asks again.
        while root(self).is_some_and(|root| root.retried == before.retried) {
            self.ask(Control::Retry);
        }
        true
    }

    /// A run over the journals of another one, on a host that has lost its queue and its timers.
    pub fn take_up(documents: &[Value], journals: BTreeMap<ExecutionId, Vec<Turn>>) -> Self {
        let run = Self::empty(documents, 0, Faults::default(), Delivers::AfterCommit);
        let mut world = run.host.world();
        let last = journals.values().flatten().map(|turn| turn.at).max();
        world.now = last.unwrap_or(world.now);
        world.journals = journals;
        // With the queue lost, work must be brought back by the sweep: that is no fault of the engine.
        world.unheard = 1;
        drop(world);
        run
    }

    /// What is done at the same time in this round: up to three batches, or what people do where no message is due.
    fn jobs(&mut self) -> Vec<Job> {
        let handlers = if self.faults.disorder { self.rng.between(1, 3) } else { 1 };
        let batches: Vec<Job> = (0..handlers).filter_map(|_| self.take_batch()).map(Job::Batch).collect();
        let withheld = !batches.is_empty() && self.faults.disorder && self.rng.percent(20);
        if !batches.is_empty() && !withheld {
            return batches;
        }
        batches.into_iter().chain(self.people()).collect()
    }

    /// Hands out one to four visible messages.
    fn take_batch(&mut self) -> Option<Vec<Delivery>> {
        let mut world = self.host.world();
        world.fire();
        let now = world.now;
        let count = if self.rng.percent(50) { 1 } else { self.rng.between(1, 4) };
        let mut batch = Vec::new();
        for _ in 0..count {
            let visible: Vec<usize> = (0..world.queue.len()).filter(|&ix| world.queue[ix].visible_at <= now).collect();
            if visible.is_empty() {
                break;
            }
            let chosen = if self.faults.disorder { *self.rng.pick(&visible) } else { visible[0] };
            let queued = &mut world.queue[chosen];
            queued.deliveries += 1;
            // A queue may hand a message out to two handlers at the same time.
            let again = self.rng.percent(self.faults.repeats);
            queued.visible_at = if again { now } else { now.after_seconds(VISIBILITY_SECONDS) };
            let (receipt, message, deliveries) = (queued.receipt, queued.message.clone(), queued.deliveries);
            batch.push(Delivery { receipt, message, deliveries, trace: None });
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Answers open interactions as they say, and signals events that are awaited; two at most in a round.
    fn people(&mut self) -> Vec<Job> {
        let ids: Vec<ExecutionId> = self.host.world().journals.keys().cloned().collect();
        let states = ids.iter().filter_map(|id| self.host.state(id)).filter(|state| !state.paused);
        let mut jobs = Vec::new();
        for state in states {
            for one in state.open_interactions() {
                // A person who hears nothing sends the same request again.
                let said = answer(one);
                let key = format!("{} by {}", one.interaction_id, said.by);
                let request = Some(Request { key, hash: "answer".into() });
                let command = Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(said) };
                jobs.push(Job::ask(state.id().clone(), Asked { request, ..command.into() }));
            }
            let awaited = state.nodes.values().find_map(|node| match &node.phase {
                Phase::Waiting { event: Some(event), .. } => Some(event.clone()),
                _ => None,
            });
            jobs.extend(awaited.map(|name| {
                let command = Command::Signal { name, data: json!({ "v": 7 }).into() };
                Job::ask(state.id().clone(), command)
            }));
        }
        jobs.truncate(2);
        jobs
    }

    /// Moves the clock to the next message or timer. False where there is none.
    fn let_time_pass(&mut self) -> bool {
        let mut world = self.host.world();
        let next = world.queue.iter().map(|queued| queued.visible_at).chain(world.timers.values().copied()).min();
        match next {
            Some(next) => {
                world.now = world.now.max(next);
                true
            }
            None => false,
        }
    }

    /// Does the supervisor's part: delivers overdue activations again, and where there are none, all that executions
    /// owe, which counts as a rescue. False where nothing is owed.
    fn bring_back(&mut self) -> bool {
        let ids: Vec<ExecutionId> = self.host.world().journals.keys().cloned().collect();
        let mut all: Vec<(Execution, Vec<Effect>)> = Vec::new();
        let mut overdue = Vec::new();
        for id in &ids {
            let Some(state) = self.host.state(id) else { continue };
            let Some(workflow) = self.host.world().in_force(&state) else { continue };
            if !state.status().is_terminal() && !state.paused {
                for ix in 0..workflow.nodes.len() {
                    overdue
                        .extend(overdue_at(&workflow, &state, ix).map(|at| (at, step_message(&state, &workflow, ix))));
                }
            }
            // The end of a child is owed to its parent only while the parent waits for it.
            let ended_and_told = state.status().is_terminal() && !self.parent_waits(&state);
            if !ended_and_told {
                let mut effects = owed(&workflow, &state, Since::Ever);
                let world = self.host.world();
                effects.retain(|effect| !world.is_done(id, effect));
                all.push((state, effects));
            }
        }
        let mut world = self.host.world();
        // The clock moves on to the first overdue activation, and whatever is overdue by then is delivered again.
        if let Some(at) = overdue.iter().map(|(at, _)| *at).min() {
            let now = world.now.max(at);
            world.now = now;
            overdue.into_iter().filter(|(at, _)| *at <= now).for_each(|(_, message)| world.push(message, now));
            return true;
        }
        let owes = all.iter().any(|(_, effects)| !effects.is_empty());
        // A command by the API has no message that comes again: if its effects are lost, only this sweep helps. Without
        // such a command, effects that are owed here should have been brought back before.
        if owes && world.unheard == 0 {
            let lost: Vec<_> =
                all.iter().filter(|(_, effects)| !effects.is_empty()).map(|(_, effects)| effects).collect();
            world.broken.push(format!("these effects were lost: {lost:?}"));
        }
        self.rescues += u64::from(owes);
        for (state, effects) in &all {
            world.apply_all(state.id(), effects);
        }
        owes
    }

    /// Whether the parent of an execution waits for its end.
    fn parent_waits(&self, child: &Execution) -> bool {
        child.started.parent.as_ref().is_some_and(|parent| {
            self.host.state(&parent.execution_id).is_some_and(|state| {
                state.waits_for_children(&parent.activation, parent.attempt)
                    && state
                        .children
                        .get(&parent.activation.node)
                        .is_some_and(|kids| !kids.ended.contains(parent.index))
            })
        })
    }

    /// Polls jobs in random order until each is done or its process is dead, and obeys their verdicts.
    fn together(&self, jobs: Vec<Job>) {
        type Running<'a> = Pin<Box<dyn Future<Output = (bool, Vec<(u64, Verdict)>)> + 'a>>;
        let mut running: Vec<(bool, Running<'_>)> = Vec::new();
        for job in jobs {
            running.push((job.is_asked(), Box::pin(job.run(&self.host))));
        }
        let waker = noop_waker();
        let mut cx = Context::from_waker(&waker);
        while !running.is_empty() {
            let chosen = self.host.world().draw_below(running.len());
            let (is_ask, job) = &mut running[chosen];
            let polled = job.as_mut().poll(&mut cx);
            let crashed = std::mem::take(&mut self.host.world().crashed);
            // The caller of a command that failed or died heard nothing, and may have caused effects that were lost.
            if crashed || matches!(polled, Poll::Ready((false, _))) {
                self.host.world().unheard += u64::from(*is_ask);
            }
            match polled {
                Poll::Ready((_, verdicts)) => {
                    drop(running.swap_remove(chosen));
                    self.host.world().obey(&verdicts);
                }
                Poll::Pending if crashed => drop(running.swap_remove(chosen)),
                Poll::Pending => {}
            }
        }
    }
}

fn step_message(state: &Execution, workflow: &document::Workflow, ix: usize) -> Message {
    let id = &workflow.nodes[ix].id;
    let attempt = state.node(id).map_or(1, |node| node.attempt.max(1));
    let work = Work::Step { activation: state.activation(id), attempt, io: false };
    Message { execution: state.id().clone(), work }
}
