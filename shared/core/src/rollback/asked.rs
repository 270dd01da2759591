//! What is asked of a rollback.

use crate::{error::Error, id::ExecutionId, payload::Payload};
use document::id::NodeId;
use serde::{Deserialize, Serialize};

/// What becomes of an execution once what it did is undone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum After {
    /// It goes on from the checkpoint.
    #[default]
    GoOn,
    /// It fails, as of the checkpoint: `on_error: rollback`.
    Fail {
        /// Why.
        error: Error,
    },
    /// It is a child whose parent goes back, and ends as cancelled.
    Cancel {
        /// The epoch of the parent since it went back, by which it knows what it is told.
        epoch: u32,
    },
}

/// A rollback that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollback {
    /// The checkpoint to go back to; 0 to before the first, where nothing of the execution stays.
    pub to: u64,
    /// Whether nodes that declare `compensate` are compensated.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub compensate: bool,
    /// What becomes of the execution then.
    #[serde(default)]
    pub after: After,
    /// A value in place of the input of the node that is due first, for a backtrack.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub input: Option<Payload>,
    /// The node that a backtrack goes back to; none for a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The caller's reason, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For a child that is undone whole: the execution above it that a caller had go back, or that does so by itself. None
    /// in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<ExecutionId>,
}

impl Rollback {
    /// A rollback to a checkpoint, from which the execution goes on.
    pub fn to(checkpoint: u64) -> Self {
        let (compensate, after) = (true, After::GoOn);
        Self { to: checkpoint, compensate, after, input: None, node: None, reason: None, above: None }
    }
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}
