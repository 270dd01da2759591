//! What of a new document does not count at once: a patch says so, since nobody would see it.

use super::begun::doing;
use crate::execution::{Execution, Phase};
use document::{Workflow, id::NodeId};

/// Something that a patch changes and that does not count at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// A code in `snake_case`, for programs.
    pub code: &'static str,
    /// The node that it is about.
    pub node: Option<NodeId>,
    /// What does not count yet and when it will, for people.
    pub message: String,
}

/// The nodes that wait under a `timeout_seconds` that is another one now. Their time runs since they began to wait, and the
/// timer that was set then is the one that counts.
pub fn counts_later(old: &Workflow, new: &Workflow, state: &Execution) -> Vec<Later> {
    let waits = |phase: &Phase| matches!(phase, Phase::Waiting { .. } | Phase::Asking { .. } | Phase::Children);
    let waiting = state.nodes.iter().filter(|(_, node)| state.end.is_none() && waits(doing(node)));
    let changed = waiting.filter(|(id, _)| {
        let seconds = |workflow: &Workflow| workflow.node(id.as_str()).map(|node| node.timeout_seconds);
        seconds(old) != seconds(new)
    });
    changed
        .map(|(id, node)| {
            let until = node.timeout_at.map_or_else(|| "without one".to_owned(), |at| format!("until {at}"));
            let message = format!(
                "node {id} waits {until}, as its `timeout_seconds` was when it began to: the new one counts from its next \
                 attempt; to have it count now, go back to before the node"
            );
            Later { code: "timeout_counts_later", node: Some(id.clone()), message }
        })
        .collect()
}
