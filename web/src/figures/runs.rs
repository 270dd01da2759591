//! What each node did in one execution: by its state, and where the execution went back by its journal, since what a
//! rollback left behind is no longer in the state.

use document::{id::NodeId, time::Time};
use std::{collections::BTreeMap, time::Duration};
use stepwell_core::{
    event::{Event, Turn},
    execution::{Execution, NodeState},
    view::{self, NodeStatus},
};

/// What a node did in one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeRuns {
    /// Attempts that ended.
    pub ended: u64,
    /// Attempts that failed, of those that ended.
    pub failed: u64,
    /// The time that the latest one took; none where none ended.
    pub latest: Option<Duration>,
}

/// What each node did that ended an attempt.
pub type Nodes = BTreeMap<NodeId, NodeRuns>;

/// Whether the state tells what nodes did. It does not of an execution that went back, nor of an agent that ran several
/// times: what an agent did before the latest time is no longer in it. Nor does it tell of a node that failed and went on
/// whether it did so by another attempt, or though the last one failed too.
pub fn is_in_state(execution: &Execution) -> bool {
    let went_on =
        |state: &NodeState| state.error.is_some() && state.port.as_deref().is_some_and(|port| port != "error");
    let tells = |state: &NodeState| (state.talk.is_none() || state.visit <= 1) && !went_on(state);
    execution.epoch == 0 && execution.nodes.values().all(|state| tells(state))
}

/// By the state: all that was done in what led to it.
pub fn by_state(execution: &Execution) -> Nodes {
    let ended = |state: &NodeState| state.attempts.saturating_sub(steps(state));
    let ran = execution.nodes.iter().filter(|(_, state)| ended(state) > 0);
    let runs = ran.map(|(node, state)| {
        let latest = view::duration_ms(state).map(Duration::from_millis);
        let ended = ended(state);
        (node.clone(), NodeRuns { ended: ended.into(), failed: failures(state, ended), latest })
    });
    runs.collect()
}

/// What an agent did on its way: it looked up what it remembers, and its model answered. Each is an attempt of its own, by
/// which the agent neither ended nor failed.
fn steps(state: &NodeState) -> u32 {
    state.talk.as_ref().map_or(0, |talk| {
        // Where nobody reads the journal either, each time counts once.
        if state.visit > 1 {
            return state.attempts.saturating_sub(state.visit);
        }
        let has_opened = talk.memory.is_some() || talk.tools.is_some();
        u32::try_from(talk.turns.len()).unwrap_or(u32::MAX).saturating_add(u32::from(has_opened))
    })
}

/// Attempts of a node that failed, as far as its state says, of those that ended it or failed.
fn failures(state: &NodeState, ended: u32) -> u64 {
    let has_failed = view::node_status(Some(state)) == NodeStatus::Failed;
    // Each visit that is over ended with one attempt, and whatever came before it in the visit failed.
    let is_over = has_failed || state.finished_at.is_some();
    let visits = if is_over { state.visit } else { state.visit.saturating_sub(1) };
    u64::from(ended.saturating_sub(visits)) + u64::from(has_failed)
}

/// By the journal: all that was done, also what was left behind.
pub fn by_turns(turns: &[Turn]) -> Nodes {
    let mut nodes = Nodes::new();
    let mut begun: BTreeMap<&NodeId, Time> = BTreeMap::new();
    // The attempt of each node that ended last, and whether that failed.
    let mut last: BTreeMap<&NodeId, (u32, u32, bool)> = BTreeMap::new();
    for turn in turns {
        for event in &turn.events {
            let (node, attempt, failed, took) = match event {
                Event::NodeActivated { node, .. } => {
                    begun.insert(node, turn.at);
                    continue;
                }
                // What is under way begins anew: what came before is no time of its attempt.
                Event::RolledBack { .. } | Event::ExecutionRetried { .. } => {
                    begun.values_mut().for_each(|at| *at = turn.at);
                    last.clear();
                    continue;
                }
                Event::NodeSucceeded { node, visit, attempt, duration_ms, .. } => {
                    (node, (*visit, *attempt), false, *duration_ms)
                }
                Event::AttemptFailed { node, visit, attempt, .. } | Event::NodeFailed { node, visit, attempt, .. } => {
                    (node, (*visit, *attempt), true, None)
                }
                // No other event ends an attempt.
                _ => continue,
            };
            let runs = nodes.entry(node.clone()).or_default();
            // An attempt that ended fails once more where people decide about it, or where its way on cannot be decided.
            let before = last.insert(node, (attempt.0, attempt.1, failed));
            let before = before.filter(|(visit, number, _)| (*visit, *number) == attempt).map(|(_, _, failed)| failed);
            runs.ended += u64::from(before.is_none());
            runs.failed += u64::from(failed && before != Some(true));
            let whole = || begun.get(node).map(|begun| turn.at.since(*begun)).filter(|_| before.is_none());
            runs.latest = took.map(Duration::from_millis).or_else(whole).or(runs.latest);
            // The delay before the next attempt is no time of the node's.
            if let Event::AttemptFailed { retry_at, .. } = event {
                begun.insert(node, (*retry_at).max(turn.at));
            }
        }
    }
    nodes
}
