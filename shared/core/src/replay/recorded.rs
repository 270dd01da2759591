//! What a journal tells of each visit to a node.

use crate::{
    error::Error,
    event::{Closed, Event, Planned, Turn},
    execution::Status,
    id::InteractionId,
    interaction::{AfterError, Response},
    payload::Payload,
    rollback::{After, lineage},
};
use document::{NodeKind, Workflow, graph::EdgeIx, id::NodeId, work::Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a node led: the port that it took and the nodes at the ends of its live edges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// The port; none where the node failed and nothing handled that.
    pub port: Option<String>,
    /// The nodes, in alphabetical order.
    pub to: Vec<NodeId>,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// It succeeded.
    Succeeded {
        /// The port taken.
        port: String,
        /// The output.
        output: Payload,
    },
    /// It failed.
    Failed {
        /// Why.
        error: Error,
        /// Whether nobody knows what it did.
        unknown: bool,
        /// Whether another attempt followed by the node's `retry`.
        again: bool,
    },
}

/// A question about a failed attempt, and what was decided.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    id: InteractionId,
    /// What was decided; none where the question was never answered.
    pub decision: Option<AfterError>,
    /// The answer that decided; none where the deadline did.
    pub response: Option<Box<Response>>,
}

/// One visit to a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Visit {
    /// Its number in the journal.
    number: u32,
    /// What came of its attempts, each with its place in the order of everything that was recorded.
    pub came: Vec<(u64, Came)>,
    /// The place in that order at which a loop was entered, or a question to people was opened.
    pub entered: Option<u64>,
    /// Numbers of these attempts.
    attempts: Vec<u32>,
    /// Where it led.
    pub route: Option<Route>,
    /// Whether it failed for good.
    failed: bool,
    /// Whether people were asked by it.
    pub asked: bool,
    /// Questions about its failed attempts, in order.
    pub about_failures: Vec<Asked>,
    /// The output that people gave in place of a failed attempt's.
    pub instead: Option<Payload>,
    /// How many children it planned, and their items.
    pub children: Option<(u32, Payload)>,
    /// What the models used that an agent asked.
    pub usage: Usage,
}

impl Visit {
    /// Where it led; one without a port for a failure that nothing handled, none while it is open.
    pub fn way(&self) -> Option<Route> {
        let nowhere = || Route { port: None, to: Vec::new() };
        self.route.clone().or_else(|| self.failed.then(nowhere))
    }

    /// How many questions people were asked.
    pub fn questions(&self) -> usize {
        usize::from(self.asked) + self.about_failures.len()
    }

    fn comes(&mut self, at: u64, attempt: u32, came: Came) {
        // What people decide about a failed attempt is recorded as its outcome too. The first one is its own.
        if self.attempts.contains(&attempt) {
            if let (Came::Succeeded { output, .. }, Some((_, Came::Failed { .. }))) = (came, self.came.last()) {
                self.instead = Some(output);
            }
            return;
        }
        self.attempts.push(attempt);
        self.came.push((at, came));
    }
}

/// What a journal tells, without what a rollback left behind.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    visits: BTreeMap<NodeId, Vec<Visit>>,
    types: BTreeMap<NodeId, &'static str>,
    /// Attempts that ended, of nodes that do more than to choose a route. Each costs a message and a commit.
    pub steps: u64,
    /// How it ended; none where it has not.
    pub end: Option<Status>,
    /// The result, where it completed.
    pub output: Option<Payload>,
    /// Whether something outside of its nodes ended it: a person, its parent or its own timeout.
    pub ended_from_outside: bool,
}

impl Recorded {
    /// Reads turns of an execution, which the workflow decided. The journal may begin anywhere: a visit that began before
    /// counts from its first outcome on.
    pub fn of(workflow: &Workflow, turns: &[Turn]) -> Self {
        Self::along(workflow, &|_| None, turns)
    }

    /// The same of an execution that may have been patched meanwhile. `workflow` is in force at the first of the turns, and
    /// `named` finds the documents that patches put it on, by their hashes.
    pub fn along<'w>(mut workflow: &'w Workflow, named: &dyn Fn(&str) -> Option<&'w Workflow>, turns: &[Turn]) -> Self {
        let mut recorded = Self::default();
        let (turns, given_up) = forwards(turns);
        let led = lineage(turns);
        let mut at = 0;
        for turn in turns.iter().filter(|turn| led.binary_search(&turn.seq).is_ok()) {
            for event in &turn.events {
                at += 1;
                if let Event::WorkflowPatched(patched) = event {
                    workflow = named(&patched.hash).unwrap_or(workflow);
                }
                recorded.take(workflow, at, event);
            }
        }
        recorded.end = given_up.or(recorded.end);
        recorded.types = workflow.nodes.iter().map(|node| (node.id.clone(), node.of.name)).collect();
        recorded
    }

    /// A visit; none where there was none, or where the node was of another type.
    pub(super) fn visit(&self, of: &Which<'_>) -> Option<&Visit> {
        let same = self.types.get(of.node) == Some(&of.kind);
        self.visits.get(of.node).filter(|_| same)?.get(of.number)
    }

    /// All visits of all nodes, each with its position among those of its node, from 0.
    pub(super) fn visits(&self) -> impl Iterator<Item = (&NodeId, usize, &Visit)> {
        self.visits
            .iter()
            .flat_map(|(node, visits)| visits.iter().enumerate().map(move |(number, visit)| (node, number, visit)))
    }

    /// How many visits to a node there were.
    pub fn visits_of(&self, node: &NodeId) -> usize {
        self.visits.get(node).map_or(0, Vec::len)
    }

    /// A visit to a node of whatever type.
    pub(super) fn visit_at(&self, node: &NodeId, number: usize) -> Option<&Visit> {
        self.visits.get(node)?.get(number)
    }

    /// The nodes that ran, asked or waited and came to an end, each with the port that it took, in the order in which they
    /// did.
    pub fn ran(&self) -> Vec<(super::Visited, Option<String>)> {
        let ended = self.visits().filter_map(|(node, number, visit)| {
            let (at, _) = visit.came.last()?;
            let visited = super::Visited { node: node.clone(), visit: number as u32 + 1 };
            Some((*at, visited, visit.route.as_ref().and_then(|route| route.port.clone())))
        });
        let mut ran: Vec<_> = ended.collect();
        ran.sort_by_key(|(at, ..)| *at);
        ran.into_iter().map(|(_, visited, port)| (visited, port)).collect()
    }

    fn find(&mut self, node: &NodeId, number: u32) -> &mut Visit {
        let visits = self.visits.entry(node.clone()).or_default();
        let at = visits.iter().rposition(|visit| visit.number == number).unwrap_or_else(|| {
            visits.push(Visit { number, ..Visit::default() });
            visits.len() - 1
        });
        &mut visits[at]
    }

    fn leads(&mut self, workflow: &Workflow, node: &NodeId, visit: u32, port: &str, live: &[EdgeIx]) {
        let mut to: Vec<NodeId> =
            live.iter().filter_map(|&edge| workflow.edges.get(edge)).map(|edge| edge.to.clone()).collect();
        to.sort();
        let found = self.find(node, visit);
        found.route = Some(Route { port: Some(port.to_owned()), to });
        found.failed = false;
    }

    fn step(&mut self, workflow: &Workflow, node: &NodeId) {
        self.steps += u64::from(is_step(workflow, node));
    }

    fn take(&mut self, workflow: &Workflow, at: u64, event: &Event) {
        match event {
            Event::NodeActivated { node, visit, .. } => {
                self.find(node, *visit);
            }
            Event::NodeTriggered { node, live } => self.leads(workflow, node, 1, "success", live),
            Event::NodeSucceeded { node, visit, attempt, port, output, live, .. } => {
                self.step(workflow, node);
                let came = Came::Succeeded { port: port.clone(), output: output.clone() };
                self.find(node, *visit).comes(at, *attempt, came);
                if let Some(live) = live {
                    self.leads(workflow, node, *visit, port, live);
                }
            }
            Event::AttemptFailed { node, visit, attempt, error, unknown, .. } => {
                self.step(workflow, node);
                let came = Came::Failed { error: error.clone(), unknown: *unknown, again: true };
                let found = self.find(node, *visit);
                found.comes(at, *attempt, came);
                found.failed = false;
            }
            Event::NodeFailed { node, visit, attempt, error, unknown } => {
                self.step(workflow, node);
                let came = Came::Failed { error: error.clone(), unknown: *unknown, again: false };
                let found = self.find(node, *visit);
                found.comes(at, *attempt, came);
                (found.route, found.failed) = (None, true);
            }
            Event::AgentAnswered(answered) => self.find(&answered.node, answered.visit).usage.add(&answered.usage),
            Event::NodeRouted { node, visit, port, live, .. } => self.leads(workflow, node, *visit, port, live),
            Event::InteractionOpened { .. } | Event::InteractionClosed(_) => self.ask(at, event),
            Event::LoopEntered { node, .. } => {
                if let Some(visit) = self.visits.get_mut(node).and_then(|visits| visits.last_mut()) {
                    visit.entered = Some(at);
                }
            }
            Event::ChildrenPlanned(planned) => {
                let Planned { node, visit, count, items, .. } = &**planned;
                self.find(node, *visit).children = Some((*count, items.clone()));
            }
            Event::ExecutionRetried { .. } => self.take_up(workflow),
            Event::ExecutionCompleted { output } => self.ends(Status::Completed, false, Some(output)),
            Event::ExecutionFailed { error } => self.ends(Status::Failed, error.node.is_none(), None),
            Event::ExecutionCancelled { .. } => self.ends(Status::Cancelled, true, None),
            // Nothing else says what a node did or where it led.
            _ => {}
        }
    }

    fn ask(&mut self, at: u64, event: &Event) {
        match event {
            Event::InteractionOpened { interaction: one, .. } if one.on_error => {
                let asked = Asked { id: one.interaction_id.clone(), decision: None, response: None };
                self.find(&one.activation.node, one.activation.visit).about_failures.push(asked);
            }
            Event::InteractionOpened { interaction: one, .. } => {
                let found = self.find(&one.activation.node, one.activation.visit);
                (found.asked, found.entered) = (true, Some(at));
            }
            Event::InteractionClosed(closed) => {
                let Closed { interaction_id, decision, response, .. } = &**closed;
                let about = self.visits.values_mut().flatten().flat_map(|visit| &mut visit.about_failures);
                for asked in about.filter(|asked| asked.id == *interaction_id) {
                    asked.decision = decision.as_deref().and_then(AfterError::parse);
                    asked.response.clone_from(response);
                }
            }
            _ => {}
        }
    }

    fn ends(&mut self, status: Status, from_outside: bool, output: Option<&Payload>) {
        self.end = Some(status);
        self.ended_from_outside = from_outside;
        self.output = output.cloned();
    }

    /// Forgets the failures that a retry of the execution took up: that was no doing of the workflow.
    fn take_up(&mut self, workflow: &Workflow) {
        (self.end, self.ended_from_outside) = (None, false);
        let all = self.visits.iter_mut().flat_map(|(node, visits)| visits.iter_mut().map(move |visit| (node, visit)));
        for (node, visit) in all.filter(|(_, visit)| visit.failed) {
            if matches!(visit.came.last(), Some((_, Came::Failed { again: false, .. }))) {
                visit.came.pop();
                self.steps = self.steps.saturating_sub(u64::from(is_step(workflow, node)));
                // A node that goes on with its children does so in the same attempt.
                visit.attempts.pop();
            }
            // People are asked about the next failure anew. An abort was taken back.
            visit.about_failures.retain(|asked| asked.decision.is_some_and(|decision| decision != AfterError::Abort));
            visit.failed = false;
        }
    }
}

/// Whether an attempt of a node is a step: the node does more than to choose a route.
fn is_step(workflow: &Workflow, node: &NodeId) -> bool {
    !workflow.node(node.as_str()).is_some_and(|node| matches!(node.kind, NodeKind::Route(_)))
}

/// Which visit is meant, to a node of which type.
pub(super) struct Which<'a> {
    pub node: &'a NodeId,
    pub kind: &'static str,
    /// Its position among the visits of the node, from 0.
    pub number: usize,
}

/// The turns up to where the execution gave up and undid what it had done (`on_error: rollback`), and how that ended it.
/// All turns where it did not, or was taken up again.
fn forwards(turns: &[Turn]) -> (&[Turn], Option<Status>) {
    let gives_up = |event: &Event| match event {
        Event::RollbackBegun { rollback, .. } => match rollback.after {
            After::Fail { .. } => Some(Status::Failed),
            After::Cancel { .. } => Some(Status::Cancelled),
            After::GoOn => None,
        },
        _ => None,
    };
    let goes_on = |event: &Event| matches!(event, Event::RollbackBegun { .. } | Event::ExecutionRetried { .. });
    for (number, turn) in turns.iter().enumerate().rev() {
        if let Some(end) = turn.events.iter().find_map(gives_up) {
            return (&turns[..number], Some(end));
        }
        if turn.events.iter().any(goes_on) {
            break;
        }
    }
    (turns, None)
}
