//! Counting votes: each person has one vote, and the last one counts. Names are compared without regard to ASCII case.

use super::{Interaction, Response};
use document::Human;
use std::collections::BTreeMap;

/// How many people vote for a decision, with one more vote counted where it is given.
pub(crate) fn votes(one: &Interaction, more: Option<&Response>, decision: &str) -> u64 {
    let all = one.responses.iter().chain(more);
    let latest: BTreeMap<String, &str> =
        all.map(|vote| (vote.by.to_ascii_lowercase(), vote.decision.as_str())).collect();
    latest.values().filter(|vote| **vote == decision).count() as u64
}

/// How many votes a decision takes: what a template yielded when the question was opened, else what the document says.
pub(crate) fn threshold(one: &Interaction, human: &Human, decision: &str) -> u64 {
    let (rendered, given) = match decision {
        "approved" => (one.approval_threshold, &human.approval_threshold),
        "rejected" => (one.rejection_threshold, &human.rejection_threshold),
        _ => return 1,
    };
    rendered.or(given.literal()).unwrap_or(1)
}

/// How many more votes a decision needs after a vote for it; 0 where that vote decides.
pub(crate) fn needed_after(one: &Interaction, human: &Human, vote: &Response) -> u64 {
    threshold(one, human, &vote.decision).saturating_sub(votes(one, Some(vote), &vote.decision))
}

/// How many more approvals an open interaction needs; 1 for kinds that are not approved.
pub(crate) fn approvals_needed(one: &Interaction, human: &Human) -> u64 {
    if !one.kind.is_voted() {
        return 1;
    }
    threshold(one, human, "approved").saturating_sub(votes(one, None, "approved")).max(1)
}
