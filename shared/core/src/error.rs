//! Errors that executions record, and the reasons for which commands are rejected.

use crate::{interaction::InteractionStatus, reading::Missing, status::Status};
use document::id::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The `error` of an execution or a node: `{code, message, node, attempt, details?}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Error {
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// What went wrong and what to do next, for people.
    pub message: String,
    /// The node that failed; none for an error of the execution itself.
    pub node: Option<NodeId>,
    /// Number of the node's attempt that failed, from 1; none for an error of the execution itself.
    pub attempt: Option<u32>,
    /// Further data for programs, such as a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl Error {
    /// An error of the execution itself: without node and attempt.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), node: None, attempt: None, details: None }
    }
}

/// Why a command changed nothing. To a queue a stale or repeated command is no error: its message is acknowledged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// The command is about something that is over: an older epoch, a finished activation, a timer that fired before.
    /// Its message is acknowledged.
    #[error("stale: {0}")]
    Stale(&'static str),
    /// The state does not know the activation yet, because the message came before its turn. It goes back to the queue.
    #[error("the execution does not know this activation yet")]
    Unknown,
    /// The execution's status does not allow the command (HTTP 409).
    #[error("{message}")]
    Status {
        /// The execution's status.
        status: Status,
        /// What stands in the way, for people.
        message: String,
    },
    /// The execution or the interaction does not exist (HTTP 404).
    #[error("{0}")]
    Missing(String),
    /// The interaction is over (HTTP 409, with its decision).
    #[error("{message}")]
    Decided {
        /// How the interaction ended.
        status: InteractionStatus,
        /// The port taken; none where the interaction ended without a decision.
        decision: Option<String>,
        /// How the interaction ended, for people.
        message: String,
    },
    /// The request was done before, by the turn of this number: nothing is done again, and the caller is told what it was
    /// told then.
    #[error("this request was done before, by turn {0}")]
    Repeated(u64),
    /// Another request was done under the same key (HTTP 422).
    #[error("this Idempotency-Key was used with another request: use a new key")]
    KeyReused,
    /// The execution is no longer at the checkpoint that the caller has seen (HTTP 409).
    #[error("the execution is at checkpoint {0} by now: look at it, and ask again")]
    MovedOn(u64),
    /// The subject that asks may not (HTTP 403).
    #[error("{0}")]
    Forbidden(String),
    /// The answer does not fit the interaction (HTTP 422).
    #[error("{message}")]
    Invalid {
        /// That the answer does not fit, for people.
        message: String,
        /// Every reason why it does not fit.
        reasons: Vec<Reason>,
    },
    /// The command is decided by a document that is not at hand. Whoever asks names the wrong one, or the host has lost it.
    #[error("the workflow {0} is not at hand")]
    Lacking(String),
    /// The command reads values that are offloaded. The caller fetches them and asks again.
    #[error("{0}")]
    Needs(Missing),
}

impl Rejection {
    /// A document of that hash is not at hand.
    pub(crate) fn lacking(hash: &str) -> Self {
        Self::Lacking(hash.to_owned())
    }

    /// The execution's status does not allow a command: what cannot be, and what can be done about it.
    pub(crate) fn status(status: Status, cannot: &str) -> Self {
        Self::Status { status, message: format!("the execution is {status}: {cannot}") }
    }

    /// The same where nothing is to be done but what the status allows.
    pub(crate) fn instead(status: Status, cannot: &str) -> Self {
        Self::status(status, &format!("{cannot}; {}", status.possible()))
    }
}

/// One reason why an answer is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// JSON Pointer (RFC 6901) to the part of the answer that is refused.
    pub path: String,
    /// What is wrong with that part, for people.
    pub message: String,
}
