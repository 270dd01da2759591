//! What differs between what an execution did and what it would have done.

use super::{Recorded, Replayed, Route, Visited, recall::same};
use crate::{
    execution::{Phase, Status},
    payload::Payload,
    reading::Missing,
};
use document::{Workflow, id::NodeId, work::Usage};
use std::collections::BTreeSet;

document::closed_set!(
    /// Whether an execution would have gone another way.
    Difference {
        /// It would have gone the same way, to the same end.
        Same = "same",
        /// Something would have been different.
        Changed = "changed",
        /// How it would have ended cannot be told: nodes would run of which nothing was recorded, or it could not have been
        /// started so.
        Unknown = "unknown",
    }
);

document::closed_set!(
    /// Why it cannot be told how an execution would have ended.
    Untold {
        /// Nodes would run, wait or ask of which nothing was recorded.
        NeedsRecordings = "needs_recordings",
        /// It could not have been started so: its input is refused, its trigger is not there, or it is a fork, which begins
        /// in the middle of a workflow.
        NotStartable = "not_startable",
        /// The replay took too many turns.
        TooLong = "too_long",
    }
);

/// A visit to a node that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteChange {
    /// The visit.
    pub visited: Visited,
    /// Where it led.
    pub was: Route,
    /// Where it leads.
    pub now: Route,
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// In a word.
    pub outcome: Difference,
    /// Visits that lead elsewhere.
    pub route_changes: Vec<RouteChange>,
    /// Visits that would run, wait or ask, and of which nothing was recorded.
    pub would_run: Vec<Visited>,
    /// Visits that come to an end now, computed or decided anew, and that there were not.
    pub newly_run: Vec<Visited>,
    /// Visits that would no longer be.
    pub no_longer_run: Vec<Visited>,
    /// Questions to people that are new, one for each.
    pub gained: Vec<Visited>,
    /// Questions to people that are no longer asked, one for each.
    pub spared: Vec<Visited>,
    /// How it ended, or where it stands.
    pub was: Status,
    /// How it would end; none where that cannot be told.
    pub now: Option<Status>,
    /// Why that cannot be told; none where it can.
    pub untold: Option<Untold>,
    /// Whether the result is another one; none where that cannot be told.
    pub output_changed: Option<bool>,
    /// Attempts that ended, of nodes that do more than to choose a route.
    pub steps_was: u64,
    /// The same, as far as the replay came.
    pub steps_now: u64,
    /// What models used that agents asked.
    pub usage_was: Usage,
    /// What they used in visits that would be still: recorded answers are the ones that would be given.
    pub usage_now: Usage,
}

impl Compared {
    /// An execution that could not have been started so.
    pub fn not_started(was: Status, recorded: &Recorded) -> Self {
        Self {
            outcome: Difference::Unknown,
            route_changes: Vec::new(),
            would_run: Vec::new(),
            newly_run: Vec::new(),
            no_longer_run: Vec::new(),
            gained: Vec::new(),
            spared: Vec::new(),
            was,
            now: None,
            untold: Some(Untold::NotStartable),
            output_changed: None,
            steps_was: recorded.steps,
            steps_now: 0,
            usage_was: used(recorded, |_, _| true),
            usage_now: Usage::default(),
        }
    }
}

/// Compares what was recorded of an execution in a status with its replay on a workflow.
///
/// # Errors
/// Where the results are to be compared and are offloaded.
pub fn compare(
    workflow: &Workflow,
    was: Status,
    recorded: &Recorded,
    replayed: &Replayed,
) -> Result<Compared, Missing> {
    let now = Recorded::of(workflow, &replayed.turns);
    let end = ends(was, recorded, replayed);
    let gone = |node: &NodeId| is_gone(workflow, replayed, node);
    let runs = |node: &NodeId, number| now.visit_at(node, number).is_some_and(|visit| !visit.came.is_empty());
    let usage_now = used(recorded, runs);
    let mut compared = Compared { now: end, steps_now: now.steps, usage_now, ..Compared::not_started(was, recorded) };
    compared.untold = match end {
        Some(_) => None,
        None if replayed.cut => Some(Untold::TooLong),
        None => Some(Untold::NeedsRecordings),
    };
    compared.would_run.clone_from(&replayed.would_run);
    let open: BTreeSet<&Visited> = replayed.would_run.iter().chain(&replayed.as_open).collect();
    for (node, number, then) in recorded.visits() {
        let visited = at(node, number);
        let asks = replayed.asks.iter().filter(|asks| **asks == visited).count();
        let after = now.visit_at(node, number);
        match after.map(|after| after.way()) {
            Some(Some(now)) => {
                if let Some(was) = then.way().filter(|was| *was != now) {
                    compared.route_changes.push(RouteChange { visited: visited.clone(), was, now });
                }
            }
            // It was closed by the end, or waits for what nobody recorded.
            Some(None) => {}
            None if gone(node) && (then.way().is_some() || then.questions() > 0) => {
                compared.no_longer_run.push(visited.clone());
            }
            None => {}
        }
        let is_settled =
            after.map_or_else(|| gone(node), |after| after.way().is_some() || replayed.state.end.is_some());
        if is_settled {
            let fewer = then.questions().saturating_sub(asks);
            compared.spared.extend(std::iter::repeat_n(visited.clone(), fewer));
        }
    }
    for (node, number, after) in now.visits() {
        let visited = at(node, number);
        let is_new = recorded.visit_at(node, number).is_none_or(|then| then.way().is_none() && then.questions() == 0);
        if is_new && after.way().is_some() && !open.contains(&visited) {
            compared.newly_run.push(visited);
        }
    }
    compared.gained = gained(recorded, replayed);
    compared.output_changed = match end {
        Some(_) => Some(!same_output(recorded.output.as_ref(), replayed.state.output.as_ref())?),
        None => None,
    };
    compared.outcome = outcome(&compared);
    Ok(compared)
}

/// What models used in the visits that are counted.
fn used(recorded: &Recorded, counts: impl Fn(&NodeId, usize) -> bool) -> Usage {
    let mut used = Usage::default();
    for (_, _, visit) in recorded.visits().filter(|(node, number, _)| counts(node, *number)) {
        if visit.usage != Usage::default() {
            used.add(&visit.usage);
        }
    }
    used
}

/// How it would end. Where only visits are open that were open in the record too, and something outside ended it, or
/// nothing yet, it stands as it did.
fn ends(was: Status, recorded: &Recorded, replayed: &Replayed) -> Option<Status> {
    let as_before = || {
        let is_open = recorded.end.is_none() || recorded.ended_from_outside;
        let stands = is_open && replayed.would_run.is_empty() && !replayed.cut && !replayed.as_open.is_empty();
        stands.then_some(was)
    };
    replayed.end().or_else(as_before)
}

/// Whether it is certain that a node has no more visits than the replay shows.
fn is_gone(workflow: &Workflow, replayed: &Replayed, node: &NodeId) -> bool {
    let ended = replayed.end().is_some();
    let skipped = || replayed.state.node(node).is_some_and(|found| found.phase == Phase::Skipped);
    ended || workflow.node(node.as_str()).is_none() || skipped()
}

fn gained(recorded: &Recorded, replayed: &Replayed) -> Vec<Visited> {
    let mut gained = Vec::new();
    // The record may end before a question of a visit that began in it.
    let is_known = |visited: &&Visited| !replayed.as_open.contains(visited);
    let distinct: BTreeSet<&Visited> = replayed.asks.iter().filter(is_known).collect();
    for visited in distinct {
        let then = recorded.visit_at(&visited.node, visited.visit.saturating_sub(1) as usize);
        let asks = replayed.asks.iter().filter(|asks| *asks == visited).count();
        let more = asks.saturating_sub(then.map_or(0, |then| then.questions()));
        gained.extend(std::iter::repeat_n(visited.clone(), more));
    }
    gained
}

fn same_output(was: Option<&Payload>, now: Option<&Payload>) -> Result<bool, Missing> {
    match (was, now) {
        (Some(was), Some(now)) => same(was, now),
        (None, None) => Ok(true),
        (Some(_), None) | (None, Some(_)) => Ok(false),
    }
}

fn outcome(compared: &Compared) -> Difference {
    let Some(now) = compared.now else { return Difference::Unknown };
    let lists = [&compared.newly_run, &compared.no_longer_run, &compared.gained, &compared.spared, &compared.would_run];
    let same = now == compared.was
        && compared.route_changes.is_empty()
        && compared.output_changed == Some(false)
        && lists.iter().all(|list| list.is_empty());
    if same { Difference::Same } else { Difference::Changed }
}

fn at(node: &NodeId, number: usize) -> Visited {
    Visited { node: node.clone(), visit: u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1) }
}
