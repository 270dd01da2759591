//! What is said about interactions.

use crate::interaction::{
    Interaction,
    votes::{approvals_needed, threshold, votes},
};
use document::{Human, Workflow};

/// How many more approvals decide an interaction, or answers where its kind has no threshold; 0 once it is over.
pub fn responses_needed(one: &Interaction, workflow: &Workflow) -> u64 {
    if !one.is_open() {
        return 0;
    }
    human(one, workflow).map_or(1, |human| approvals_needed(one, human))
}

/// How many people vote for a decision so far, and how many votes it takes.
pub fn tally(one: &Interaction, workflow: &Workflow, decision: &str) -> (u64, u64) {
    (votes(one, None, decision), human(one, workflow).map_or(1, |human| threshold(one, human, decision)))
}

/// What the document says of the node that asks; none where the question is about a node that failed.
fn human<'a>(one: &Interaction, workflow: &'a Workflow) -> Option<&'a Human> {
    let node = workflow.nodes.iter().find(|node| node.id == one.activation.node).filter(|_| !one.on_error)?;
    node.kind.human()
}
