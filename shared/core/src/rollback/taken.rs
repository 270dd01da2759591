//! Takes a point of a state.

use super::Point;
use crate::execution::Execution;
use document::id::NodeId;

impl Point {
    /// The point that a state is.
    pub fn of(state: &Execution, node: Option<NodeId>) -> Self {
        Self {
            seq: state.seq,
            epoch: state.epoch,
            patched: state.patched.clone(),
            at: state.updated_at,
            node,
            done: state.done,
            skipped: state.skipped,
            progress: state.progress,
            nodes: state.nodes.clone(),
            edges: state.edges.clone(),
            loops: state.loops.clone(),
            children: state.children.clone(),
            questions: state.open_interactions().cloned().collect(),
        }
    }
}
