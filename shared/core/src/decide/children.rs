//! `map` and `workflow` nodes: which children they start, and what the ends of children mean (execution model, §7). The
//! children are executions of their own, which step handlers start.

use super::turn::Deciding;
use crate::{
    allotment::further,
    command::Told,
    effect::{ChildControl, Work},
    error::{Error, Rejection},
    event::{Event, Planned},
    execution::{Children as Kids, Phase},
    id::Activation,
    limits,
    payload::Payload,
    sight::Sight,
    task::Failure,
};
use document::{Children, Map, NodeKind, Spawning, graph::NodeIx};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// What templates said about the children of a node; none where the document says it.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) at_once: Option<u64>,
    pub(super) tolerated: Option<u64>,
}

impl Deciding<'_> {
    /// Evaluates the list of a `map`, and plans a child for each item. A list that is wrong or too long fails the node
    /// without a retry, since another attempt would find the same.
    pub fn plan_map(&mut self, ix: NodeIx, map: &Map) {
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        let scope = sight.scope();
        let items = map.items.eval(&scope);
        let bounds = map.max_concurrency.rendered(&scope).and_then(|at_once| {
            let tolerated = map.tolerated_failures.rendered(&scope)?;
            Ok(Bounds { at_once, tolerated })
        });
        drop(sight);
        let bounds = match bounds {
            Ok(bounds) => bounds,
            Err(error) => return self.fail_node(ix, Error::new(error.code, error.message), false),
        };
        let count = match &items {
            Ok(Value::Array(items)) if items.len() <= limits::MAP_ITEMS => items.len(),
            Ok(Value::Array(items)) => {
                let message = format!("a map takes {} items at most, and has {}", limits::MAP_ITEMS, items.len());
                return self.fail_node(ix, Error::new("too_many_items", message), false);
            }
            Ok(_) => {
                let message = format!("`items` must be a list: {}", map.items.source());
                return self.fail_node(ix, Error::new("invalid_items", message), false);
            }
            Err(error) => return self.fail_node(ix, Error::new(error.code, error.message.clone()), false),
        };
        if count == 0 {
            return self.finish_with(ix, "success", json!([]));
        }
        self.plan(ix, count as u32, Payload::new(items.unwrap_or_default()), bounds);
    }

    /// Renders the input of a `workflow` node, and plans a child for each workflow that it names.
    pub fn plan_children(&mut self, ix: NodeIx, children: &Children) {
        let count = children.workflow_ids.len() as u32;
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        let stops = children.stop_on_failure.rendered(&sight.scope());
        drop(sight);
        let stops = stops.map_err(|error| Error::new(error.code, error.message));
        match self.rendered_or_input(ix, children.input.as_ref()).and_then(|input| Ok((input, stops?))) {
            Ok((input, stops)) => {
                let tolerated = stops.map(|stops| if stops { 0 } else { u64::from(count) });
                self.plan(ix, count, input, Bounds { at_once: None, tolerated });
            }
            Err(error) => self.fail_node(ix, error, false),
        }
    }

    /// Records how many children there are, and asks for the first of them. The depth is bounded because a workflow may
    /// start itself.
    pub(super) fn plan(&mut self, ix: NodeIx, count: u32, items: Payload, bounds: Bounds) {
        let depth = self.state.started.parent.as_ref().map_or(0, |parent| parent.depth);
        if depth >= limits::CHILD_DEPTH {
            let message = format!("executions nest {} deep at most", limits::CHILD_DEPTH);
            return self.fail_node(ix, Error::new("too_deep", message), false);
        }
        let node = self.node(ix).id.clone();
        let visit = self.state.activation(&node).visit;
        // The time of an agent is that of each call of its model.
        let timeout_at = self.timeout_at(ix).filter(|_| self.node(ix).of.mode.waits());
        let Bounds { at_once, tolerated } = bounds;
        let planned = Planned { node, visit, count, items, timeout_at, at_once, tolerated };
        self.record(Event::ChildrenPlanned(Box::new(planned)));
        self.set_timeout(ix);
        self.start_more(ix);
    }

    /// Asks for further children of a node, as many as may run beside those that do.
    fn start_more(&mut self, ix: NodeIx) {
        let node = self.node(ix).id.clone();
        let Some(kids) = self.state.children.get(&node).cloned() else { return };
        let to = kids.started_with(further(self.workflow, &self.state, ix));
        if to <= kids.asked() {
            return;
        }
        let activation = self.state.activation(&node);
        self.record(Event::ChildrenStarted { node, visit: activation.visit, to });
        self.send(Work::StartChildren { activation, attempt: kids.attempt, from: kids.asked(), to }, None);
    }

    /// The config of a node that has children.
    fn spawning(&self, ix: NodeIx) -> Option<&Spawning> {
        if let NodeKind::Children(spawning) = &self.node(ix).kind { Some(spawning) } else { None }
    }

    /// Whether so many children failed that their node fails.
    fn fails(&self, ix: NodeIx, kids: &Kids) -> bool {
        let may_fail = kids.tolerated.or_else(|| match self.spawning(ix)? {
            Spawning::Map(map) => map.tolerated_failures.literal(),
            Spawning::Workflow(children) if children.stop_on_failure.literal()? => Some(0),
            Spawning::Workflow(_) => Some(u64::from(kids.count)),
        });
        may_fail.is_some_and(|most| u64::from(kids.failed.len()) > most)
    }

    /// Asks for children after a pause. Messages that came during the pause started none, so all children that were
    /// asked for so far are asked for again; those that exist are left alone.
    pub fn start_after_pause(&mut self, ix: NodeIx) {
        let activation = self.state.activation(&self.node(ix).id);
        if let Some(kids) = self.state.children.get(&activation.node).filter(|kids| kids.asked() > 0) {
            let (attempt, to) = (kids.attempt, kids.asked());
            self.send(Work::StartChildren { activation, attempt, from: 0, to }, None);
        }
        self.start_more(ix);
    }

    /// Asks for children of nodes that had to wait for those of other nodes of this execution.
    pub fn start_waiting(&mut self) {
        if self.state.children.len() < 2 || self.state.stands_still() || self.state.end.is_some() {
            return;
        }
        for ix in 0..self.workflow.nodes.len() {
            if *self.phase(ix) == Phase::Children {
                self.start_more(ix);
            }
        }
    }
}

/// The position of a node that waits for the children of an attempt, and those children.
fn family(turn: &Deciding<'_>, activation: &Activation, attempt: u32) -> Result<(NodeIx, Arc<Kids>), Rejection> {
    let ix = turn.current(activation)?;
    if *turn.phase(ix) != Phase::Children {
        return Err(Rejection::Stale("the node does not wait for children any more"));
    }
    let Some(kids) = turn.state.children.get(&activation.node).cloned() else {
        return Err(Rejection::Stale("the node has no children"));
    };
    if kids.attempt != attempt {
        return Err(Rejection::Stale("another attempt of the node started them"));
    }
    Ok((ix, kids))
}

/// Records whether people are asked in children of an attempt. Of each child the latest word counts, however its
/// messages arrive; what an ended child had told is of no interest any more.
pub(super) fn asked(
    turn: &mut Deciding<'_>,
    activation: &Activation,
    attempt: u32,
    told: &[Told],
) -> Result<(), Rejection> {
    let (_, kids) = family(turn, activation, attempt)?;
    let mut latest: BTreeMap<u32, Told> = BTreeMap::new();
    for one in told {
        let known = latest.get(&one.index).map_or_else(|| kids.told_seq(one.index), |before| before.seq);
        if one.index < kids.started && !kids.ended.contains(one.index) && one.seq > known {
            latest.insert(one.index, *one);
        }
    }
    let mut room = limits::ASKING_CHILDREN.saturating_sub(kids.asking.len() + kids.ceased.len());
    latest.retain(|index, _| {
        let is_kept = kids.told_seq(*index) > 0 || room > 0;
        room -= usize::from(is_kept && kids.told_seq(*index) == 0);
        is_kept
    });
    if latest.is_empty() {
        return Err(Rejection::Stale("a later word of these children is recorded"));
    }
    let (asking, ceased): (Vec<Told>, Vec<Told>) = latest.into_values().partition(|one| one.asks);
    let pairs = |all: Vec<Told>| all.into_iter().map(|one| (one.index, one.seq)).collect();
    let Activation { node, visit, .. } = activation.clone();
    turn.record(Event::ChildrenAsked { node, visit, asking: pairs(asking), ceased: pairs(ceased) });
    Ok(())
}

/// Records that children of an attempt ended. The end of a child counts once, however often it is told. Whoever says that
/// children failed has seen whether they did since the execution was retried for the time `reopened`.
pub(super) fn ended(
    turn: &mut Deciding<'_>,
    activation: &Activation,
    attempt: u32,
    reopened: u32,
    ends: Vec<(u32, Option<String>)>,
) -> Result<(), Rejection> {
    let (ix, kids) = family(turn, activation, attempt)?;
    // Retried meanwhile: the message comes again, and it is looked at again.
    if reopened != kids.reopened && ends.iter().any(|(_, error)| error.is_some()) {
        return Err(Rejection::Unknown);
    }
    // What was recorded before is left out, and so is an index that no child has. The first failure is kept for the
    // node's error.
    let (mut completed, mut failed, mut reason) = (Vec::new(), Vec::new(), None);
    for (index, error) in ends {
        let seen = completed.contains(&index) || failed.contains(&index);
        if index >= kids.count || kids.ended.contains(index) || seen {
            continue;
        }
        match error {
            None => completed.push(index),
            Some(error) => {
                failed.push(index);
                reason = reason.or(Some((index, error)));
            }
        }
    }
    if completed.is_empty() && failed.is_empty() {
        return Err(Rejection::Stale("these ends are recorded"));
    }
    let Activation { node, visit, .. } = activation.clone();
    turn.record(Event::ChildrenEnded { node, visit, completed, failed });
    after_ends(turn, ix, reason);
    turn.settle();
    Ok(())
}

/// Decides what recorded ends lead to: the node fails, further children start, or the outputs are collected.
fn after_ends(turn: &mut Deciding<'_>, ix: NodeIx, reason: Option<(u32, String)>) {
    let node = turn.node(ix);
    let Some(kids) = turn.state.children.get(&node.id).cloned() else { return };
    if let Some((index, message)) = reason
        && turn.fails(ix, &kids)
    {
        // The other children are of no use to an attempt that has failed.
        turn.control_children(ix, ChildControl::Cancel);
        let child = kids.id_of(turn.state.id(), &turn.state.activation(&node.id), index);
        let (code, what) = match turn.spawning(ix) {
            Some(Spawning::Map(_)) => ("map_failed", format!("item {index} failed: {message}")),
            Some(Spawning::Workflow(_)) | None => ("child_failed", format!("child {index} failed: {message}")),
        };
        let details = json!({ "index": index, "execution_id": child, "failed": kids.failed.len() });
        let failure = Failure::new(code, what).retryable().with_details(details);
        return super::failed::fail(turn, ix, failure, false);
    }
    // While the execution is paused no child starts: resuming asks for them.
    if turn.state.stands_still() {
        return;
    }
    if kids.ended.len() < kids.count {
        turn.start_more(ix);
    } else {
        // A step handler collects the outputs of all children, which these rules cannot load.
        turn.send_step(ix, None);
    }
}
