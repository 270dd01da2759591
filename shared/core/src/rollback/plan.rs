//! Makes the plan of a rollback from the journal: what is undone, in which order, and what comes back.

use super::{Plan, Rollback, past::Past};
use crate::{
    documents::Documents,
    event::{Event, Turn},
    evolve::evolved,
    execution::Execution,
    id::ExecutionId,
    reading::Reading,
};
use document::id::NodeId;

/// Why an execution cannot go back to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// There is no such checkpoint (HTTP 404).
    #[error("there is no checkpoint {0}: the first is 1")]
    Missing(u64),
    /// The execution has not come so far (HTTP 422).
    #[error("checkpoint {to} is ahead: the newest is {newest}")]
    Ahead {
        /// The checkpoint that was asked for.
        to: u64,
        /// The newest.
        newest: u64,
    },
    /// An earlier rollback left the checkpoint behind (HTTP 409).
    #[error("checkpoint {0} was left behind by a rollback: the execution can go back to what led to its present state")]
    LeftBehind(u64),
    /// The execution had ended at the checkpoint (HTTP 409).
    #[error("the execution had ended at checkpoint {0}: go back to one before it")]
    Ended(u64),
    /// The node was never visited, or not in what led to the present state (HTTP 409).
    #[error("node {0} was not visited in what led to the present state")]
    NotVisited(NodeId),
    /// The latest visit to the node began before the fork that the execution is (HTTP 409).
    #[error(
        "node {node} was visited before the fork, in a past that is shared with {of}: fork that one before the node"
    )]
    Shared {
        /// The node.
        node: NodeId,
        /// The execution that this one is forked from.
        of: ExecutionId,
    },
    /// The node is given no other input, since it is decided in the turn that reaches it (HTTP 422).
    #[error(
        "node {0} is decided in the turn that reaches it, so no other input can be put in place of its own: go back to a node before it, or fork the execution with another input"
    )]
    DecidedAtOnce(NodeId),
    /// The journal does not make a state.
    #[error("{0}")]
    Broken(String),
}

/// The numbers of the turns that led to the present state, in order. What a rollback undid is not among them, nor are
/// the turns that undid it.
pub fn lineage(turns: &[Turn]) -> Vec<u64> {
    let mut led: Vec<u64> = Vec::with_capacity(turns.len());
    let mut rolling: Option<(u64, u64)> = None;
    for turn in turns {
        led.push(turn.seq);
        for event in &turn.events {
            match event {
                Event::RollbackBegun { rollback, .. } => rolling = Some((rollback.to, turn.seq)),
                Event::RolledBack { .. } => {
                    if let Some((to, _)) = rolling.take() {
                        led.retain(|seq| *seq <= to);
                        led.push(turn.seq);
                    }
                }
                _ => {}
            }
        }
    }
    // From when a rollback begins, what it goes back behind is no place to go to: part of it may be undone by now.
    if let Some((to, _)) = rolling {
        led.retain(|seq| *seq <= to);
    }
    led
}

/// Plans a rollback. `turns` are all turns of the execution, and `state` is the state after the last.
///
/// # Errors
/// Why the checkpoint cannot be reached.
pub fn plan(
    documents: Documents<'_>,
    turns: &[Turn],
    state: &Execution,
    rollback: &Rollback,
    reading: &Reading,
) -> Result<Plan, Unreachable> {
    let (to, newest) = (rollback.to, state.seq);
    if to > newest {
        return Err(Unreachable::Ahead { to, newest });
    }
    let led = lineage(turns);
    // A child is undone from before its first turn.
    let whole = matches!(rollback.after, super::After::Cancel { .. });
    if to == 0 && !whole {
        return Err(Unreachable::Missing(to));
    }
    if to > 0 && led.binary_search(&to).is_err() {
        return Err(Unreachable::LeftBehind(to));
    }
    let present = documents.of(state).ok_or_else(|| lacking(state.workflow_hash()))?;
    let mut past = Past::new(present, to, &led);
    let mut before: Option<Execution> = None;
    for turn in turns {
        let after = evolved(documents, before.clone(), turn, reading)
            .map_err(|error| Unreachable::Broken(error.to_string()))?;
        let then = before.as_ref().unwrap_or(&after);
        past.workflow = documents.of(then).ok_or_else(|| lacking(then.workflow_hash()))?;
        past.looks_at(before.as_ref(), turn, &after, reading);
        if turn.seq == to && after.end.is_some() {
            return Err(Unreachable::Ended(to));
        }
        before = Some(after);
    }
    past.workflow = present;
    let undo = if rollback.compensate { past.undo(documents, state) } else { Vec::new() };
    let cut_short = state.rolling.as_ref().filter(|_| rollback.compensate);
    let carried = cut_short.and_then(|rolling| rolling.carried(state.epoch));
    Ok(Plan { point: past.point.take().map(Box::new), undo, signals: past.signals, carried })
}

fn lacking(hash: &str) -> Unreachable {
    Unreachable::Broken(format!("the workflow {hash} is not at hand"))
}
