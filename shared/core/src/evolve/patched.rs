//! How a patch changes the state.

use super::node::node_mut;
use crate::{
    event::Patched,
    execution::{Execution, Phase},
};
use document::time::Time;
use std::sync::Arc;

/// Puts an execution on its new document: positions of edges are those of the new one.
pub fn put_on(state: &mut Execution, patched: &Patched, at: Time) {
    state.patched = Some(patched.hash.clone());
    state.edges = Arc::new(patched.edges.clone());
    for node in state.nodes.values_mut() {
        if !node.via.is_empty() || !node.used_up.is_empty() {
            let node = Arc::make_mut(node);
            node.via.clear();
            node.used_up.clear();
        }
    }
    state.won.clone_from(&patched.won);
    for (id, via) in &patched.via {
        node_mut(state, id).via.clone_from(via);
    }
    for id in &patched.idle {
        if state.node(id).is_some_and(|node| node.visit > 0) {
            node_mut(state, id).phase = Phase::Idle;
        } else {
            state.nodes.remove(id);
        }
    }
    for id in &patched.skipped {
        let node = node_mut(state, id);
        node.phase = Phase::Skipped;
        node.finished_at = Some(at);
    }
    for id in &patched.outdated {
        if let Some(kids) = state.children.get_mut(id) {
            Arc::make_mut(kids).outdated = true;
        }
    }
    (state.done, state.skipped) = (patched.done_count, patched.skipped_count);
    state.extended = patched.deadline.or(state.extended);
}
