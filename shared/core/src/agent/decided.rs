//! What people decided about a tool call before it ran.

use crate::{
    execution::Execution,
    interaction::{Interaction, InteractionStatus},
};
use document::node::agent::tool::APPROVAL;
use serde_json::Value;

/// Who decided about a call, and with which arguments it ran then.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// Whoever approved the call, refused it, or answered in the tool's place; empty where nobody was asked, or in time.
    pub by: Vec<String>,
    /// The arguments that were sent along; none where none were.
    pub arguments: Option<Value>,
}

impl Decided {
    /// What people decided in the execution of a call.
    pub fn of(call: &Execution) -> Self {
        let asked = |one: &&Interaction| one.activation.node.as_str() == APPROVAL;
        let last = call.interactions.iter().rev().map(|one| &**one).find(asked);
        let Some(one) = last.filter(|one| one.status == InteractionStatus::Answered) else { return Self::default() };
        let mut by: Vec<String> = Vec::new();
        for (at, response) in one.responses.iter().enumerate() {
            let same = |other: &str| other.eq_ignore_ascii_case(&response.by);
            // Of one person the last vote counts.
            let counts = !one.responses[at + 1..].iter().any(|later| same(&later.by));
            if counts && Some(&response.decision) == one.decision.as_ref() {
                by.push(response.by.clone());
            }
        }
        let given = one.responses.last().and_then(|last| last.data.as_ref());
        let arguments = given.and_then(|data| data.get("arguments")).filter(|given| !given.is_null()).cloned();
        Self { by, arguments }
    }
}
