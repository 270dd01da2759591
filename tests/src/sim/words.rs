//! What parents know of their children's questions to people, against what is so.

use super::world::SimHost;
use std::collections::BTreeMap;
use stepwell_core::{
    execution::Execution,
    id::{Activation, ExecutionId, child_id},
};

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
                let started = Activation { epoch: kids.epoch_of(index, activation.epoch), ..activation.clone() };
                let child = states.get(&child_id(parent.id(), &started, kids.attempt, index));
                let asks = child.is_some_and(Execution::asks_people);
                if asks != kids.asking.contains_key(&index) {
                    let what = format!("child {index} of {node} asks: {asks}, and its parent knows otherwise");
                    world.broken.push(what);
                }
            }
        }
    }
}
