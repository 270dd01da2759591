//! How far an execution has come: finished weight over known weight of the nodes on live or undecided paths. A node weighs
//! as much as any other, since weights that became known on the way would let the progress fall.

use crate::execution::{Execution, Phase};
use document::{NodeKind, Workflow, graph::NodeIx};

/// The weight of a node, of which parts are counted.
const WHOLE: u64 = 1_000_000;
/// The progress of an execution that has not completed, at most, in tenths of a percent.
const MOST: u64 = 999;

/// Keeps the progress after a turn, where it is greater than before.
pub(super) fn note_progress(workflow: &Workflow, state: &mut Execution) {
    // While the execution goes back its nodes may be those of another document than the one in force.
    if state.rolling.is_none() {
        state.progress = state.progress.max(progress(workflow, state));
    }
}

/// The progress of an execution that has not completed, in tenths of a percent, 0 to 999.
pub(crate) fn progress(workflow: &Workflow, state: &Execution) -> u16 {
    // What is lent to agents never runs by itself, and no loop is around it.
    let lent = workflow.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Lend(_))).count();
    let known = (workflow.graph.outside as u64).saturating_sub(lent as u64 + u64::from(state.skipped)).max(1);
    // Of nodes that are not done, loops and those with children alone have finished a part.
    let begun = state.loops.keys().chain(state.children.keys()).filter_map(|id| workflow.graph.index.get(id).copied());
    let parts = begun.filter(|&ix| workflow.graph.around.get(ix).is_some_and(Option::is_none));
    let parts: u64 = parts.map(|ix| part(workflow, state, ix)).sum();
    let finished = u64::from(state.done) * WHOLE + parts;
    u16::try_from((finished * 1_000 / (known * WHOLE)).min(MOST)).unwrap_or_default()
}

/// How much of a node that is at work is finished: a loop by its iterations, a node with children by those that ended.
/// Nothing, where it is not known how many there are.
fn part(workflow: &Workflow, state: &Execution, ix: NodeIx) -> u64 {
    let Some(id) = workflow.nodes.get(ix).map(|node| &node.id) else { return 0 };
    match state.node(id).map(|node| &node.phase) {
        Some(Phase::Looping) => {
            let Some(entered) = state.loops.get(id) else { return 0 };
            let Some(count) = entered.count.filter(|count| *count > 0) else { return 0 };
            let ended = entered.begun.saturating_sub(1) * WHOLE;
            let iteration = if entered.begun > 0 { of_iteration(workflow, state, ix) } else { 0 };
            ((ended + iteration) / count).min(WHOLE)
        }
        Some(Phase::Children) => {
            state.children.get(id).map_or(0, |kids| u64::from(kids.ended.len()) * WHOLE / u64::from(kids.count.max(1)))
        }
        _ => 0,
    }
}

/// How much of the present iteration of a loop is finished.
fn of_iteration(workflow: &Workflow, state: &Execution, ix: NodeIx) -> u64 {
    let own = workflow.graph.inner.get(ix).map_or(&[][..], Vec::as_slice);
    let mut finished = 0;
    for &inner in own {
        let phase = workflow.nodes.get(inner).and_then(|node| state.node(&node.id)).map(|node| &node.phase);
        finished += match phase {
            Some(Phase::Finished | Phase::Skipped) => WHOLE,
            _ => part(workflow, state, inner),
        };
    }
    finished / u64::max(own.len() as u64, 1)
}
