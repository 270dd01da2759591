//! What happens when a node that waits is visited, and when a continuation message goes on with routing.

use super::{human::open_human, timer::open_wait, turn::Deciding};
use crate::{error::Rejection, execution::Phase, id::Activation};
use document::{NodeKind, Spawning, Waiting};

/// Opens what a due node waits for, or decides a routing node that an earlier turn left to a message.
pub(super) fn open(turn: &mut Deciding<'_>, activation: &Activation) -> Result<(), Rejection> {
    let ix = turn.current(activation)?;
    let node = turn.node(ix);
    match turn.phase(ix) {
        Phase::Due { .. } => {}
        // A continuation message between two iterations: settling begins the next one.
        Phase::Looping => {
            turn.settle();
            return Ok(());
        }
        _ => return Err(Rejection::Stale("it was opened already")),
    }
    match &node.kind {
        NodeKind::Wait(Waiting::Wait(wait)) => {
            if let Err(error) = open_wait(turn, ix, wait) {
                turn.fail_node(ix, error, false);
            }
        }
        NodeKind::Wait(Waiting::Human(human)) => open_human(turn, ix, human),
        NodeKind::Children(Spawning::Map(map)) => turn.plan_map(ix, map),
        NodeKind::Children(Spawning::Workflow(children)) => turn.plan_children(ix, children),
        NodeKind::Route(route) => turn.decide_routing(ix, route),
        NodeKind::Compute(_) | NodeKind::Run(_) | NodeKind::Agent(_) | NodeKind::Lend(_) => {
            return Err(Rejection::Stale("it runs by a step"));
        }
    }
    turn.settle();
    Ok(())
}
