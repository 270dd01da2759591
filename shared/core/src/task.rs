//! Tasks: what a node that does I/O is asked to do, its templates rendered; and the outcome of running it.

pub use document::work::{CodeTask, HttpTask, Work};

use crate::{limits, payload::Payload};
use document::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One attempt of a node, ready to run.
#[derive(Debug)]
pub struct Task {
    /// The tenant whose execution it is. Owners share what runs tasks.
    pub owner: String,
    /// The idempotency key, which is the same for every attempt of an activation.
    pub idempotency_key: String,
    /// Seconds after which the attempt is stopped, and its outcome is unknown.
    pub timeout_seconds: f64,
    /// What the attempt does.
    pub work: Work,
    /// The secrets that the templates place. They are masked in all that is recorded, and sent only to their hosts.
    pub secrets: Vec<UsedSecret>,
}

/// A secret that a template places.
#[derive(Clone, PartialEq, Eq)]
pub struct UsedSecret {
    /// The name by which documents refer to the secret.
    pub name: String,
    /// The secret itself, which no log, journal or message may hold.
    pub value: String,
    /// The hosts that the secret may be sent to, each with a port where one is meant: none where the list is
    /// empty, and any where it has `*`.
    pub hosts: Vec<String>,
}

impl std::fmt::Debug for UsedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UsedSecret({})", self.name)
    }
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<V = Value> {
    /// The attempt succeeded.
    Succeeded {
        /// The port of the node's type that the outcome takes.
        port: String,
        /// The node's output, as `ctx.<node>.output` shows it.
        output: V,
    },
    /// The attempt failed, and it is certain that nothing happened outside, or that what happened was refused.
    Failed(Failure),
    /// Nobody knows what the attempt did: a timeout, a crash, or a connection that broke after sending.
    Unknown(Failure),
}

impl<V> Outcome<V> {
    /// What is known of an attempt that ran twice, by the outcome of the second run: where that certainly did nothing, the
    /// first may have done it.
    #[must_use]
    pub fn of_a_second_run(self) -> Self {
        match self {
            Self::Failed(failure) => Self::Unknown(failure),
            known @ (Self::Succeeded { .. } | Self::Unknown(_)) => known,
        }
    }
}

impl From<Outcome> for Outcome<Payload> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded { port, output } => Self::Succeeded { port, output: Payload::new(output) },
            Outcome::Failed(failure) => Self::Failed(failure),
            Outcome::Unknown(failure) => Self::Unknown(failure),
        }
    }
}

/// Why an attempt did not succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// What went wrong and what to do next, for people.
    pub message: String,
    /// Further data for programs, such as the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// Whether another attempt may succeed.
    #[serde(default)]
    pub retryable: bool,
    /// Seconds that the other side asked to wait before the next attempt (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<f64>,
}

impl Failure {
    /// A failure that no retry repairs.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), details: None, retryable: false, retry_after_seconds: None }
    }

    /// The failure of a node whose output takes more memory than [`limits::OUTCOME_MEMORY_BYTES`].
    pub fn too_many_values() -> Self {
        Self::too_many_values_of(limits::OUTCOME_MEMORY_BYTES)
    }

    /// The same on a host that has less room: so many bytes.
    pub fn too_many_values_of(most: usize) -> Self {
        let message = format!(
            "as values in memory an output takes {} MiB at most, and each number or text in a list takes some 70 bytes \
             beside its text: keep fewer values, or join them to a text",
            most / (1024 * 1024)
        );
        Self::new("output_too_large", message)
    }

    /// The same failure, but worth another attempt.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The same failure with further data for programs.
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

document::closed_set!(
    /// How much a line of a log matters: the method of `console` that wrote it.
    LogLevel {
        /// `console.debug`.
        Debug = "debug",
        /// `console.log` and `console.info`.
        Info = "info",
        /// `console.warn`.
        Warn = "warn",
        /// `console.error`.
        Error = "error",
    }
);

/// One line that a node wrote while it ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the line was written.
    pub at: Time,
    /// How much the line matters.
    pub level: LogLevel,
    /// The text, at most `limits::LOG_LINE_BYTES` long.
    pub message: String,
}

/// A line that a node wrote, with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeLog {
    /// Id of the node that wrote the line.
    pub node: String,
    /// Number of the node's visit.
    pub visit: u32,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The line itself.
    #[serde(flatten)]
    pub line: LogLine,
}

/// The outcome of an attempt, and the lines that it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How the attempt ended.
    pub outcome: Outcome,
    /// The lines in the order in which they were written.
    pub logs: Vec<LogLine>,
}
