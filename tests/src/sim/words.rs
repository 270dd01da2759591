//! What parents know of their children's questions to people, against what is so.

use super::world::SimHost;
use std::collections::BTreeMap;
use stepwell_core::{execution::Execution, id::ExecutionId};

/// Checks, where no message is under way and no effect of a request was lost, that every parent knows exactly which of
/// its children ask people.
pub fn check(host: &SimHost) {
    let mut world = host.world();
    if !world.queue.is_empty() || world.unheard > 0 {
        return;
    }
    let states: BTreeMap<ExecutionId, Execution> =
        world.journals.keys().filter_map(|id| Some((id.clone(), world.fold(id)?))).collect();
    for parent in states.values().filter(|parent| parent.end.is_none()) {
        for (node, kids) in &parent.children {
            let activation = parent.activation(node);
            if !parent.waits_for_children(&activation, kids.attempt) {
                continue;
            }
            for index in 0..kids.started {
                let child = states.get(&kids.id_of(parent.id(), &activation, index));
                let asks = child.is_some_and(Execution::asks_people);
                if asks != kids.asking.contains_key(&index) {
                    let what = format!("child {index} of {node} asks: {asks}, and its parent knows otherwise");
                    world.broken.push(what);
                }
            }
        }
    }
}
