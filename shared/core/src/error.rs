//! What went wrong, as executions record it and as commands are refused.

use crate::execution::Status;
use document::id::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `error` of an execution or a node: `{code, message, node, attempt, details?}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Error {
    /// For machines, `snake_case`.
    pub code: String,
    /// For people.
    pub message: String,
    /// The node that failed; none for the execution's own errors.
    pub node: Option<NodeId>,
    /// Its attempt, from 1.
    pub attempt: Option<u32>,
    /// More for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Error {
    /// An error of the execution itself.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), node: None, attempt: None, details: None }
    }
}

/// Why a command changed nothing. Stale and repeated commands are no errors to a queue: they are acknowledged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// It speaks of something over: an older epoch, a finished activation, a timer that fired. Acknowledge it.
    #[error("stale: {0}")]
    Stale(&'static str),
    /// The state does not know the activation: the message came before its turn. Return it to the queue.
    #[error("the execution does not know this activation yet")]
    Unknown,
    /// The execution's status does not allow it (409).
    #[error("{message}")]
    Status {
        /// What the execution's status is.
        status: Status,
        /// What stands in the way.
        message: String,
    },
    /// There is no such interaction, node or signal (404).
    #[error("{0}")]
    Missing(String),
    /// The interaction is over (409, with its decision).
    #[error("{message}")]
    Decided {
        /// `answered`, `timed_out` or `cancelled`.
        status: String,
        /// The port taken.
        decision: Option<String>,
        /// For people.
        message: String,
    },
    /// Whoever asks may not (403).
    #[error("{0}")]
    Forbidden(String),
    /// The answer does not fit the question (422), every reason listed.
    #[error("{message}")]
    Invalid {
        /// For people.
        message: String,
        /// Each with the JSON Pointer of what it is about.
        reasons: Vec<Reason>,
    },
}

/// One reason why an answer is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// For machines.
    pub code: String,
    /// JSON Pointer into the answer.
    pub path: String,
    /// For people.
    pub message: String,
}
