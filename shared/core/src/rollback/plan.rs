//! Makes the plan of a rollback from the journal: what is undone, in which order, and what comes back.

use super::{Plan, Point, Rollback, Seen, Undo, What};
use crate::{
    documents::Documents,
    event::{Event, Turn},
    evolve::evolved,
    execution::{Bits, Execution, NodeState, Phase},
    id::{Activation, ExecutionId},
    payload::Payload,
    reading::Reading,
    sight::Sight,
};
use document::{Node, NodeKind, Spawning, Workflow, id::NodeId, time::Time};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Why an execution cannot go back to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// There is no such checkpoint (HTTP 404).
    #[error("there is no checkpoint {0}: the first is 1")]
    Missing(u64),
    /// The execution has not come so far (HTTP 422).
    #[error("checkpoint {to} is ahead: the newest is {newest}")]
    Ahead {
        /// The checkpoint that was asked for.
        to: u64,
        /// The newest.
        newest: u64,
    },
    /// An earlier rollback left the checkpoint behind (HTTP 409).
    #[error("checkpoint {0} was left behind by a rollback: the execution can go back to what led to its present state")]
    LeftBehind(u64),
    /// The execution had ended at the checkpoint (HTTP 409).
    #[error("the execution had ended at checkpoint {0}: go back to one before it")]
    Ended(u64),
    /// The node was never visited, or not in what led to the present state (HTTP 409).
    #[error("node {0} was not visited in what led to the present state")]
    NotVisited(NodeId),
    /// The latest visit to the node began before the fork that the execution is (HTTP 409).
    #[error(
        "node {node} was visited before the fork, in a past that is shared with {of}: fork that one before the node"
    )]
    Shared {
        /// The node.
        node: NodeId,
        /// The execution that this one is forked from.
        of: ExecutionId,
    },
    /// The node is given no other input, since it is decided in the turn that reaches it (HTTP 422).
    #[error(
        "node {0} is decided in the turn that reaches it, so no other input can be put in place of its own: go back to a node before it, or fork the execution with another input"
    )]
    DecidedAtOnce(NodeId),
    /// The journal does not make a state.
    #[error("{0}")]
    Broken(String),
}

/// The numbers of the turns that led to the present state, in order. What a rollback undid is not among them, nor are
/// the turns that undid it.
pub fn lineage(turns: &[Turn]) -> Vec<u64> {
    let mut led: Vec<u64> = Vec::with_capacity(turns.len());
    let mut rolling: Option<(u64, u64)> = None;
    for turn in turns {
        led.push(turn.seq);
        for event in &turn.events {
            match event {
                Event::RollbackBegun { rollback, .. } => rolling = Some((rollback.to, turn.seq)),
                Event::RolledBack { .. } => {
                    if let Some((to, _)) = rolling.take() {
                        led.retain(|seq| *seq <= to);
                        led.push(turn.seq);
                    }
                }
                _ => {}
            }
        }
    }
    // While it rolls back, the turns since it began are no place to go to.
    if let Some((_, begun)) = rolling {
        led.retain(|seq| *seq < begun);
    }
    led
}

/// Plans a rollback. `turns` are all turns of the execution, and `state` is the state after the last.
///
/// # Errors
/// Why the checkpoint cannot be reached.
pub fn plan(
    documents: Documents<'_>,
    turns: &[Turn],
    state: &Execution,
    rollback: &Rollback,
    reading: &Reading,
) -> Result<Plan, Unreachable> {
    let (to, newest) = (rollback.to, state.seq);
    if to > newest {
        return Err(Unreachable::Ahead { to, newest });
    }
    let led = lineage(turns);
    // A child is undone from before its first turn.
    let whole = matches!(rollback.after, super::After::Cancel { .. });
    if to == 0 && !whole {
        return Err(Unreachable::Missing(to));
    }
    if to > 0 && led.binary_search(&to).is_err() {
        return Err(Unreachable::LeftBehind(to));
    }
    let present = documents.of(state).ok_or_else(|| lacking(state.workflow_hash()))?;
    let mut past = Past::new(present, to, &led);
    let mut before: Option<Execution> = None;
    for turn in turns {
        let after = evolved(documents, before.clone(), turn, reading)
            .map_err(|error| Unreachable::Broken(error.to_string()))?;
        let then = before.as_ref().unwrap_or(&after);
        past.workflow = documents.of(then).ok_or_else(|| lacking(then.workflow_hash()))?;
        past.looks_at(before.as_ref(), turn, &after, reading);
        if turn.seq == to && after.end.is_some() {
            return Err(Unreachable::Ended(to));
        }
        before = Some(after);
    }
    past.workflow = present;
    let undo = if rollback.compensate { past.undo(documents, state, reading) } else { Vec::new() };
    Ok(Plan { point: past.point.take().map(Box::new), undo, signals: past.signals })
}

fn lacking(hash: &str) -> Unreachable {
    Unreachable::Broken(format!("the workflow {hash} is not at hand"))
}

/// Where in the journal something ended: the number of the turn, and the position of the event in it.
type Order = (u64, usize);
/// What still runs comes first of all when it is undone.
const LAST: Order = (u64::MAX, usize::MAX);

/// The children of one attempt of a visit.
#[derive(Default)]
struct Kids {
    started: u32,
    /// Those whose end was recorded, or that an earlier rollback kept.
    ended: Bits,
    /// When the attempt ceased to wait for them.
    closed: Option<Order>,
}

/// What is gathered while the journal is gone through.
struct Past<'a> {
    /// The document in force at the turn that is looked at.
    workflow: &'a Workflow,
    to: u64,
    led: &'a [u64],
    point: Option<Point>,
    signals: Vec<(String, Payload)>,
    /// Visits that ran since the checkpoint, each with what is known of its outcome, and the hash of a patched document
    /// that was in force then.
    ran: BTreeMap<Activation, (Order, What, Option<String>)>,
    /// Ends of children since the checkpoint.
    ends: Vec<(Order, Activation, u32, u32)>,
    families: BTreeMap<(Activation, u32), Kids>,
    /// The hashes of patched documents that were in force when nodes planned children.
    planned: BTreeMap<Activation, Option<String>>,
    /// What was undone before, and is not undone twice.
    undone: Vec<Undo>,
}

impl<'a> Past<'a> {
    fn new(workflow: &'a Workflow, to: u64, led: &'a [u64]) -> Self {
        Self {
            workflow,
            to,
            led,
            point: None,
            signals: Vec::new(),
            ran: BTreeMap::new(),
            ends: Vec::new(),
            families: BTreeMap::new(),
            planned: BTreeMap::new(),
            undone: Vec::new(),
        }
    }

    fn looks_at(&mut self, before: Option<&Execution>, turn: &Turn, after: &Execution, reading: &Reading) {
        self.note_undone(before, turn);
        if self.led.binary_search(&turn.seq).is_err() {
            return;
        }
        let epoch = before.map_or(0, |state| state.epoch);
        for (at, event) in turn.events.iter().enumerate() {
            let order = (turn.seq, at);
            self.note_run(before, order, epoch, event, after, reading);
            self.note_children(order, before.unwrap_or(after), event, after);
            if let (Event::SignalReceived { name, data }, true) = (event, turn.seq > self.to) {
                self.signals.push((name.clone(), data.clone()));
            }
        }
        if turn.seq == self.to {
            self.point = Some(Point::of(after, crate::view::finished_node(turn).cloned()));
            self.signals = after.signals.clone();
        }
    }

    /// Notes what earlier rollbacks undid, also one that another rollback cut short.
    fn note_undone(&mut self, before: Option<&Execution>, turn: &Turn) {
        let mut rolling = before.and_then(|state| state.rolling.clone());
        for event in &turn.events {
            match event {
                Event::RollbackBegun { rollback, plan, .. } => {
                    let mut begun = super::Rolling::asked(rollback.clone());
                    begun.plan = Some(plan.clone());
                    rolling = Some(Arc::new(begun));
                }
                Event::Compensated { .. } => {
                    let Some(rolling) = rolling.as_mut().map(Arc::make_mut) else { continue };
                    self.undone.extend(rolling.current().cloned());
                    rolling.next += 1;
                }
                _ => {}
            }
        }
    }

    /// The node of an event, where it declares `compensate`.
    fn compensated(&self, node: &NodeId) -> Option<(usize, &'a Node)> {
        let ix = *self.workflow.graph.index.get(node)?;
        self.workflow.nodes.get(ix)?.compensate.as_deref().map(|undo| (ix, undo))
    }

    /// Notes that a node that can be undone ran.
    fn note_run(
        &mut self,
        before: Option<&Execution>,
        order: Order,
        epoch: u32,
        event: &Event,
        after: &Execution,
        reading: &Reading,
    ) {
        let (node, visit, output) = match event {
            Event::NodeSucceeded { node, visit, output, .. } => (node, *visit, Some(output.clone())),
            Event::NodeFailed { node, visit, unknown: true, .. }
            | Event::AttemptFailed { node, visit, unknown: true, .. } => (node, *visit, None),
            _ => return,
        };
        let Some((ix, undo)) = self.compensated(node).filter(|_| order.0 > self.to) else { return };
        let activation = Activation { epoch, node: node.clone(), visit };
        // An attempt whose outcome is known counts more than one before it of which nothing is known.
        if output.is_none() && self.ran.contains_key(&activation) {
            return;
        }
        // What the node saw is what it was given, before the turn of its outcome began anything else.
        let ran = |state: &&Execution| state.node(node).is_some_and(|found| found.visit == visit);
        let then = before.filter(ran).unwrap_or(after);
        let sight = Sight::of_config(self.workflow, then, ix, reading);
        let seen = Box::new(Seen::by(&sight, undo));
        let unknown = output.is_none();
        let output = output.unwrap_or_else(|| Payload::new(json!({})));
        let patched = then.patched.clone();
        self.ran.insert(activation, (order, What::Node { output, unknown, until: None, seen }, patched));
    }

    /// Notes which children were started, and which ended.
    fn note_children(&mut self, order: Order, before: &Execution, event: &Event, after: &Execution) {
        let of = |node: &NodeId, visit: u32, state: &Execution| {
            let attempt = state.node(node).map_or(1, |found| found.attempt.max(1));
            (Activation { epoch: before.epoch, node: node.clone(), visit }, attempt)
        };
        match event {
            Event::ChildrenStarted { node, visit, to } => {
                let family = of(node, *visit, after);
                self.planned.insert(family.0.clone(), after.patched.clone());
                self.families.entry(family).or_default().started = *to;
            }
            Event::ChildrenEnded { node, visit, completed, failed } => {
                let (activation, attempt) = of(node, *visit, before);
                let kids = self.families.entry((activation.clone(), attempt)).or_default();
                for &index in completed.iter().chain(failed) {
                    kids.ended.insert(index);
                    if order.0 > self.to {
                        self.ends.push((order, activation.clone(), attempt, index));
                    }
                }
            }
            Event::NodeSucceeded { node, visit, .. }
            | Event::NodeFailed { node, visit, .. }
            | Event::AttemptFailed { node, visit, .. } => {
                if let Some(kids) = self.families.get_mut(&of(node, *visit, before)) {
                    kids.closed = kids.closed.or(Some(order));
                }
            }
            // A rollback starts children of the checkpoint anew, under its own epoch.
            Event::RolledBack { .. } => {
                for (node, kids) in &after.children {
                    let waits = after.node(node).is_some_and(|found| found.phase == Phase::Children);
                    if waits {
                        let known = Kids { started: kids.started, ended: kids.ended.clone(), closed: None };
                        self.planned.insert(after.activation(node), after.patched.clone());
                        self.families.insert((after.activation(node), kids.attempt), known);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the children of a node may have done something that can be undone. Of saved workflows it is not known.
    fn may_undo(documents: Documents<'_>, state: &Execution, undo: &Undo) -> bool {
        let workflow = documents.named(&state.started, undo.patched.as_deref());
        let node = workflow.and_then(|workflow| workflow.node(undo.activation.node.as_str()));
        match node.map(|node| &node.kind) {
            Some(NodeKind::Children(Spawning::Map(map))) => map.inline_body().is_none_or(|body| body.compensates()),
            Some(NodeKind::Children(Spawning::Workflow(_))) => true,
            Some(kind @ NodeKind::Agent(_)) => kind.flows().iter().any(|flow| flow.compensates()),
            Some(
                NodeKind::Compute(_) | NodeKind::Run(_) | NodeKind::Wait(_) | NodeKind::Route(_) | NodeKind::Lend(_),
            )
            | None => false,
        }
    }

    /// What is undone, the latest first.
    fn undo(&mut self, documents: Documents<'_>, state: &Execution, reading: &Reading) -> Vec<Undo> {
        self.note_running(state, reading);
        let ran = std::mem::take(&mut self.ran).into_iter();
        let mut all: Vec<(Order, Undo)> =
            ran.map(|(activation, (order, what, patched))| (order, Undo { activation, patched, what })).collect();
        let child = |activation: &Activation, attempt, index| Undo {
            activation: activation.clone(),
            patched: self.planned.get(activation).cloned().flatten(),
            what: What::Child { attempt, index },
        };
        for (order, activation, attempt, index) in &self.ends {
            all.push((*order, child(activation, *attempt, *index)));
        }
        for ((activation, attempt), kids) in &self.families {
            let order = kids.closed.unwrap_or(LAST);
            if order.0 > self.to {
                let open = (0..kids.started).filter(|index| !kids.ended.contains(*index));
                all.extend(open.map(|index| (order, child(activation, *attempt, index))));
            }
        }
        all.retain(|(_, undo)| match undo.what {
            What::Node { .. } => true,
            What::Child { .. } => Self::may_undo(documents, state, undo),
        });
        let key = |undo: &Undo| match undo.what {
            What::Node { .. } => (undo.activation.clone(), None),
            What::Child { attempt, index } => (undo.activation.clone(), Some((attempt, index))),
        };
        let done: BTreeSet<_> = self.undone.iter().map(key).collect();
        all.retain(|(_, undo)| !done.contains(&key(undo)));
        // The sort is stable, so children whose ends came in one turn go back from the last to the first.
        all.sort_by_key(|(order, _)| *order);
        all.into_iter().rev().map(|(_, undo)| undo).collect()
    }

    /// Notes nodes whose attempt was begun and whose outcome is not known: it may still come.
    fn note_running(&mut self, state: &Execution, reading: &Reading) {
        for (id, node) in &state.nodes {
            let (Some((ix, undo)), Some(until)) = (self.compensated(id), intended(node)) else { continue };
            let sight = Sight::of_config(self.workflow, state, ix, reading);
            let seen = Box::new(Seen::by(&sight, undo));
            let until = Some(until).filter(|until| *until > state.updated_at);
            let output = Payload::new(json!({}));
            let what = What::Node { output, unknown: until.is_none(), until, seen };
            self.ran.insert(state.activation(id), (LAST, what, state.patched.clone()));
        }
    }
}

/// Until when the outcome of a node's attempt is awaited that was begun, also where the execution ended meanwhile.
fn intended(node: &NodeState) -> Option<Time> {
    match (&node.phase, &node.was) {
        (Phase::Intended { deadline }, _) | (Phase::Dropped, Some(Phase::Intended { deadline })) => Some(*deadline),
        _ => None,
    }
}
