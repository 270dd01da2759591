//! What is said about interactions.

use crate::{
    execution::Execution,
    interaction::{
        Interaction,
        votes::{approvals_needed, threshold, votes},
    },
};
use document::{Human, Workflow};

/// How many more approvals decide an interaction, or answers where its kind has no threshold; 0 once it is over.
pub fn responses_needed(one: &Interaction, workflow: &Workflow) -> u64 {
    if !one.is_open() {
        return 0;
    }
    human(one, workflow).map_or(1, |human| approvals_needed(one, human))
}

/// Whether somebody may not answer, having started the execution or what it was forked from: neither in the own name nor
/// for somebody else.
pub fn keeps_out(one: &Interaction, execution: &Execution, person: &str) -> bool {
    !one.allow_requester && execution.started.requesters().any(|requester| requester.eq_ignore_ascii_case(person))
}

/// Who may not answer: whoever started the execution, where `allow_requester` is false.
pub fn kept_out<'a>(one: &Interaction, execution: &'a Execution) -> Option<&'a str> {
    execution.started.started_by.as_deref().filter(|_| !one.allow_requester)
}

/// Who may not answer either: whoever started what the execution was forked from, where `allow_requester` is false.
pub fn also_kept_out<'a>(one: &Interaction, execution: &'a Execution) -> &'a [String] {
    if one.allow_requester { &[] } else { &execution.started.also_started_by }
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
