//! What is said about interactions.

use crate::interaction::{Interaction, votes::approvals_needed};
use document::Workflow;

/// How many more approvals decide an interaction, or answers where its kind has no threshold; 0 once it is over.
pub fn responses_needed(one: &Interaction, workflow: &Workflow) -> u64 {
    if !one.is_open() {
        return 0;
    }
    let node = workflow.nodes.iter().find(|node| node.id == one.activation.node).filter(|_| !one.on_error);
    let human = node.and_then(|node| node.kind.human());
    human.map_or(1, |human| approvals_needed(one, human))
}
