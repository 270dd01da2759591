//! How many children of a `map` or `workflow` node run at once. What an execution may have alive below it
//! ([`Started::descendants`](crate::event::Started)) is divided among its nodes and their children when they start, so
//! that the executions of a tree share no counter.
//!
//! An execution with a budget of `b` divides it evenly among its nodes that have children. A node below whose children
//! `n` further levels are known to stand runs at most `share / (1 + n)` children at once, and hands each an equal part
//! of what is left. Where a share is too small for one child of each level, the nodes take turns: together they run
//! `b / (1 + n)` children, and one where that is none, so that everything ends at some time.

use crate::{
    execution::{Children as Kids, Execution},
    limits,
};
use document::{Body, NodeKind, Spawning, Workflow, graph::NodeIx, id::NodeId};
use std::sync::Arc;

/// How many levels a saved workflow counts for. Its document is known only when it starts, and most have no children or
/// one level of them.
const SAVED_LEVELS: u32 = 1;

/// What the children of a node may take of their execution's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allotment {
    /// How many children of the node run at once.
    at_once: u32,
    /// Where the nodes take turns, how many children of all of them run at once.
    together: Option<u32>,
    /// The budget of each child.
    each: u32,
}

/// How many children of a node may be started now beside those that run; 0 where the node is of a type without
/// children, or has not planned any.
pub fn further(workflow: &Workflow, state: &Execution, ix: NodeIx) -> u32 {
    let Some((kids, allotment)) = allotted(workflow, state, ix) else { return 0 };
    let of_node = allotment.at_once.saturating_sub(kids.running());
    let Some(together) = allotment.together else { return of_node };
    let waits = |kids: &Kids, node: &NodeId| state.waits_for_children(&state.activation(node), kids.attempt);
    let all = state.children.iter().filter(|(node, kids)| waits(kids, node));
    let all: u32 = all.map(|(_, kids)| kids.running()).sum();
    of_node.min(together.saturating_sub(all))
}

/// Whether a node starts children when those of another one end, since there are too few places for all.
pub fn take_turns(workflow: &Workflow, state: &Execution, ix: NodeIx) -> bool {
    allotted(workflow, state, ix).is_some_and(|(_, allotment)| allotment.together.is_some())
}

/// How many descendants each child of a node may have alive at once.
pub fn budget_of_child(workflow: &Workflow, state: &Execution, ix: NodeIx) -> u32 {
    allotted(workflow, state, ix).map_or(0, |(_, allotment)| allotment.each)
}

/// Reads what an operator says how many descendants of a root may be alive at once; an empty text says nothing.
///
/// # Errors
/// What is wrong with the text, and what would be right.
pub fn budget_of_root(text: &str) -> Result<u32, String> {
    let (least, most) = (limits::LEAST_DESCENDANTS, limits::MOST_DESCENDANTS);
    match text.trim() {
        "" => Ok(limits::DESCENDANTS),
        text => match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("{text} is no number of descendants: give one from {least} to {most}")),
        },
    }
}

/// The children of a node, and what they may take.
fn allotted<'a>(workflow: &Workflow, state: &'a Execution, ix: NodeIx) -> Option<(&'a Kids, Allotment)> {
    let node = workflow.nodes.get(ix)?;
    let kids = state.children.get(&node.id)?;
    let asked = kids.at_once.unwrap_or_else(|| at_most(&node.kind)).min(u64::from(kids.count)).max(1);
    let asked = u32::try_from(asked).unwrap_or(u32::MAX);
    Some((kids, divide(workflow, state.started.descendants, levels_of(&node.kind)?, asked)))
}

/// Divides the budget of an execution. `asked` is how many children of the node would run at once without a bound.
fn divide(workflow: &Workflow, budget: u32, levels: u32, asked: u32) -> Allotment {
    let all = workflow.nodes.iter().filter_map(|node| levels_of(&node.kind));
    let (nodes, most) = all.fold((0, 0), |(nodes, most), levels: u32| (nodes + 1, levels.max(most)));
    let share = budget / u32::max(nodes, 1);
    if share >= most {
        let at_once = asked.min(share / levels);
        return Allotment { at_once, together: None, each: (share - at_once) / at_once };
    }
    let together = u32::max(budget / most, 1);
    let each = budget.saturating_sub(together) / together;
    Allotment { at_once: asked.min(together), together: Some(together), each }
}

/// How many children of a node its config allows at once. What a template yields is recorded when they are planned.
fn at_most(kind: &NodeKind) -> u64 {
    match kind {
        NodeKind::Children(Spawning::Map(map)) => map.max_concurrency.literal().unwrap_or(limits::MAP_CONCURRENCY),
        NodeKind::Children(Spawning::Workflow(children)) if children.parallel => children.workflow_ids.len() as u64,
        NodeKind::Agent(agent) => agent.parallel_tools.literal().unwrap_or(limits::PARALLEL_TOOLS),
        NodeKind::Children(Spawning::Workflow(_))
        | NodeKind::Route(_)
        | NodeKind::Compute(_)
        | NodeKind::Run(_)
        | NodeKind::Wait(_)
        | NodeKind::Lend(_) => 1,
    }
}

/// How many levels of executions a node is known to have below its own execution, its children included; none where it
/// has no children.
fn levels_of(kind: &NodeKind) -> Option<u32> {
    let within = |flow: &Arc<Workflow>| flow.nodes.iter().filter_map(|node| levels_of(&node.kind)).max().unwrap_or(0);
    match kind {
        NodeKind::Children(Spawning::Map(map)) => match &map.body {
            Body::Inline(body) => Some(1 + within(body)),
            Body::Saved(_) => Some(1 + SAVED_LEVELS),
        },
        NodeKind::Children(Spawning::Workflow(_)) => Some(1 + SAVED_LEVELS),
        NodeKind::Agent(agent) if agent.tools.is_empty() => None,
        NodeKind::Agent(_) => Some(1 + kind.flows().into_iter().map(within).max().unwrap_or(0)),
        NodeKind::Route(_) | NodeKind::Compute(_) | NodeKind::Run(_) | NodeKind::Wait(_) | NodeKind::Lend(_) => None,
    }
}

#[cfg(test)]
mod tests;
