//! The walk through the past of an execution, by a new document.

use super::{
    begun,
    differs::Differs,
    obstacle::{Obstacle, Why},
};
use crate::{
    decide::{Deciding, Joined},
    documents::Documents,
    event::{Event, Patched, Started, Turn},
    evolve::{apply, begin},
    execution::{Execution, Phase},
    limits,
    reading::Reading,
    rollback::lineage,
};
use document::{
    Workflow,
    graph::{EdgeIx, NodeIx},
    id::NodeId,
    time::Time,
};
use std::collections::{BTreeMap, BTreeSet};

/// Proves that an execution can go on by another document: its past is one that the document could have led to. `turns`
/// are all its turns, and `state` is the state after the last. Gives what of the state follows from the document.
///
/// # Errors
/// Everything that stands in the way.
pub fn prove(
    documents: Documents<'_>,
    turns: &[Turn],
    state: &Execution,
    new: &Workflow,
    reading: &Reading,
) -> Result<Patched, Vec<Obstacle>> {
    let numbers = lineage(turns);
    let led: Vec<&Turn> = turns.iter().filter(|turn| numbers.binary_search(&turn.seq).is_ok()).collect();
    let (Some(first), Some(old)) = (led.first(), documents.of(state)) else { return Err(vec![untold(state)]) };
    if led.len() > limits::REPLAY_TURNS {
        return Err(vec![untold(state)]);
    }
    let found = begun::obstacles(&led, state, &Differs::between(old, new), reading);
    if !found.is_empty() {
        return Err(found);
    }
    let Some(Event::ExecutionStarted(started)) = first.events.first() else { return Err(vec![untold(state)]) };
    let Some(mut walk) = Walk::from(documents, state, started, first.at, new, reading) else {
        return Err(vec![untold(state)]);
    };
    if let Some(fork) = &started.forked {
        walk.comes_from(fork, first);
    }
    walk.taken_up = taken_up(&led);
    for turn in &led {
        walk.through(turn);
    }
    if walk.obstacles.is_empty() { Ok(walk.patched(state, old)) } else { Err(walk.obstacles) }
}

/// What stands in the way where the past cannot be gone through.
fn untold(state: &Execution) -> Obstacle {
    Obstacle {
        why: Why::CannotTell,
        node: None,
        visit: None,
        checkpoint: state.seq,
        at: state.updated_at,
        event: "execution_started".into(),
        message: format!("the past has more than {} turns, or is not whole: fork the execution", limits::REPLAY_TURNS),
    }
}

/// The visits whose failure ended the execution, with the last turn that took them up again.
fn taken_up(led: &[&Turn]) -> BTreeMap<(NodeId, u32), u64> {
    let (mut failed, mut taken_up) = (BTreeSet::new(), BTreeMap::new());
    for turn in led {
        for event in &turn.events {
            match event {
                Event::NodeFailed { node, visit, .. } => drop(failed.insert((node.clone(), *visit))),
                Event::NodeSucceeded { node, visit, .. }
                | Event::NodeRouted { node, visit, .. }
                | Event::AttemptFailed { node, visit, .. } => drop(failed.remove(&(node.clone(), *visit))),
                Event::ExecutionRetried { .. } => {
                    taken_up.extend(std::mem::take(&mut failed).into_iter().map(|visit| (visit, turn.seq)));
                }
                _ => {}
            }
        }
    }
    taken_up
}

/// A walk under way.
pub(super) struct Walk<'a> {
    documents: Documents<'a>,
    pub new: &'a Workflow,
    /// What differs between the document that was in force at the turn and the new one.
    pub differs: Differs<'a>,
    pub reading: &'a Reading,
    /// The state as it would have become by the new document.
    pub then: Execution,
    /// The visits that have not come to an end: what is recorded of their last attempt does not bind them.
    open: BTreeSet<(NodeId, u32)>,
    /// The visits whose failure a retry of the execution took up, with the turn of that retry: what is recorded of them
    /// before does not bind them either.
    taken_up: BTreeMap<(NodeId, u32), u64>,
    /// The nodes that the execution knows.
    known: BTreeSet<NodeId>,
    /// The nodes that were skipped, and that by the new document are skipped later at the soonest: it waits for more edges.
    put_off: BTreeSet<NodeId>,
    /// The edges by which joins were satisfied first that differ, of nodes that were not reached then: an `any` is won by the
    /// first.
    pub satisfied: BTreeMap<NodeIx, Vec<EdgeIx>>,
    pub obstacles: Vec<Obstacle>,
    /// The turn that is looked at, and when it was.
    pub turn: u64,
    pub at: Time,
    /// Whether somebody said in this turn what a node is to have given.
    pub by_hand: bool,
}

impl<'a> Walk<'a> {
    fn from(
        documents: Documents<'a>,
        state: &Execution,
        started: &Started,
        at: Time,
        new: &'a Workflow,
        reading: &'a Reading,
    ) -> Option<Self> {
        let old = documents.named(started, None)?;
        let open = state.nodes.iter().filter(|(_, node)| begun::is_open(node));
        let hash = new.hash.clone();
        let started = Started { workflow_hash: hash, forked: None, imported: None, ..started.clone() };
        Some(Self {
            documents,
            new,
            differs: Differs::between(old, new),
            reading,
            then: begin(new, &started, at),
            open: open.map(|(id, node)| (id.clone(), node.visit)).collect(),
            taken_up: BTreeMap::new(),
            known: state.nodes.keys().cloned().collect(),
            put_off: BTreeSet::new(),
            satisfied: BTreeMap::new(),
            obstacles: Vec::new(),
            turn: 1,
            at,
            by_hand: false,
        })
    }

    fn through(&mut self, turn: &Turn) {
        (self.turn, self.at) = (turn.seq, turn.at);
        (self.then.seq, self.then.updated_at) = (turn.seq, turn.at);
        self.by_hand = turn.events.iter().any(|event| matches!(event, Event::ExecutionUnstuck { .. }));
        // What belongs to a rollback itself led nowhere: the turn that ended it goes on from the checkpoint.
        let from = turn.events.iter().rposition(|event| matches!(event, Event::RolledBack { .. }));
        for (at, event) in turn.events.iter().enumerate().skip(from.map_or(0, |at| at + 1)) {
            if let Event::WorkflowPatched(patched) = event {
                let old = self.documents.named(&self.then_started(), Some(&patched.hash));
                self.differs = Differs::between(old.unwrap_or(self.differs.old), self.new);
                continue;
            }
            if let Event::NodeActivated { node, .. } = event {
                self.before_joining(node, &turn.events[at + 1..]);
            }
            if let Event::NodesSkipped { nodes } = event {
                // Whether one is skipped follows from those before it.
                for node in nodes {
                    self.skips(node);
                }
            } else {
                let taken = self.taken(event);
                self.fold(&taken);
            }
            self.skip_what_is_new();
            self.note_satisfied();
        }
    }

    /// Within a turn a node may be reached once others are skipped that the old document did not wait for.
    fn before_joining(&mut self, node: &NodeId, later: &[Event]) {
        let Some(&ix) = self.new.graph.index.get(node).filter(|_| self.differs.joins(node.as_str())) else { return };
        for event in later {
            if matches!(self.joined(ix), Some(Joined::Activate(_))) {
                return;
            }
            if let Event::NodesSkipped { nodes } = event {
                nodes.iter().for_each(|node| self.skips(node));
                self.skip_what_is_new();
            }
        }
    }

    /// Notes joins that differ and are satisfied now.
    fn note_satisfied(&mut self) {
        for ix in 0..self.new.nodes.len() {
            if !self.differs.joins(self.new.nodes[ix].id.as_str()) {
                continue;
            }
            let idle = self.phase(ix) == Phase::Idle && self.is_reached(ix);
            match self.joined(ix).filter(|_| idle) {
                Some(Joined::Activate(via)) => drop(self.satisfied.entry(ix).or_insert(via)),
                _ => drop(self.satisfied.remove(&ix)),
            }
        }
    }

    /// What the edges into a node mean for it.
    pub fn joined(&self, ix: NodeIx) -> Option<Joined> {
        let turn = Deciding::new(self.new.into(), self.then.clone(), self.at, self.reading).ok()?;
        Some(turn.joined(ix))
    }

    /// The start, under which documents are looked up by their hashes alone.
    fn then_started(&self) -> Started {
        (*self.then.started).clone()
    }

    /// Folds an event into the state as it would have become.
    fn fold(&mut self, event: &Event) {
        if matches!(event, Event::ExecutionStarted(_)) {
            return;
        }
        if apply(self.new, &mut self.then, event, self.at, self.reading).is_none() {
            self.stands("", 0, event, Why::CannotTell, "the new workflow lacks what this turn names".into());
        }
    }

    fn skips(&mut self, node: &NodeId) {
        if self.passes(node) {
            self.fold(&Event::NodesSkipped { nodes: vec![node.clone()] });
        } else if self.ix(node).is_some() {
            self.put_off.insert(node.clone());
        }
    }

    /// Skips nodes of the new document that no way leads to, and of which no later turn says so: they are new, or were put
    /// off.
    fn skip_what_is_new(&mut self) {
        loop {
            let skipped = (0..self.new.nodes.len()).find(|&ix| {
                let id = &self.new.nodes[ix].id;
                let is_new = || !self.known.contains(id) && (self.is_reached(ix) || self.is_in_skipped_loop(ix));
                self.phase(ix) == Phase::Idle && (self.put_off.contains(id) || is_new()) && self.is_passed(ix)
            });
            let Some(ix) = skipped else { return };
            let node = self.new.nodes[ix].id.clone();
            self.put_off.remove(&node);
            self.fold(&Event::NodesSkipped { nodes: vec![node] });
        }
    }

    pub fn phase(&self, ix: NodeIx) -> Phase {
        self.then.node(&self.new.nodes[ix].id).map_or(Phase::Idle, |node| node.phase.clone())
    }

    /// Whether the loops around a node are at work, so that its joins count.
    fn is_reached(&self, ix: NodeIx) -> bool {
        let begun = !self.then.nodes.is_empty();
        begun && self.new.graph.loops_around(ix).into_iter().all(|around| self.phase(around) == Phase::Looping)
    }

    /// Whether a node stands in a loop that was skipped, with all that is in it.
    fn is_in_skipped_loop(&self, ix: NodeIx) -> bool {
        self.new.graph.around[ix].is_some_and(|around| self.phase(around) == Phase::Skipped)
    }

    pub fn is_open(&self, node: &NodeId, visit: u32) -> bool {
        let visit = (node.clone(), visit);
        self.open.contains(&visit) || self.taken_up.get(&visit).is_some_and(|retry| self.turn < *retry)
    }

    /// Notes an obstacle.
    pub fn stands(&mut self, node: &str, visit: u32, event: &Event, why: Why, message: String) {
        let node = Some(node).filter(|node| !node.is_empty()).map(NodeId::from);
        // What follows from one obstacle is often another one about the same node.
        if node.is_some() && self.obstacles.iter().any(|other| other.node == node && other.visit == Some(visit)) {
            return;
        }
        let visit = Some(visit).filter(|visit| *visit > 0);
        let (checkpoint, at, event) = (self.turn, self.at, begun::name(event));
        self.obstacles.push(Obstacle { why, node, visit, checkpoint, at, event, message });
    }

    /// What of the present state follows from the new document.
    fn patched(mut self, state: &Execution, old: &Workflow) -> Patched {
        let won = std::mem::take(&mut self.satisfied).into_iter();
        let won = won.filter(|(ix, first)| !matches!(self.joined(*ix), Some(Joined::Activate(now)) if now == *first));
        let won = won.map(|(ix, first)| (self.new.nodes[ix].id.clone(), first)).collect();
        let then = self.then;
        let via = then.nodes.iter().filter(|(id, node)| !node.via.is_empty() && state.nodes.contains_key(*id));
        let is_skipped = |of: &Execution, id: &NodeId| of.node(id).is_some_and(|node| node.phase == Phase::Skipped);
        let gone = |id: &NodeId| self.new.node(id.as_str()).is_none();
        let no_longer = |id: &&NodeId| gone(id) || is_skipped(state, id) && !is_skipped(&then, id);
        let now = Differs::between(old, self.new);
        let outdated = |id: &&NodeId| {
            let failed = state.node(id).is_some_and(|node| node.phase == Phase::Failed);
            failed && now.config(id.as_str())
        };
        let more = self.new.settings.timeout_seconds - old.settings.timeout_seconds;
        Patched {
            hash: self.new.hash.clone(),
            edges: (*then.edges).clone(),
            via: via.map(|(id, node)| (id.clone(), node.via.clone())).collect(),
            won,
            idle: state.nodes.keys().filter(no_longer).cloned().collect(),
            skipped: then.nodes.keys().filter(|id| is_skipped(&then, id) && !is_skipped(state, id)).cloned().collect(),
            outdated: state.children.keys().filter(outdated).cloned().collect(),
            done_count: then.done,
            skipped_count: then.skipped,
            deadline: (more != 0.0).then(|| state.deadline().after_seconds(more)),
            ..Patched::default()
        }
    }
}
