//! The state of one node, as all folds change it.

use crate::{
    execution::{Execution, NodeState, Phase},
    payload::Payload,
};
use document::{id::NodeId, time::Time};
use std::sync::Arc;

/// The state of a node for changing it. A node that was not reached before gets an idle one.
pub(super) fn node_mut<'a>(state: &'a mut Execution, node: &NodeId) -> &'a mut NodeState {
    Arc::make_mut(state.nodes.entry(node.clone()).or_insert_with(|| {
        Arc::new(NodeState {
            visit: 0,
            phase: Phase::Idle,
            via: Vec::new(),
            attempt: 0,
            attempts: 0,
            forgiven: 0,
            used_up: Vec::new(),
            taken_back: 0,
            activated_at: Time(0),
            activated_seq: 0,
            due_at: None,
            timeout_at: None,
            finished_at: None,
            finished_seq: 0,
            duration_ms: None,
            port: None,
            given: None,
            talk: None,
            output: None,
            stale: false,
            was: None,
            undecided: None,
            error: None,
        })
    }))
}

/// Gives a node an output of the present iteration of all loops around it.
pub(super) fn put_out(node: &mut NodeState, output: Payload) {
    node.output = Some(output);
    node.stale = false;
}

/// Takes an open node out of play. It is failed if its failure was never handled, else dropped.
pub(super) fn drop_open(state: &mut Execution, node: &NodeId) {
    let Some(found) = state.nodes.get_mut(node).filter(|found| found.phase.is_open()) else { return };
    let found = Arc::make_mut(found);
    let failed = found.phase == Phase::Unrouted && found.port.is_none();
    found.timeout_at = None;
    found.phase = if failed { Phase::Failed } else { Phase::Dropped };
}

/// Keeps what an open node was doing when the execution ended, before it is dropped.
pub(super) fn note_at_end(state: &mut Execution, node: &NodeId) {
    if let Some(found) = state.nodes.get_mut(node) {
        let found = Arc::make_mut(found);
        found.was = Some(found.phase.clone());
    }
}
