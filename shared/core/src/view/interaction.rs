//! What is said about interactions.

use crate::interaction::{Interaction, votes::approvals_needed};
use document::{NodeKind, Workflow};

/// How many more approvals decide an interaction, or answers where its kind has no threshold; 0 once it is over.
pub fn responses_needed(one: &Interaction, workflow: &Workflow) -> u64 {
    if !one.is_open() {
        return 0;
    }
    let human = workflow.nodes.iter().find(|node| node.id == one.activation.node).and_then(|node| match &node.kind {
        NodeKind::Human(human) if !one.on_error => Some(&**human),
        _ => None,
    });
    human.map_or(1, |human| approvals_needed(one, human))
}
