//! Counting votes: each person has one vote, and the last one counts. Names are compared without regard to ASCII case.

use super::{Interaction, Response};
use crate::event::Started;
use document::{Human, TimeoutAction, group_of};
use std::collections::{BTreeMap, BTreeSet};

/// How many people vote for a decision, with one more vote counted where it is given.
pub(crate) fn votes(one: &Interaction, more: Option<&Response>, decision: &str) -> u64 {
    latest(one, more).values().filter(|vote| **vote == decision).count() as u64
}

/// The vote that counts of each person, by the name in lower case.
fn latest<'a>(one: &'a Interaction, more: Option<&'a Response>) -> BTreeMap<String, &'a str> {
    let all = one.responses.iter().chain(more);
    all.map(|vote| (vote.by.to_ascii_lowercase(), vote.decision.as_str())).collect()
}

/// Whether each vote that counted in an earlier state of a question counts in a later one: nobody has voted otherwise since.
pub fn still_count(before: &Interaction, now: &Interaction) -> bool {
    let later = latest(now, None);
    latest(before, None).iter().all(|(by, vote)| later.get(by) == Some(vote))
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

/// Why a threshold can never be reached, if that is so: by those who are asked and may answer, those who would be asked
/// as well after an escalation, and the votes that others have given. With no assignees anyone of the owner may answer, and
/// how many a group has is known where they answer.
pub(crate) fn out_of_reach(one: &Interaction, human: &Human, started: &Started) -> Option<String> {
    let escalates = one.timeout_action == TimeoutAction::Escalate && !one.escalated;
    let more = one.escalate_to.iter().filter(|_| escalates);
    let mut people: BTreeSet<String> = one.assignees.iter().chain(more).map(|one| one.to_ascii_lowercase()).collect();
    if one.assignees.is_empty() || people.iter().any(|one| group_of(one).is_some()) {
        return None;
    }
    let before = people.len();
    people.retain(|person| one.allow_requester || !started.requesters().any(|who| who.eq_ignore_ascii_case(person)));
    let is_left_out = people.len() < before;
    let stays = |decision: &str| {
        latest(one, None).iter().filter(|(by, vote)| **vote == decision && !people.contains(*by)).count() as u64
    };
    let possible = |decision: &str| people.len() as u64 + stays(decision);
    let short = |decision: &&&str| threshold(one, human, decision) > possible(decision);
    let decision = ["approved", "rejected"].iter().find(short)?;
    let but = if is_left_out { ", without whoever started the execution, who may not decide it" } else { "" };
    let (votes, people) = (threshold(one, human, decision), possible(decision));
    Some(format!("{votes} {} can never come from {people} people{but}", if votes == 1 { "vote" } else { "votes" }))
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
