//! What a journal tells of what can be undone.

use super::{Point, Rolling, Seen, Undo, What};
use crate::{
    documents::Documents,
    event::{Event, Turn, Unstick},
    execution::{Bits, Execution, Phase},
    id::Activation,
    interaction::AfterError,
    payload::Payload,
    reading::Reading,
    sight::Sight,
};
use document::{Node, NodeKind, Spawning, Workflow, id::NodeId, time::Time};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

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
    /// Those of them that had not completed.
    failed: Bits,
    /// When the attempt ceased to wait for them.
    closed: Option<Order>,
}

/// What is gathered while the journal is gone through.
pub(super) struct Past<'a> {
    /// The document in force at the turn that is looked at.
    pub workflow: &'a Workflow,
    to: u64,
    led: &'a [u64],
    pub point: Option<Point>,
    pub signals: Vec<(String, Payload)>,
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
    /// Attempts that were begun and whose outcome was not recorded since.
    begun: BTreeMap<Activation, (What, Option<String>)>,
}

impl<'a> Past<'a> {
    pub fn new(workflow: &'a Workflow, to: u64, led: &'a [u64]) -> Self {
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
            begun: BTreeMap::new(),
        }
    }

    pub fn looks_at(&mut self, before: Option<&Execution>, turn: &Turn, after: &Execution, reading: &Reading) {
        self.note_undone(before, turn);
        // What came from outside came, whatever an earlier rollback left behind.
        for event in turn.events.iter().filter(|_| turn.seq > self.to) {
            if let Event::SignalReceived { name, data } = event {
                self.signals.push((name.clone(), data.clone()));
            }
        }
        if self.led.binary_search(&turn.seq).is_err() {
            return;
        }
        let epoch = before.map_or(0, |state| state.epoch);
        for (at, event) in turn.events.iter().enumerate() {
            let order = (turn.seq, at);
            let instead = is_skip(before, &turn.events[..at], event);
            self.note_run(before, (order, epoch), event, instead, after, reading);
            self.note_children(order, before.unwrap_or(after), event, after);
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
                    let mut begun = Rolling::asked(rollback.clone());
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

    /// Notes that a node that can be undone ran. `instead`: people went on without it, so its output is not one of a run.
    fn note_run(
        &mut self,
        before: Option<&Execution>,
        (order, epoch): (Order, u32),
        event: &Event,
        instead: bool,
        after: &Execution,
        reading: &Reading,
    ) {
        let (node, visit, came) = match event {
            Event::AttemptIntended { node, visit, deadline, .. } => (node, *visit, Came::Begun(*deadline)),
            Event::NodeSucceeded { node, visit, output, .. } => (node, *visit, Came::Output(output)),
            Event::NodeFailed { node, visit, unknown, .. } | Event::AttemptFailed { node, visit, unknown, .. } => {
                (node, *visit, if *unknown { Came::Unknown } else { Came::Nothing })
            }
            // What ran then is undone, or was left as it is.
            Event::RolledBack { .. } => return self.begun.clear(),
            _ => return,
        };
        let Some((ix, undo)) = self.compensated(node) else { return };
        let activation = Activation { epoch, node: node.clone(), visit };
        let earlier = self.begun.remove(&activation);
        // What certainly never happened is not undone. Of an attempt before, nobody may know what it did.
        if instead && earlier.is_none() && !self.ran.contains_key(&activation) {
            return;
        }
        // What the node saw is what it was given, before the turn of its outcome began anything else.
        let ran = |state: &&Execution| state.node(node).is_some_and(|found| found.visit == visit);
        let then = before.filter(ran).unwrap_or(after);
        let sight = Sight::of_config(self.workflow, then, ix, reading);
        let seen = Box::new(Seen::by(&sight, undo));
        let patched = then.patched.clone();
        let nothing = || Payload::new(json!({}));
        let (what, known) = match came {
            Came::Begun(until) => {
                let what = What::Node { output: nothing(), unknown: false, until: Some(until), seen };
                self.begun.insert(activation.clone(), (what, patched.clone()));
                // The same visit is begun once more although nothing was heard of the attempt before.
                match earlier {
                    Some((earlier, _)) => (at_once(earlier), false),
                    None => return,
                }
            }
            Came::Output(output) => (What::Node { output: output.clone(), unknown: false, until: None, seen }, true),
            Came::Unknown => (What::Node { output: nothing(), unknown: true, until: None, seen }, false),
            Came::Nothing => return,
        };
        // An attempt whose outcome is known counts more than one before it of which nothing is known.
        if order.0 > self.to && (known || !self.ran.contains_key(&activation)) {
            self.ran.insert(activation, (order, what, patched));
        }
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
                let kids = self.families.entry(family).or_default();
                kids.started = kids.started.max(*to);
            }
            Event::ChildrenEnded { node, visit, completed, failed } => {
                let (activation, attempt) = of(node, *visit, before);
                let kids = self.families.entry((activation.clone(), attempt)).or_default();
                for &index in failed {
                    kids.failed.insert(index);
                }
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
            Event::ExecutionRetried { reopened, .. } => self.note_reopened(reopened, before),
            // A rollback starts children of the checkpoint anew, under its own epoch.
            Event::RolledBack { .. } => {
                for (node, kids) in &after.children {
                    let waits = after.node(node).is_some_and(|found| found.phase == Phase::Children);
                    if waits {
                        let known = Kids {
                            started: kids.started,
                            ended: kids.ended.clone(),
                            failed: kids.failed.clone(),
                            closed: None,
                        };
                        self.planned.insert(after.activation(node), after.patched.clone());
                        self.families.insert((after.activation(node), kids.attempt), known);
                    }
                }
            }
            _ => {}
        }
    }

    /// Notes that children go on that had not completed. When they ended before says nothing any more.
    fn note_reopened(&mut self, reopened: &[NodeId], before: &Execution) {
        for node in reopened {
            let attempt = before.node(node).map_or(1, |found| found.attempt.max(1));
            let family = (before.activation(node), attempt);
            let Some(kids) = self.families.get_mut(&family) else { continue };
            let failed = std::mem::take(&mut kids.failed);
            kids.ended.remove_all(&failed);
            kids.closed = None;
            let goes_on = |(_, activation, attempt, index): &(Order, Activation, u32, u32)| {
                (activation, *attempt) == (&family.0, family.1) && failed.contains(*index)
            };
            self.ends.retain(|end| !goes_on(end));
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
    pub fn undo(&mut self, documents: Documents<'_>, state: &Execution) -> Vec<Undo> {
        self.note_running(state);
        let ran = std::mem::take(&mut self.ran).into_iter();
        let mut all: Vec<(Order, Undo)> =
            ran.map(|(activation, (order, what, patched))| (order, Undo { activation, patched, what })).collect();
        let child = |activation: &Activation, attempt, index, completed| Undo {
            activation: activation.clone(),
            patched: self.planned.get(activation).cloned().flatten(),
            what: What::Child { attempt, index, completed },
        };
        for (order, activation, attempt, index) in &self.ends {
            let kids = self.families.get(&(activation.clone(), *attempt));
            let completed = kids.is_some_and(|kids| !kids.failed.contains(*index));
            all.push((*order, child(activation, *attempt, *index, completed)));
        }
        for ((activation, attempt), kids) in &self.families {
            let order = kids.closed.unwrap_or(LAST);
            if order.0 > self.to {
                let open = (0..kids.started).filter(|index| !kids.ended.contains(*index));
                all.extend(open.map(|index| (order, child(activation, *attempt, index, false))));
            }
        }
        all.retain(|(_, undo)| match undo.what {
            What::Node { .. } => true,
            What::Child { .. } => Self::may_undo(documents, state, undo),
        });
        let key = |undo: &Undo| match undo.what {
            What::Node { .. } => (undo.activation.clone(), None),
            What::Child { attempt, index, .. } => (undo.activation.clone(), Some((attempt, index))),
        };
        let done: BTreeSet<_> = self.undone.iter().map(key).collect();
        all.retain(|(_, undo)| !done.contains(&key(undo)));
        // The sort is stable, so children whose ends came in one turn go back from the last to the first.
        all.sort_by_key(|(order, _)| *order);
        // What an earlier rollback had still to undo ran after all else: it went back no further than this one does.
        let mut undo = state.rolling.as_ref().map(|rolling| rolling.left()).unwrap_or_default();
        let left: BTreeSet<_> = undo.iter().map(key).collect();
        all.retain(|(_, undo)| !left.contains(&key(undo)));
        undo.extend(all.into_iter().rev().map(|(_, undo)| undo));
        undo
    }

    /// Notes attempts that were begun and whose outcome is not known: it may still come.
    fn note_running(&mut self, state: &Execution) {
        for (activation, (what, patched)) in std::mem::take(&mut self.begun) {
            let comes = matches!(what, What::Node { until: Some(until), .. } if until > state.updated_at);
            let what = if comes { what } else { at_once(what) };
            let may_come = comes && state.node(&activation.node).is_some_and(|node| node.visit == activation.visit);
            // An earlier attempt of the visit may be one of which nothing is known. The one that may still tell counts.
            match self.ran.entry(activation) {
                Entry::Vacant(place) => drop(place.insert((LAST, what, patched))),
                Entry::Occupied(mut place) if may_come => drop(place.insert((LAST, what, patched))),
                Entry::Occupied(_) => {}
            }
        }
    }
}

/// What is known of a run that a node's event tells of.
enum Came<'a> {
    /// It begins; after this time its outcome is unknown.
    Begun(Time),
    Output(&'a Payload),
    Unknown,
    /// It is certain that it did nothing.
    Nothing,
}

/// Whether an event of a node that succeeded says that people went on without it: by the answer to what becomes of its
/// failure, or by the way out of a dead letter. `earlier` are the events before it in its turn.
fn is_skip(before: Option<&Execution>, earlier: &[Event], event: &Event) -> bool {
    let (Event::NodeSucceeded { node, visit, .. }, Some(before)) = (event, before) else { return false };
    let chosen = |one: &Event| match one {
        Event::InteractionClosed(closed) => {
            let asked = before.interaction(closed.interaction_id.as_str()).filter(|one| one.on_error);
            let about = asked.is_some_and(|one| one.activation.node == *node && one.activation.visit == *visit);
            about && closed.decision.as_deref() == Some(AfterError::Skip.as_str())
        }
        Event::ExecutionUnstuck { action: Unstick::Skip, .. } => before.rolling.is_none(),
        _ => false,
    };
    // Nodes that follow in the same turn did run.
    let at = earlier.iter().rposition(chosen);
    at.is_some_and(|at| !earlier[at..].iter().any(|one| matches!(one, Event::NodeSucceeded { .. })))
}

/// A run whose outcome is not awaited: nobody knows it.
fn at_once(mut what: What) -> What {
    if let What::Node { unknown, until, .. } = &mut what {
        (*unknown, *until) = (true, None);
    }
    what
}
