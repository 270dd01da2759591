//! Drives the rules over recorded outcomes, without any host.

use super::{
    Visited,
    recorded::{Recorded, Visit, Which},
};
use crate::{
    command::Command,
    decide::{Decided, decide},
    effect::{Effect, Message, Work},
    error::Rejection,
    event::{Event, Started, Turn},
    execution::{Execution, Phase, Status},
    id::Activation,
    limits,
    payload::Payload,
    reading::{Missing, Reading},
    rollback::{After, Fork},
    sight::Sight,
    task::{Failure, Outcome},
};
use document::{NodeKind, Workflow, graph::NodeIx, id::NodeId, time::Time};
use std::{collections::BTreeMap, sync::Arc};

/// How far the rules came.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What they recorded, which nobody keeps.
    pub turns: Vec<Turn>,
    /// The state after the last turn.
    pub state: Execution,
    /// Visits that would run, wait or ask and of which no outcome was recorded.
    pub would_run: Vec<Visited>,
    /// The same, of visits that were still open where the record ends.
    pub as_open: Vec<Visited>,
    /// Visits that would ask people, once for each question.
    pub asks: Vec<Visited>,
    /// Whether it was given up after [`limits::REPLAY_TURNS`].
    pub cut: bool,
}

impl Replayed {
    /// How it ends; none where that cannot be told.
    pub fn end(&self) -> Option<Status> {
        let gives_up = || {
            let rolling = self.state.rolling.as_ref()?;
            matches!(rolling.asked.after, After::Fail { .. }).then_some(Status::Failed)
        };
        self.state.end.or_else(gives_up)
    }
}

/// Runs a workflow on what was recorded of an execution, which was started as `started` at a time. None where it could not
/// have been started so: it has no such trigger, or the execution is a fork, whose beginning is no outcome of nodes.
///
/// # Errors
/// Where the rules read values that are offloaded: fetch them, and replay again.
pub fn replay(
    workflow: &Workflow,
    started: &Started,
    at: Time,
    recorded: &Recorded,
) -> Result<Option<Replayed>, Missing> {
    if started.forked.is_some() && started.workflow_hash != workflow.hash {
        return Ok(None);
    }
    let known = |id: &NodeId| workflow.node(id.as_str()).is_some_and(|node| node.kind.trigger().is_some());
    // Whoever renamed the trigger means the one by which the API starts.
    let for_api = || workflow.trigger_for_api().map(|ix| workflow.nodes[ix].id.clone());
    let trigger = started.trigger.as_ref().map(|id| if known(id) { Some(id.clone()) } else { for_api() });
    if trigger == Some(None) {
        return Ok(None);
    }
    let started = Started {
        workflow_hash: workflow.hash.clone(),
        trigger: trigger.flatten(),
        deadline: at.after_seconds(workflow.settings.timeout_seconds),
        held: false,
        awaited: false,
        imported: None,
        ..started.clone()
    };
    let first = match decide(workflow, None, Command::Start(Box::new(started)).into(), at) {
        Ok(first) => first,
        Err(Rejection::Needs(missing)) => return Err(missing),
        Err(_) => return Ok(None),
    };
    let mut drive = Drive::new(workflow, recorded, at, first.state.clone());
    drive.keep(first)?;
    drive.run()?;
    let Drive { turns, state, would_run, as_open, asks, cut, .. } = drive;
    Ok(Some(Replayed { turns, state, would_run, as_open, asks, cut }))
}

/// A fork as a replay begins with it: what waited at its checkpoint is due, so that the outcomes that came since are
/// reported as those of all others.
pub fn resumable(mut fork: Fork) -> Fork {
    for node in fork.point.nodes.values_mut() {
        if matches!(node.phase, Phase::Waiting { .. } | Phase::Asking { .. } | Phase::Children) {
            Arc::make_mut(node).phase = Phase::Due { at: None };
        }
    }
    fork.point.questions.clear();
    fork
}

/// A replay under way.
pub(super) struct Drive<'a> {
    pub workflow: &'a Workflow,
    recorded: &'a Recorded,
    pub now: Time,
    pub state: Execution,
    turns: Vec<Turn>,
    /// Attempts whose message was sent and not handled.
    pending: Vec<(Activation, u32)>,
    /// The numbers of the visits to each node so far.
    visits: BTreeMap<NodeId, Vec<u32>>,
    /// How many recorded attempts of a visit, and decisions about them, were used.
    pub used: BTreeMap<(NodeId, usize), (usize, usize)>,
    pub would_run: Vec<Visited>,
    pub as_open: Vec<Visited>,
    pub asks: Vec<Visited>,
    cut: bool,
}

impl<'a> Drive<'a> {
    fn new(workflow: &'a Workflow, recorded: &'a Recorded, now: Time, state: Execution) -> Self {
        Self {
            workflow,
            recorded,
            now,
            state,
            turns: Vec::new(),
            pending: Vec::new(),
            visits: BTreeMap::new(),
            used: BTreeMap::new(),
            would_run: Vec::new(),
            as_open: Vec::new(),
            asks: Vec::new(),
            cut: false,
        }
    }

    /// Handles what is due, in the order in which it was handled then. What nobody recorded and needs nobody comes first,
    /// and what has no outcome last.
    fn run(&mut self) -> Result<(), Missing> {
        while self.state.end.is_none() && self.state.rolling.is_none() && !self.pending.is_empty() {
            if self.turns.len() >= limits::REPLAY_TURNS {
                self.cut = true;
                break;
            }
            let orders: Vec<u64> = (0..self.pending.len()).map(|at| self.order(at)).collect();
            let first = orders.iter().enumerate().min_by_key(|(at, order)| (**order, *at)).map_or(0, |(at, _)| at);
            let (activation, _) = self.pending.remove(first);
            self.handle(&activation)?;
        }
        Ok(())
    }

    /// The place of a pending attempt in the record.
    fn order(&mut self, at: usize) -> u64 {
        let activation = self.pending[at].0.clone();
        let Some(&ix) = self.workflow.graph.index.get(&activation.node) else { return 0 };
        let number = self.number(&activation);
        let used = self.used.get(&(activation.node.clone(), number)).map_or(0, |used| used.0);
        match (self.visit(ix, number), &self.workflow.nodes[ix].kind) {
            (Some(visit), kind) => {
                let came = visit.came.get(used).map(|(order, _)| *order);
                // A loop ends long after it is entered, and a question may be open when the execution ends.
                let order =
                    if matches!(kind, NodeKind::Route(_)) { visit.entered.or(came) } else { came.or(visit.entered) };
                order.unwrap_or_else(|| without(kind))
            }
            (None, kind) => without(kind),
        }
    }

    /// The position of a visit among those to its node.
    pub fn number(&mut self, activation: &Activation) -> usize {
        let visits = self.visits.entry(activation.node.clone()).or_default();
        visits.iter().position(|visit| *visit == activation.visit).unwrap_or_else(|| {
            visits.push(activation.visit);
            visits.len() - 1
        })
    }

    pub fn visit(&self, ix: NodeIx, number: usize) -> Option<&'a Visit> {
        let node = &self.workflow.nodes[ix];
        self.recorded.visit(&Which { node: &node.id, kind: node.of.name, number })
    }

    /// Decides a command on the present state, which stays as it is. None where the rules refuse it.
    pub fn decided(&self, command: Command) -> Result<Option<Decided>, Missing> {
        match decide(self.workflow, Some(&self.state), command.into(), self.now) {
            Ok(decided) => Ok(Some(decided)),
            Err(Rejection::Needs(missing)) => Err(missing),
            Err(_) => Ok(None),
        }
    }

    /// Does a command. False where the rules refuse it.
    pub fn does(&mut self, command: Command) -> Result<bool, Missing> {
        let Some(decided) = self.decided(command)? else { return Ok(false) };
        self.keep(decided)?;
        Ok(true)
    }

    /// Goes on from what was decided: notes the visits that began, what is due, and answers questions about failures.
    pub fn keep(&mut self, decided: Decided) -> Result<(), Missing> {
        self.state = decided.state;
        for effect in decided.effects {
            if let Effect::Send { message: Message { work: Work::Step { activation, attempt, .. }, .. }, .. } = effect
                && !self.pending.contains(&(activation.clone(), attempt))
            {
                self.pending.push((activation, attempt));
            }
        }
        let Some(turn) = decided.turn else { return Ok(()) };
        let mut about = Vec::new();
        for event in &turn.events {
            match event {
                Event::NodeActivated { node, visit, .. } => {
                    self.visits.entry(node.clone()).or_default().push(*visit);
                }
                Event::InteractionOpened { interaction, .. } if interaction.on_error => about.push(interaction.clone()),
                _ => {}
            }
        }
        self.turns.push(turn);
        about.into_iter().try_for_each(|one| self.answer(&one))
    }

    fn handle(&mut self, activation: &Activation) -> Result<(), Missing> {
        let Some(&ix) = self.workflow.graph.index.get(&activation.node) else { return Ok(()) };
        let open = self.state.node(&activation.node).filter(|found| found.visit == activation.visit);
        if !open.is_some_and(|found| matches!(found.phase, Phase::Due { .. } | Phase::Looping)) {
            return Ok(());
        }
        let open = Command::Open { activation: activation.clone() };
        match &self.workflow.nodes[ix].kind {
            NodeKind::Route(_) => self.does(open).map(|_| ()),
            NodeKind::Compute(config) => {
                let computed = Reading::of(|reading| {
                    config.compute(&Sight::of_config(self.workflow, &self.state, ix, reading).scope())
                })?;
                let outcome = match computed {
                    Ok(output) => Outcome::Succeeded { port: "success".into(), output: Payload::new(output) },
                    Err(error) => Outcome::Failed(Failure::new(error.code, error.message)),
                };
                self.report(activation, outcome)
            }
            NodeKind::Run(_) | NodeKind::Agent(_) => self.recall(ix, activation, None),
            NodeKind::Lend(_) => Ok(()),
            NodeKind::Wait(_) | NodeKind::Children(_) => match self.decided(open)? {
                Some(opened) => self.opened(ix, activation, opened),
                None => Ok(()),
            },
        }
    }

    pub fn visited(&mut self, activation: &Activation) -> Visited {
        let number = u32::try_from(self.number(activation)).unwrap_or(u32::MAX);
        Visited { node: activation.node.clone(), visit: number.saturating_add(1) }
    }
}

/// The place of an attempt of which nothing was recorded.
fn without(kind: &NodeKind) -> u64 {
    match kind {
        NodeKind::Route(_) | NodeKind::Compute(_) | NodeKind::Lend(_) => 0,
        NodeKind::Run(_) | NodeKind::Wait(_) | NodeKind::Children(_) | NodeKind::Agent(_) => u64::MAX,
    }
}
