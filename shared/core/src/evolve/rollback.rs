//! How events of a rollback change the state.

use super::node::drop_open;
use crate::{
    event::{Event, Unstick},
    execution::{Children, Execution, Kept, NodeState, Phase},
    id::ExecutionId,
    rollback::{After, Passed, Plan, Point, Rollback, Rolling},
};
use document::{id::NodeId, time::Time};
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn apply_rollback(state: &mut Execution, event: &Event) {
    if let Event::RollbackAsked { rollback } = event {
        state.rolling = Some(Arc::new(Rolling::asked(rollback.clone())));
        return;
    }
    if let Event::RollbackBegun { rollback, epoch, plan } = event {
        return begin(state, rollback, *epoch, plan);
    }
    if let Event::ExecutionUnstuck { .. } = event {
        state.stuck = None;
        state.stuck_seq = 0;
    }
    let Some(mut shared) = state.rolling.take() else { return };
    let rolling = Arc::make_mut(&mut shared);
    match event {
        Event::AwaitedEnded { node, ended, visit } => {
            let of = |undo: &crate::rollback::Undo| undo.activation.node == *node && undo.activation.visit == *visit;
            let number = rolling.plan.as_ref().and_then(|plan| plan.undo.iter().skip(rolling.next).position(of));
            rolling.ended.extend(number.map(|at| (at + rolling.next, ended.clone())));
        }
        Event::CompensationIntended { deadline } => rolling.intended = Some(*deadline),
        Event::CompensationFailed(failed) => {
            rolling.carried = None;
            // An `at_most_once` attempt of which nothing is known is not made again by itself, nor by another rollback.
            let stays = failed.unknown && failed.retry_at.is_none();
            rolling.intended = rolling.intended.filter(|_| stays).map(|_| state.updated_at);
            rolling.due = failed.retry_at;
            rolling.failed = failed.retry_at.is_none().then(|| Box::new(failed.error.clone()));
            rolling.attempt += u32::from(failed.retry_at.is_some());
        }
        Event::Compensated { skipped, .. } => {
            let current = rolling.current().filter(|_| *skipped);
            state.left.extend(current.and_then(|undo| undo.child_of(&state.started.execution_id)));
            rolling.next += 1;
            (rolling.attempt, rolling.forgiven) = (1, 0);
            (rolling.intended, rolling.due, rolling.carried, rolling.failed) = (None, None, None, None);
            rolling.passed = None;
        }
        Event::ExecutionUnstuck { action, said, below } => {
            rolling.passed = below.map(|seq| Passed { action: *action, seq, by: None, said: said.clone() });
            // A person who wants another attempt begins a new round of them.
            if *action == Unstick::Retry {
                rolling.forgiven = rolling.attempt;
                rolling.attempt += 1;
                (rolling.intended, rolling.due, rolling.carried, rolling.failed) = (None, None, None, None);
            }
        }
        Event::RolledBack { deadline } => {
            state.extended = Some(*deadline);
            return restore(state, rolling);
        }
        _ => {}
    }
    state.rolling = Some(shared);
}

/// An execution as a rollback would leave it that had nothing to undo, before anything of it runs.
pub fn gone_back(state: &Execution, rollback: &Rollback, plan: &Plan) -> Execution {
    let mut state = state.clone();
    let epoch = state.epoch + 1;
    begin(&mut state, rollback, epoch, &Arc::new(plan.clone()));
    if let Some(rolling) = state.rolling.take() {
        restore(&mut state, &rolling);
    }
    state
}

/// The old epoch is over: nothing in it can act any more.
fn begin(state: &mut Execution, rollback: &Rollback, epoch: u32, plan: &Arc<Plan>) {
    state.end = None;
    state.rests_no_more(state.updated_at);
    state.output = None;
    state.error = None;
    state.stuck = None;
    state.stuck_seq = 0;
    let open: Vec<NodeId> =
        state.nodes.iter().filter(|(_, node)| node.phase.is_open()).map(|(id, _)| id.clone()).collect();
    for node in &open {
        drop_open(state, node);
    }
    let visits = Arc::make_mut(&mut state.visits);
    for (id, node) in &state.nodes {
        let most = visits.entry(id.clone()).or_insert(0);
        *most = node.visit.max(*most);
    }
    state.epoch = epoch;
    if let Some(point) = &plan.point {
        state.signals.clone_from(&plan.signals);
        // From here on the document of the checkpoint is in force: what is undone names its own.
        state.patched.clone_from(&point.patched);
    }
    let mut rolling = Rolling::asked(rollback.clone());
    rolling.plan = Some(plan.clone());
    rolling.begun = state.seq;
    if let Some(carried) = &plan.carried {
        (rolling.intended, rolling.carried) = (Some(carried.deadline), Some(carried.undoing));
    }
    state.rolling = Some(Arc::new(rolling));
}

/// Brings the checkpoint back. What was under way then is to begin anew.
fn restore(state: &mut Execution, rolling: &Rolling) {
    let Some(point) = rolling.plan.as_ref().and_then(|plan| plan.point.as_deref()) else {
        if let After::Cancel { epoch } = rolling.asked.after {
            state.undone_for = Some(epoch);
        }
        return;
    };
    bring_back(state, point, None, matches!(rolling.asked.after, After::Fail { .. }));
    if let (Some(node), Some(input)) = (&rolling.asked.node, &rolling.asked.input)
        && let Some(found) = state.nodes.get_mut(node)
    {
        Arc::make_mut(found).given = Some(input.clone());
    }
}

/// Gives an execution the state of a checkpoint: one of its own, or of the execution `of` which it is forked from.
/// `fails`: it ends at once, and asks nobody.
pub(crate) fn bring_back(state: &mut Execution, point: &Point, of: Option<&ExecutionId>, fails: bool) {
    state.done = point.done;
    state.skipped = point.skipped;
    state.progress = point.progress;
    let at = state.updated_at;
    let node = |node: &Arc<NodeState>| {
        let node = renewed(node, fails, at);
        if of.is_some() { begun_elsewhere(&node, at) } else { node }
    };
    state.nodes = point.nodes.iter().map(|(id, found)| (id.clone(), node(found))).collect();
    state.edges = point.edges.clone();
    state.loops = point.loops.clone();
    state.won.clear();
    state.children = children(point, of);
}

/// A node of the checkpoint, whose attempt that ran then comes again. What is due is due since the checkpoint is back, or since
/// the fork began: what came before is no time of its attempt.
fn renewed(node: &Arc<NodeState>, fails: bool, now: Time) -> Arc<NodeState> {
    let at = match node.phase {
        Phase::Due { at } => at,
        Phase::Intended { .. } => None,
        Phase::Asking { .. } if fails => None,
        _ => return node.clone(),
    };
    let due_at = Some(at.map_or(now, |at| at.max(now)));
    Arc::new(NodeState { phase: Phase::Due { at }, due_at, ..(**node).clone() })
}

/// A node as a fork takes it over. The number of the turn that began its visit is one of the other execution, and would
/// stand for another turn of this one: what is due was begun by the first turn of the fork, all else by none of its turns.
/// What goes on there does so since the fork began: the time in the other execution is none of its own.
fn begun_elsewhere(node: &Arc<NodeState>, now: Time) -> Arc<NodeState> {
    let due = matches!(node.phase, Phase::Due { .. });
    let goes_on = matches!(node.phase, Phase::Looping | Phase::Children | Phase::Waiting { .. } | Phase::Asking { .. });
    let due_at = if goes_on { Some(now) } else { node.due_at };
    let mut node = NodeState { activated_seq: u64::from(due), due_at, ..(**node).clone() };
    if let Some(talk) = &mut node.talk {
        Arc::make_mut(talk).begun_elsewhere();
    }
    Arc::new(node)
}

/// The children of the checkpoint: those that had ended stay, under the ids that they have.
fn children(point: &Point, of: Option<&ExecutionId>) -> BTreeMap<NodeId, Arc<Children>> {
    let kept = |(id, kids): (&NodeId, &Arc<Children>)| {
        let mut kids = (**kids).clone();
        let mut ended = kids.ended.clone();
        for earlier in &mut kids.kept {
            ended.remove_all(&earlier.ended);
            earlier.of = earlier.of.take().or_else(|| of.cloned());
        }
        if !ended.is_empty() {
            kids.kept.push(Kept { epoch: point.epoch, of: of.cloned(), ended });
        }
        // Those that are started anew were taken up by no retry.
        (kids.asking, kids.ceased, kids.reopened) = Default::default();
        (id.clone(), Arc::new(kids))
    };
    point.children.iter().map(kept).collect()
}
