//! Drives a simulated host: hands out messages, answers people's questions, moves the clock, brings back lost work.

use super::{Faults, parsed, root_id, started, world::SimHost};
use crate::{generate::Case, oracle::normal, rng::Rng};
use futures::task::noop_waker;
use serde_json::{Value, json};
use shared::{
    command::{Asked, Command},
    drive::submit,
    effect::{Control, Effect, Message, Work},
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    interaction::Answer,
    owed::{Since, overdue_at, owed},
    port::{Delivery, Verdict},
};
use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Seconds after which a message that was handed out and not acknowledged comes again.
const VISIBILITY_SECONDS: f64 = 20.0;
/// Rounds after which a run goes nowhere.
const ROUNDS: usize = 20_000;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    /// Of the root.
    pub status: Status,
    /// What is not the same from run to run taken out.
    pub output: Value,
    /// The code of its error.
    pub code: Option<String>,
}

/// One simulated run.
pub struct Run {
    /// What outlives crashes.
    pub host: SimHost,
    rng: Rng,
    faults: Faults,
    /// Rounds after which the execution is paused, and whether it was since.
    pub pause_at: Option<usize>,
    /// Rounds after which it is cancelled.
    pub cancel_at: Option<usize>,
    /// How often work was brought back that no message, timer or person would have.
    pub rescues: u64,
    round: usize,
    told: BTreeSet<String>,
}

enum Job {
    Batch(Vec<Delivery>),
    Ask(ExecutionId, Command),
}

impl Job {
    /// Whether it went through, and what becomes of messages.
    async fn run(self, host: &SimHost) -> (bool, Vec<(u64, Verdict)>) {
        match self {
            Job::Batch(deliveries) => {
                let verdicts = step::handle(host, &deliveries).await;
                (true, deliveries.iter().map(|delivery| delivery.receipt).zip(verdicts).collect())
            }
            Job::Ask(id, command) => {
                let asked = submit(host, &id, vec![Asked::from(command)], Vec::new(), Vec::new()).await;
                (asked.is_ok(), Vec::new())
            }
        }
    }
}

impl Run {
    /// A case under faults; everything else follows from the seed.
    pub fn new(case: &Case, seed: u64, faults: Faults, atomic: bool) -> Self {
        let host = SimHost::new(seed, faults, atomic);
        for document in case.saved.iter().chain([&case.document]) {
            host.world().keep(&parsed(document));
        }
        let run = Self {
            host,
            rng: Rng::new(seed, 3),
            faults,
            pause_at: None,
            cancel_at: None,
            rescues: 0,
            round: 0,
            told: BTreeSet::new(),
        };
        let started = started(&parsed(&case.document), &case.input, &run.host);
        let start = Command::Start(Box::new(started));
        while run.host.world().journals.is_empty() {
            run.together(vec![Job::Ask(root_id(), start.clone())]);
        }
        run
    }

    /// Runs to the end of everything, or says what went wrong.
    pub fn finish(&mut self) -> Result<Fate, String> {
        while self.advance()? {}
        self.fate()
    }

    /// How the root ended, and whether everything else did.
    pub fn fate(&self) -> Result<Fate, String> {
        let world = self.host.world();
        for id in world.journals.keys() {
            let state = world.fold(id).ok_or("a journal without a start")?;
            if !state.status().is_terminal() {
                return Err(format!("{id} was left {}: {:#?}", state.status(), state.nodes));
            }
            let shown = state.interactions.iter().find(|one| world.shown.contains(&one.interaction_id));
            // People are told at best once that a question is over: whoever asks sees that by itself.
            if let Some(one) = shown.filter(|_| !self.faults.disorder) {
                return Err(format!("interaction {} is shown although {id} ended", one.interaction_id));
            }
        }
        let root = world.fold(&root_id()).ok_or("nothing was started")?;
        let output = root.output.as_ref().map(|output| normal(output.value())).unwrap_or_default();
        Ok(Fate { status: root.status(), output, code: root.error.map(|error| error.code) })
    }

    /// One round. False once nothing moves any more because everything ended.
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
        self.control();
        let jobs = self.jobs();
        let moved = !jobs.is_empty() || self.let_time_pass() || self.bring_back();
        self.together(jobs);
        let broken = std::mem::take(&mut self.host.world().broken);
        match broken.first() {
            Some(first) => Err(format!("{first} (and {} more)", broken.len() - 1)),
            None => Ok(moved),
        }
    }

    /// What people ask of the execution in this round.
    fn control(&mut self) {
        let after = |at: Option<usize>| at.is_some_and(|at| self.round >= at);
        let (pause, cancel) = (after(self.pause_at), after(self.cancel_at));
        let Some(status) = self.host.state(&root_id()).map(|state| state.status()) else { return };
        let asked = |control| Command::Control { control, reason: None };
        if pause && !status.is_terminal() {
            if status == Status::Paused {
                self.pause_at = None;
            }
            self.together(vec![Job::Ask(root_id(), asked(Control::Pause))]);
        }
        if cancel && !status.is_terminal() {
            self.together(vec![Job::Ask(root_id(), asked(Control::Cancel))]);
        }
    }

    /// Resumes the root until it is resumed.
    pub fn resume(&mut self) {
        let command = Command::Control { control: Control::Resume, reason: None };
        while self.host.state(&root_id()).is_some_and(|state| state.paused) {
            self.together(vec![Job::Ask(root_id(), command.clone())]);
        }
    }

    /// What is done at the same time in this round: up to three handlers, or what people do when nothing else moves.
    fn jobs(&mut self) -> Vec<Job> {
        let handlers = if self.faults.disorder { self.rng.between(1, 3) } else { 1 };
        let batches: Vec<Job> = (0..handlers).filter_map(|_| self.take_batch()).map(Job::Batch).collect();
        if !batches.is_empty() && !(self.faults.disorder && self.rng.percent(20)) {
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
            // A queue may hand a message out to two at once.
            let again = self.rng.percent(self.faults.duplicates / 2);
            queued.visible_at = if again { now } else { now.after_seconds(VISIBILITY_SECONDS) };
            let (receipt, message, deliveries) = (queued.receipt, queued.message.clone(), queued.deliveries);
            batch.push(Delivery { receipt, message, deliveries });
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Answers every open question as it says, and signals every event that is awaited.
    fn people(&mut self) -> Vec<Job> {
        let ids: Vec<ExecutionId> = self.host.world().journals.keys().cloned().collect();
        let states = ids.iter().filter_map(|id| self.host.state(id)).filter(|state| !state.paused);
        let mut jobs = Vec::new();
        for state in states {
            for one in state.open_interactions() {
                let interaction_id = one.interaction_id.clone();
                self.told.insert(interaction_id.to_string());
                jobs.push(Job::Ask(
                    state.id().clone(),
                    Command::Answer { interaction_id, answer: Box::new(answer(&one.question, one.on_error)) },
                ));
            }
            let awaited = state.nodes.values().find_map(|node| match &node.phase {
                Phase::Waiting { event: Some(event), .. } => Some(event.clone()),
                _ => None,
            });
            jobs.extend(
                awaited
                    .map(|name| Job::Ask(state.id().clone(), Command::Signal { name, data: json!({ "v": 7 }).into() })),
            );
        }
        jobs.truncate(2);
        jobs
    }

    /// Moves the clock to whatever comes next.
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

    /// The supervisor's part: overdue activations are delivered again. What only a second look at everything that is
    /// owed brings back is counted.
    fn bring_back(&mut self) -> bool {
        let ids: Vec<ExecutionId> = self.host.world().journals.keys().cloned().collect();
        let mut all: Vec<(Execution, Vec<Effect>)> = Vec::new();
        let mut overdue = Vec::new();
        for id in &ids {
            let (Some(state), Some(workflow)) = (self.host.state(id), self.host.world().workflow_of(id)) else {
                continue;
            };
            if !state.status().is_terminal() && !state.paused {
                for ix in 0..workflow.nodes.len() {
                    overdue
                        .extend(overdue_at(&workflow, &state, ix).map(|at| (at, step_message(&state, &workflow, ix))));
                }
            }
            let ended_and_told = state.status().is_terminal() && !self.parent_waits(&state);
            if !ended_and_told {
                let effects = owed(&workflow, &state, Since::Ever);
                all.push((state, effects));
            }
        }
        let mut world = self.host.world();
        if let Some(at) = overdue.iter().map(|(at, _)| *at).min() {
            let now = world.now.max(at);
            world.now = now;
            overdue.into_iter().filter(|(at, _)| *at <= now).for_each(|(_, message)| world.push(message, now));
            return true;
        }
        let owes = all.iter().any(|(_, effects)| !effects.is_empty());
        // Whoever asks by the API is no queue: where nobody asks again, only a sweep over everything helps.
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

    fn parent_waits(&self, child: &Execution) -> bool {
        child.started.parent.as_ref().is_some_and(|parent| {
            self.host.state(&parent.execution_id).is_some_and(|state| {
                let node = state.node(&parent.activation.node);
                let waits =
                    node.is_some_and(|node| node.phase == Phase::Children && node.visit == parent.activation.visit);
                waits
                    && state
                        .children
                        .get(&parent.activation.node)
                        .is_some_and(|kids| !kids.ended.contains(parent.index))
            })
        })
    }

    /// Polls several jobs in a random order until each is done or dead, and obeys their verdicts.
    fn together(&self, jobs: Vec<Job>) {
        type Running<'a> = Pin<Box<dyn Future<Output = (bool, Vec<(u64, Verdict)>)> + 'a>>;
        let mut running: Vec<(bool, Running<'_>)> = Vec::new();
        for job in jobs {
            running.push((matches!(job, Job::Ask(..)), Box::pin(job.run(&self.host))));
        }
        let waker = noop_waker();
        let mut cx = Context::from_waker(&waker);
        while !running.is_empty() {
            let chosen = self.host.world().draw_below(running.len());
            let (is_ask, job) = &mut running[chosen];
            let polled = job.as_mut().poll(&mut cx);
            let crashed = std::mem::take(&mut self.host.world().crashed);
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

fn step_message(state: &Execution, workflow: &shared::workflow::Workflow, ix: usize) -> Message {
    let id = &workflow.nodes[ix].id;
    let attempt = state.node(id).map_or(1, |node| node.attempt.max(1));
    let work = Work::Step { activation: state.activation(id), attempt, io: false };
    Message { execution: state.id().clone(), work }
}

fn answer(question: &str, on_error: bool) -> Answer {
    let mut answer = Answer { by: "boss@example.com".into(), via: "api".into(), ..Answer::default() };
    if on_error {
        answer.option = Some("abort".into());
    } else {
        answer.approved = Some(question.contains("yes"));
    }
    answer
}
