//! What a node that does I/O is asked to do, its templates rendered, and what came of it.

use document::time::Time;
use expression::Expr;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One attempt of a node, ready to run.
#[derive(Debug)]
pub struct Task {
    /// The same for every attempt of an activation.
    pub idempotency_key: String,
    /// Seconds until the attempt's outcome is unknown.
    pub timeout_seconds: f64,
    /// What is done.
    pub work: Work,
}

/// What is done.
#[derive(Debug)]
pub enum Work {
    /// `http_request`.
    Http(Box<HttpTask>),
    /// `code`.
    Code(CodeTask),
}

/// A rendered `http_request`.
#[derive(Debug)]
pub struct HttpTask {
    /// As in the document, upper case.
    pub method: String,
    /// Absolute, http or https.
    pub url: String,
    /// In order; names may repeat.
    pub headers: Vec<(String, String)>,
    /// Added to the URL.
    pub query: Vec<(String, String)>,
    /// A string is sent as it is, anything else as JSON.
    pub body: Option<Value>,
    /// `status < 400` where absent.
    pub expect: Option<Expr>,
    /// The secrets that the templates read: to be masked, and sent only to their hosts.
    pub secrets: Vec<UsedSecret>,
}

/// A secret that a template read.
#[derive(Clone, PartialEq, Eq)]
pub struct UsedSecret {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The hosts it may be sent to; empty for any.
    pub hosts: Vec<String>,
}

impl std::fmt::Debug for UsedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UsedSecret({})", self.name)
    }
}

/// A `code` node's JavaScript.
#[derive(Debug)]
pub struct CodeTask {
    /// The body of a function.
    pub code: String,
    /// Its parameters: `output`, `ctx`, `input`, … and the bare names that are JavaScript identifiers.
    pub names: Map<String, Value>,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran; `port` is the one its edges follow.
    Succeeded {
        /// One of the type's ports.
        port: String,
        /// What `ctx` shows.
        output: Value,
    },
    /// It is certain that nothing happened outside, or that what happened was refused.
    Failed(Failure),
    /// Nobody knows: a timeout, a crash, a connection that broke after sending.
    Unknown(Failure),
}

/// Why an attempt did not succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// For machines, `snake_case`.
    pub code: String,
    /// For people: what went wrong and what to do next.
    pub message: String,
    /// More for machines, such as the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// Whether another attempt may fare better.
    #[serde(default)]
    pub retryable: bool,
    /// Seconds that the other side asked us to wait (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<f64>,
}

impl Failure {
    /// A failure that no retry repairs.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), details: None, retryable: false, retry_after_seconds: None }
    }

    /// The same, worth another attempt.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The same, with details for machines.
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

/// A captured line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Time,
    /// `debug`, `info`, `warn`, `error`.
    pub level: String,
    /// The line, secrets masked.
    pub message: String,
}

/// A captured line with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeLog {
    /// The node.
    pub node: String,
    /// Its visit.
    pub visit: u32,
    /// The attempt.
    pub attempt: u32,
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
}

/// An outcome and what was captured on the way to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What came of it.
    pub outcome: Outcome,
    /// In order.
    pub logs: Vec<LogLine>,
}
