//! Checks of the invariants of the execution model (§8), as far as the journal of one execution shows them. They serve
//! tests, and anybody who doubts a journal.

use crate::{
    documents::Documents,
    event::{Event, Turn},
    evolve::evolve,
    execution::{Execution, Phase, Status},
};
use document::{Workflow, id::NodeId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Every invariant that is violated, in words; empty where all hold. `turns` are all turns of the execution, and
/// `state` is the state after the last of them.
pub fn check<'a>(documents: impl Into<Documents<'a>>, turns: &[Turn], state: &Execution) -> Vec<String> {
    let documents = documents.into();
    let Some(workflow) = documents.of(state) else { return vec!["the document in force is not at hand".into()] };
    let mut broken = Vec::new();
    numbers(turns, &mut broken);
    activations(turns, &mut broken);
    folds(documents, turns, state, &mut broken);
    rests(workflow, state, &mut broken);
    broken
}

/// The same as far as some turns that follow one another show it, and the state after the last of them, which they make:
/// for whoever has folded them anyway.
pub fn check_folded(workflow: &Workflow, turns: &[Turn], state: &Execution) -> Vec<String> {
    let mut broken = Vec::new();
    if turns.first().is_some_and(|turn| turn.seq == 1) {
        activations(turns, &mut broken);
    }
    rests(workflow, state, &mut broken);
    broken
}

/// Invariants 3 and 4.
fn rests(workflow: &Workflow, state: &Execution, broken: &mut Vec<String>) {
    if state.status().is_terminal() {
        at_rest(state, broken);
    } else {
        moves(workflow, state, broken);
    }
}

/// Invariant 1: turns are numbered without a gap, and no number occurs twice. A turn without events is no turn.
fn numbers(turns: &[Turn], broken: &mut Vec<String>) {
    for (expected, turn) in (1u64..).zip(turns) {
        if turn.seq != expected {
            broken.push(format!("turn {} stands where turn {expected} belongs", turn.seq));
        }
        if turn.events.is_empty() {
            broken.push(format!("turn {} records nothing", turn.seq));
        }
    }
}

/// Invariant 2: what finishes was activated once before, and finishes once in its epoch. A node that succeeded may still
/// fail where the way on cannot be decided. No event follows the end, unless the execution is reopened.
fn activations(turns: &[Turn], broken: &mut Vec<String>) {
    let mut seen = Seen::default();
    for (turn, event) in turns.iter().flat_map(|turn| turn.events.iter().map(move |event| (turn.seq, event))) {
        seen.looks_at(turn, event, broken);
    }
}

/// What was seen of a journal so far.
#[derive(Default)]
struct Seen<'a> {
    /// The greatest visit of each node.
    visits: BTreeMap<&'a NodeId, u32>,
    epoch: u32,
    finished: BTreeSet<(u32, &'a NodeId, u32)>,
    failed: BTreeSet<(u32, &'a NodeId, u32)>,
    unrouted: BTreeSet<(u32, &'a NodeId, u32)>,
    ended: bool,
    /// Whether it goes back, and whether a person decides what becomes of what could not be undone.
    goes_back: bool,
    stuck: bool,
}

impl<'a> Seen<'a> {
    fn looks_at(&mut self, turn: u64, event: &'a Event, broken: &mut Vec<String>) {
        self.reopens(turn, event, broken);
        self.undoes(turn, event, broken);
        // What has ended is patched before it is retried, and arrives from elsewhere. The last messages to people tell of
        // the end.
        let goes_on = matches!(event, Event::WorkflowPatched(_) | Event::ExecutionImported | Event::InteractionTold(_));
        if self.ended && !goes_on {
            broken.push(format!("turn {turn} records an event after the end: {event:?}"));
        }
        match event {
            Event::ExecutionStarted(started) => {
                let nodes = started.forked.iter().flat_map(|fork| &fork.point.nodes);
                self.visits.extend(nodes.map(|(id, node)| (id, node.visit)));
            }
            Event::NodeTriggered { node, .. } => {
                self.visits.insert(node, 1);
                self.finished.insert((self.epoch, node, 1));
            }
            Event::NodeActivated { node, visit, .. } => {
                let before = self.visits.insert(node, *visit).unwrap_or(0);
                if *visit != before + 1 {
                    broken.push(format!("turn {turn} activates visit {visit} of {node} after visit {before}"));
                }
            }
            Event::NodeSucceeded { node, visit, .. } | Event::NodeFailed { node, visit, .. } => {
                let present = self.visits.get(node).copied().unwrap_or(0);
                // A rollback brings an earlier visit back.
                if present != *visit && (self.epoch == 0 || *visit > present) {
                    broken.push(format!("turn {turn} finishes visit {visit} of {node}, which is not its present one"));
                }
                let key = (self.epoch, node, *visit);
                let fails = matches!(event, Event::NodeFailed { .. });
                if fails {
                    self.failed.insert(key);
                }
                let fails_on_its_way = fails && self.unrouted.remove(&key);
                if !self.finished.insert(key) && !fails_on_its_way {
                    broken.push(format!("turn {turn} finishes visit {visit} of {node} once more"));
                }
                if matches!(event, Event::NodeSucceeded { live: None, .. }) {
                    self.unrouted.insert(key);
                }
            }
            Event::NodeRouted { node, visit, .. } => drop(self.unrouted.remove(&(self.epoch, node, *visit))),
            // While a person is asked what to do about a failure, the visit has not finished.
            Event::InteractionOpened { interaction, .. } if interaction.on_error => {
                self.finished.remove(&(self.epoch, &interaction.activation.node, interaction.activation.visit));
            }
            Event::ExecutionCompleted { .. } | Event::ExecutionFailed { .. } | Event::ExecutionCancelled { .. } => {
                self.ended = true;
            }
            _ => {}
        }
    }

    /// While a person decides what becomes of what could not be undone, no attempt to undo it is awaited.
    fn undoes(&mut self, turn: u64, event: &Event, broken: &mut Vec<String>) {
        match event {
            Event::RollbackBegun { .. } => (self.goes_back, self.stuck) = (true, false),
            Event::RolledBack { .. } => (self.goes_back, self.stuck) = (false, false),
            Event::ExecutionStuck { .. } => self.stuck = self.goes_back,
            Event::ExecutionUnstuck { .. } | Event::ExecutionRetried { .. } => self.stuck = false,
            Event::CompensationFailed(_) | Event::Compensated { .. } if self.stuck => {
                broken.push(format!("turn {turn} records what came of an attempt that nobody awaits: {event:?}"));
            }
            _ => {}
        }
    }

    /// An execution that ended goes on.
    fn reopens(&mut self, turn: u64, event: &Event, broken: &mut Vec<String>) {
        match event {
            Event::ExecutionRetried { .. } => {
                if !self.ended {
                    broken.push(format!("turn {turn} retries an execution that has not ended"));
                }
                // What failed is taken up in the same visits.
                self.ended = false;
                self.finished.retain(|one| !self.failed.contains(one));
            }
            Event::RollbackBegun { epoch, .. } => {
                if *epoch != self.epoch + 1 {
                    broken.push(format!("turn {turn} begins epoch {epoch} after epoch {}", self.epoch));
                }
                self.ended = false;
                self.epoch = *epoch;
            }
            _ => {}
        }
    }
}

/// Invariant 5: the events make the state, and so does a stored checkpoint with the events after it.
fn folds(documents: Documents<'_>, turns: &[Turn], state: &Execution, broken: &mut Vec<String>) {
    let (early, late) = turns.split_at(turns.len() / 2);
    let fold = |from: Option<Execution>, turns: &[Turn]| {
        turns.iter().try_fold(from, |state, turn| evolve(documents, state, turn).map(Some))
    };
    let half = match fold(None, early) {
        Ok(half) => half,
        Err(error) => return broken.push(format!("the events do not fold: {error}")),
    };
    // A checkpoint in the middle is written as JSON and read again, as a store does it.
    let stored = half.as_ref().map(|half| serde_json::to_vec(half).and_then(|bytes| serde_json::from_slice(&bytes)));
    let stored: Option<Execution> = match stored.transpose() {
        Ok(stored) => stored,
        Err(error) => return broken.push(format!("a checkpoint cannot be stored: {error}")),
    };
    if stored != half {
        broken.push(format!("the checkpoint after turn {} is not what it was once it is stored", early.len()));
    }
    if let (Some(stored), Some(half)) = (&stored, &half) {
        // Folding reads values, so those that were offloaded are put in, as a host would fetch them.
        for (payload, original) in stored.payloads().into_iter().zip(half.payloads()) {
            if let Some(value) = original.value().filter(|_| payload.missing().is_some()) {
                payload.fetched(value.clone());
            }
        }
    }
    match fold(stored, late).map(|folded| folded.map(|folded| as_noted(folded, state))) {
        Ok(Some(folded)) if folded == *state => {}
        Ok(_) => broken.push(format!("the {} turns make another state than the one that was decided", turns.len())),
        Err(error) => broken.push(format!("the events after a checkpoint do not fold: {error}")),
    }
}

/// A folded state without what the decided one does not note, since a release decided it that noted less: which visit entered
/// a loop, who paused it or had it go back, why what it undoes failed, which children were left as they are, and how much is done.
fn as_noted(mut folded: Execution, state: &Execution) -> Execution {
    if state.instructed.is_none() {
        folded.instructed = None;
    }
    if state.left.is_empty() {
        folded.left.clear();
    }
    // It counted nodes too that never run by themselves, so that less of the whole was done.
    folded.progress = folded.progress.min(state.progress);
    if let (Some(rolling), Some(decided)) = (&mut folded.rolling, &state.rolling) {
        let rolling = Arc::make_mut(rolling);
        rolling.failed = rolling.failed.take().filter(|_| decided.failed.is_some());
        rolling.by = rolling.by.take().filter(|_| decided.by.is_some());
    }
    for (id, looped) in &mut folded.loops {
        if state.loops.get(id).is_some_and(|decided| decided.visit == 0) {
            Arc::make_mut(looped).visit = 0;
        }
    }
    folded
}

/// Invariant 4: in an execution that has ended, no node can act and no interaction is open.
fn at_rest(state: &Execution, broken: &mut Vec<String>) {
    for (id, node) in &state.nodes {
        if node.phase.is_open() {
            broken.push(format!("the execution is {}, and {id} can still act: {:?}", state.status(), node.phase));
        }
    }
    for one in state.open_interactions() {
        broken.push(format!("the execution is {}, and interaction {} is open", state.status(), one.interaction_id));
    }
}

/// Invariant 3: an execution that has not ended has a node that can act. Every open interaction belongs to a node that
/// asks.
fn moves(workflow: &Workflow, state: &Execution, broken: &mut Vec<String>) {
    let stands = matches!(state.status(), Status::Paused | Status::Stuck | Status::RollingBack);
    let held_back = stands || state.held || state.arrives();
    if !held_back && !state.nodes.iter().any(|(id, _)| can_act(workflow, state, id)) {
        broken.push(format!("the execution is {}, and nothing in it can act", state.status()));
    }
    let planned = state.rolling.as_ref().filter(|rolling| rolling.plan.is_some());
    if state.status() == Status::RollingBack && planned.is_some_and(|rolling| rolling.current().is_none()) {
        broken.push("all is undone, and the checkpoint does not come back".into());
    }
    for one in state.open_interactions() {
        let asking = state.node(&one.activation.node).map(|node| &node.phase);
        if !matches!(asking, Some(Phase::Asking { interaction_id }) if *interaction_id == one.interaction_id) {
            broken.push(format!("interaction {} is open, and nobody asks it", one.interaction_id));
        }
    }
}

/// Whether a node can still act: it is due or runs, or what it waits for exists.
fn can_act(workflow: &Workflow, state: &Execution, id: &NodeId) -> bool {
    let Some(node) = state.node(id) else { return false };
    match &node.phase {
        Phase::Due { .. } | Phase::Intended { .. } => true,
        Phase::Waiting { until, event, .. } => until.is_some() || event.is_some(),
        Phase::Asking { interaction_id } => state.interaction(interaction_id.as_str()).is_some_and(|one| one.is_open()),
        Phase::Children => state.children.get(id).is_some_and(|kids| kids.running() > 0),
        // Between two iterations a continuation message is on its way.
        Phase::Looping => workflow.graph.index.get(id).is_some_and(|&ix| {
            !workflow.graph.body[ix]
                .iter()
                .any(|&inner| state.node(&workflow.nodes[inner].id).is_some_and(|node| node.phase.is_open()))
        }),
        _ => false,
    }
}
