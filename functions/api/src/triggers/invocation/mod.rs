//! What invokes the function on Lambda, apart from what a host in one process has: one enum, and one function that tells
//! from the event's shape what it is.

mod bridge;
mod handle;
mod order;
mod queue;

pub use handle::{Failure, handle};
pub use order::{Order, TaskToken};

use crate::{admin::token::NewToken, limits};
use aws_lambda_events::sqs::SqsEvent;
use document::json::nesting;
use lambda_http::request::LambdaRequest;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// What the function is invoked with.
#[derive(Debug)]
pub enum Invocation {
    /// A request: of an HTTP API (payload 2.0), a REST API, or a function URL.
    Http(Box<LambdaRequest>),
    /// Messages that start executions.
    Batch(Box<SqsEvent>),
    /// The time has come to look at the schedules: of an EventBridge rule or of EventBridge Scheduler.
    Tick(Event),
    /// Something happened that workflows may listen to.
    Event(Event),
    /// A task of Step Functions waits for the execution that it starts.
    Task(TaskToken, Order),
    /// A start by whoever may invoke the function.
    Start(Order),
    /// An API token for whoever may invoke the function: how the first one is made.
    Token(NewToken),
}

/// An event as EventBridge delivers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The same at each delivery.
    pub id: String,
    /// All of it: the input of what it starts.
    pub body: Value,
}

/// Why an event is none of those.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// It is no JSON object.
    #[error("this is no event: {0}")]
    Json(serde_json::Error),
    /// It looks like one, and is not.
    #[error("this looks like {what}, and cannot be read: {error}")]
    Broken {
        /// What it looks like.
        what: &'static str,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// Whoever reads it again could not follow.
    #[error("this nests more than {} levels deep: flatten it", limits::NESTING)]
    Deep,
    /// Records of a service that sends no start requests.
    #[error("records of {0} are not taken: send them through EventBridge or SQS")]
    Records(String),
    /// It has nothing that any of them has.
    #[error(
        "this is neither an HTTP request (requestContext), nor an SQS batch (Records), nor an event of EventBridge \
         (detail-type), nor a start (workflow_id), nor a token to be made (create_token)"
    )]
    Unknown,
}

/// What is recorded of an event is read again within what is recorded around it.
fn shallow(json: &str) -> Result<(), NotUnderstood> {
    if nesting(json.as_bytes()) > limits::NESTING { Err(NotUnderstood::Deep) } else { Ok(()) }
}

/// What each kind of event has and the others have not.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "requestContext")]
    request_context: Option<IgnoredAny>,
    #[serde(rename = "Records")]
    records: Option<Vec<Source>>,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
    workflow_id: Option<IgnoredAny>,
    task_token: Option<IgnoredAny>,
    create_token: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource", alias = "EventSource", default)]
    event_source: String,
}

/// Tells what an event is, and reads it.
///
/// # Errors
/// [`NotUnderstood`]: trying again will not help.
pub fn parse(json: &str) -> Result<Invocation, NotUnderstood> {
    let shape: Shape = serde_json::from_str(json).map_err(NotUnderstood::Json)?;
    let broken = |what| move |error| NotUnderstood::Broken { what, error };
    if shape.request_context.is_some() {
        return Ok(Invocation::Http(serde_json::from_str(json).map_err(broken("an HTTP request"))?));
    }
    shallow(json)?;
    if let Some(records) = shape.records {
        return match records.iter().find(|record| record.event_source != "aws:sqs") {
            Some(other) => Err(NotUnderstood::Records(other.event_source.clone())),
            None => Ok(Invocation::Batch(serde_json::from_str(json).map_err(broken("an SQS batch"))?)),
        };
    }
    if shape.detail_type.is_some() {
        return bridge::read(json).map_err(broken("an event of EventBridge"));
    }
    if shape.workflow_id.is_some() || shape.task_token.is_some() {
        return order::read(json).map_err(broken("a start"));
    }
    if shape.create_token.is_some() {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            create_token: NewToken,
        }
        let asked: Asked = serde_json::from_str(json).map_err(broken("a token to be made"))?;
        return Ok(Invocation::Token(asked.create_token));
    }
    Err(NotUnderstood::Unknown)
}
