//! The kinds of events that invoke the function, and why something is none of them.

use crate::{limits, types::TokenBody};
use aws_lambda_events::sqs::SqsEvent;
use document::json::nesting;
use lambda_http::request::LambdaRequest;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// An event that invokes the function, by its kind.
#[derive(Debug)]
pub enum Invocation {
    /// An HTTP request through an HTTP API (payload format 2.0), a REST API or a function URL.
    Http(Box<LambdaRequest>),
    /// Messages of SQS that start executions.
    Batch(Box<SqsEvent>),
    /// It is time to look at the schedules. The tick comes from an EventBridge rule or from EventBridge Scheduler.
    Tick(Event),
    /// An event to which workflows may listen.
    Event(Event),
    /// A start by a task of Step Functions, which waits for the end of the execution.
    Task(TaskToken, Order),
    /// A start by a direct invocation: the permission to invoke the function is what allows it.
    Start(Order),
    /// A request for an API token by a direct invocation. So the first token is made, before any caller could send one.
    Token(TokenBody),
}

/// An event as EventBridge delivers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The event's id, the same at each delivery. What the event starts is keyed by it.
    pub id: String,
    /// The whole event, which is the input of what it starts.
    pub body: Value,
}

/// The start of a saved workflow, as JSON.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The id of the saved workflow.
    pub workflow_id: String,
    /// The version to start; the latest where absent.
    #[serde(default)]
    pub version: Option<u64>,
    /// The execution's input; `{}` where absent.
    #[serde(default)]
    pub input: Option<Value>,
    /// Metadata of the execution: free, and what lists can be filtered by.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// A key of the sender's choice: the same key with the same order gives the same execution.
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// Set where a task of Step Functions waits for the end. Taken out as the order is read.
    #[serde(default)]
    pub(super) task_token: Option<TaskToken>,
}

/// Characters of a task token at most: the bound of Step Functions, which would refuse a longer one only when it is
/// told of the end.
const TOKEN_CHARS: usize = 2_048;

/// The token by which Step Functions is told how a task ended. It is a credential, so it is not shown in logs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TaskToken(pub(super) String);

impl TryFrom<String> for TaskToken {
    type Error = String;

    fn try_from(token: String) -> Result<Self, String> {
        match token.chars().count() {
            1..=TOKEN_CHARS => Ok(Self(token)),
            count => Err(format!("a `task_token` has 1 to {TOKEN_CHARS} characters, and this one has {count}")),
        }
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken")
    }
}

/// Why an event is no [`Invocation`].
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// The event is no JSON object.
    #[error("this is no event: {0}")]
    Json(serde_json::Error),
    /// The event has the shape of some kind, but cannot be read as one.
    #[error("this looks like {what}, and cannot be read: {error}")]
    Broken {
        /// The kind whose shape it has, with an article.
        what: &'static str,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The event nests deeper than the readers of what is recorded of it can follow.
    #[error("this nests more than {} levels deep: flatten it", limits::NESTING)]
    Deep,
    /// The event holds records of a service other than SQS.
    #[error("records of {0} are not taken: send them through EventBridge or SQS")]
    Records(String),
    /// The event has no field by which any kind is recognised.
    #[error(
        "this is neither an HTTP request (requestContext), nor an SQS batch (Records), nor an event of EventBridge \
         (detail-type), nor a start (workflow_id), nor a token to be made (create_token)"
    )]
    Unknown,
}

/// Checks how deep an event nests: it is recorded within a journal, which is read again by a reader with a bound.
pub(super) fn shallow(json: &str) -> Result<(), NotUnderstood> {
    if nesting(json.as_bytes()) > limits::NESTING { Err(NotUnderstood::Deep) } else { Ok(()) }
}
