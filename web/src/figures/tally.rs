//! Counts executions: a pure function of their states.

use super::runs::Nodes;
use document::{NodeKind, Workflow, time::Time};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use stepwell_core::{
    execution::{Execution, Status},
    view,
};

/// An execution.
pub struct Run {
    /// Its state.
    pub execution: Arc<Execution>,
    /// The document in force.
    pub workflow: Arc<Workflow>,
    /// What its nodes did.
    pub nodes: Nodes,
}

const HOUR_MS: i64 = 3_600_000;

/// What executions come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many executions were counted.
    pub counted: u64,
    /// Whether those were all; else they are the newest.
    pub is_all: bool,
    /// From when on all executions are counted: the time asked for, or the start of the oldest that was counted.
    pub from: Time,
    /// When they were counted.
    pub counted_at: Time,
    /// How many are in each status; a status of none is absent.
    pub by_status: BTreeMap<Status, u64>,
    /// How many executions of any age live, by what they are doing; none are absent.
    pub alive: BTreeMap<Status, Alive>,
    /// The hours from [`from`](Self::from) to now, oldest first, without gaps.
    pub hours: Vec<Hour>,
    /// Every node that ended an attempt, by workflow and id.
    pub nodes: Vec<NodeFigures>,
    /// Every workflow of the executions, by id.
    pub workflows: Vec<WorkflowFigures>,
}

/// How many executions are in a status, as far as they were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alive {
    /// How many were counted.
    pub many: u64,
    /// Whether there are more.
    pub more: bool,
}

/// What happened within an hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hour {
    /// When it began.
    pub start: Time,
    /// Executions that started.
    pub started: u64,
    /// Executions that ended, of those counted.
    pub ended: u64,
    /// Executions that failed, of those that ended.
    pub failed: u64,
}

/// What a node of a workflow did, over all executions.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFigures {
    /// The id of the workflow.
    pub workflow: String,
    /// What people call the workflow, and the node, by the newest execution.
    pub names: (String, String),
    /// Whether the workflow was saved at the start of one of the executions: others have no page.
    pub is_saved: bool,
    /// The node's id.
    pub node: String,
    /// Whether the time that it takes is its own; false for what waits for people, for a time, or for other nodes and
    /// executions.
    pub works: bool,
    /// Attempts that ended.
    pub runs: u64,
    /// Attempts that failed: those that were followed by another attempt, and last ones. A failure of a visit in an
    /// earlier iteration of a loop, which is followed by other visits, is not counted, unless the execution went back.
    pub failures: u64,
    /// The median of what the node's latest attempt took in each execution; none where none ended.
    pub p50: Option<Duration>,
    /// The time that 95 of 100 did not exceed.
    pub p95: Option<Duration>,
}

/// How a workflow's executions went.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowFigures {
    /// The workflow's id.
    pub id: String,
    /// Executions that started.
    pub runs: u64,
    /// Those that completed.
    pub completed: u64,
    /// Those that failed.
    pub failed: u64,
    /// The median of what the completed ones took from start to end; none where none completed.
    pub median: Option<Duration>,
    /// When the newest one started.
    pub last: Time,
}

/// The beginning of the hour of a time.
pub fn hour_of(time: Time) -> Time {
    Time(time.0.div_euclid(HOUR_MS) * HOUR_MS)
}

/// Counts executions that started since a time, newest first. `is_all` says whether there are no others.
pub fn tally(runs: &[Run], since: Time, now: Time, is_all: bool) -> Figures {
    let oldest = runs.last().map_or(since, |run| run.execution.started_at);
    let from = if is_all { since } else { oldest };
    let mut by_status = BTreeMap::new();
    for Run { execution, .. } in runs {
        *by_status.entry(execution.status()).or_default() += 1;
    }
    let counted = runs.len() as u64;
    let (hours, nodes, workflows) = (hours(runs, from, now), nodes(runs), workflows(runs));
    let alive = BTreeMap::new();
    Figures { counted, is_all, from, counted_at: now, by_status, alive, hours, nodes, workflows }
}

fn hours(runs: &[Run], from: Time, now: Time) -> Vec<Hour> {
    let first = hour_of(from).0;
    let count = (hour_of(now).0 - first).max(0) / HOUR_MS + 1;
    let mut hours: Vec<Hour> =
        (0..count).map(|at| Hour { start: Time(first + at * HOUR_MS), ..Hour::default() }).collect();
    // Clocks of several processes differ: what seems to lie in the future is of the last hour.
    let at = |time: Time| usize::try_from((time.0 - first).div_euclid(HOUR_MS).min(count - 1)).ok();
    for Run { execution, .. } in runs {
        if let Some(hour) = at(execution.started_at).and_then(|at| hours.get_mut(at)) {
            hour.started += 1;
        }
        if let Some(hour) = execution.completed_at.and_then(at).and_then(|at| hours.get_mut(at)) {
            hour.ended += 1;
            hour.failed += u64::from(execution.status() == Status::Failed);
        }
    }
    hours
}

fn nodes(runs: &[Run]) -> Vec<NodeFigures> {
    let mut found: BTreeMap<(&str, &str), (NodeFigures, Vec<Duration>)> = BTreeMap::new();
    for Run { execution, workflow, nodes } in runs {
        let id = execution.started.workflow_id.as_str();
        for (node, ran) in nodes {
            let known = workflow.node(node.as_str());
            let works = match known.map(|node| &node.kind) {
                Some(NodeKind::Compute(_) | NodeKind::Run(_) | NodeKind::Agent(_)) => true,
                Some(NodeKind::Route(_) | NodeKind::Wait(_) | NodeKind::Children(_) | NodeKind::Lend(_)) | None => {
                    false
                }
            };
            let empty = || NodeFigures {
                workflow: id.to_owned(),
                names: (workflow.name.clone(), known.map_or_else(|| node.to_string(), |node| node.name.clone())),
                is_saved: false,
                node: node.to_string(),
                works,
                runs: 0,
                failures: 0,
                p50: None,
                p95: None,
            };
            let (figures, times) = found.entry((id, node.as_str())).or_insert_with(|| (empty(), Vec::new()));
            figures.is_saved |= execution.started.workflow_version > 0;
            figures.runs += ran.ended;
            figures.failures += ran.failed;
            times.extend(ran.latest);
        }
    }
    let measured = |(mut figures, mut times): (NodeFigures, Vec<Duration>)| {
        times.sort_unstable();
        (figures.p50, figures.p95) = (median(&times), share(&times, 95));
        figures
    };
    found.into_values().map(measured).collect()
}

fn workflows(runs: &[Run]) -> Vec<WorkflowFigures> {
    let mut found: BTreeMap<&str, (WorkflowFigures, Vec<Duration>)> = BTreeMap::new();
    for Run { execution, .. } in runs {
        let id = execution.started.workflow_id.as_str();
        let last = execution.started_at;
        let empty = || WorkflowFigures { id: id.to_owned(), runs: 0, completed: 0, failed: 0, median: None, last };
        let (figures, times) = found.entry(id).or_insert_with(|| (empty(), Vec::new()));
        figures.runs += 1;
        figures.last = figures.last.max(last);
        let status = execution.status();
        figures.failed += u64::from(status == Status::Failed);
        if status == Status::Completed {
            figures.completed += 1;
            times.extend(execution.completed_at.map(|end| view::took(execution, end)));
        }
    }
    let measured = |(mut figures, mut times): (WorkflowFigures, Vec<Duration>)| {
        times.sort_unstable();
        figures.median = median(&times);
        figures
    };
    found.into_values().map(measured).collect()
}

/// The one in the middle of these times, which are in order; of an even number of them the mean of both in the middle.
fn median(times: &[Duration]) -> Option<Duration> {
    let upper = times.get(times.len() / 2)?;
    let lower = times.get(times.len().saturating_sub(1) / 2)?;
    Some((*lower + *upper) / 2)
}

/// The smallest of these times, which are in order, that so many of 100 do not exceed (nearest rank).
fn share(times: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_nearest_rank_and_a_median_the_middle() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_secs).collect();
        assert_eq!(
            (share(&times, 95), share(&times[..1], 95), share(&[], 95)),
            (Some(times[18]), Some(times[0]), None)
        );
        let of = |millis: &[u64]| median(&millis.iter().copied().map(Duration::from_millis).collect::<Vec<_>>());
        for (all, middle) in [(&[17, 104][..], 60.5), (&[17, 104, 139], 104.0), (&[17], 17.0)] {
            assert_eq!(of(all), Some(Duration::from_secs_f64(middle / 1_000.0)), "{all:?}");
        }
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn hours_have_no_gaps_and_hold_what_another_clock_says() {
        let hours = hours(&[], Time(HOUR_MS + 5), Time(3 * HOUR_MS + 1));
        assert_eq!(hours.iter().map(|hour| hour.start.0 / HOUR_MS).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(hour_of(Time(-1)), Time(-HOUR_MS));
    }
}
