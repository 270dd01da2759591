//! The events that invoke the function on Lambda, where everything arrives at one entry point. [`Invocation`] lists
//! their kinds; [`parse`] tells the kind of an event from its shape; [`handle()`] carries it out.

mod bridge;
mod handle;
mod order;
mod queue;

pub use handle::{Failure, handle};
pub use order::{Order, TaskToken};

use crate::{limits, types::TokenBody};
use aws_lambda_events::sqs::SqsEvent;
use document::json::nesting;
use lambda_http::request::LambdaRequest;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

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
fn shallow(json: &str) -> Result<(), NotUnderstood> {
    if nesting(json.as_bytes()) > limits::NESTING { Err(NotUnderstood::Deep) } else { Ok(()) }
}

/// The fields by which the kinds of events are told apart; no kind has a field of another.
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

/// The service that sent one record of a batch. SNS writes the name of the field with a capital.
#[derive(Deserialize)]
struct Source {
    #[serde(rename = "eventSource", alias = "EventSource", default)]
    event_source: String,
}

/// Tells the kind of an event, and reads it.
///
/// # Errors
/// [`NotUnderstood`]: trying again will not help.
pub fn parse(json: &str) -> Result<Invocation, NotUnderstood> {
    let shape: Shape = serde_json::from_str(json).map_err(NotUnderstood::Json)?;
    let broken = |what| move |error| NotUnderstood::Broken { what, error };
    if shape.request_context.is_some() {
        return Ok(Invocation::Http(serde_json::from_str(json).map_err(broken("an HTTP request"))?));
    }
    // A request is checked where its body is read. Of every other kind parts go into a journal as they are.
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
            create_token: TokenBody,
        }
        let asked: Asked = serde_json::from_str(json).map_err(broken("a token to be made"))?;
        return Ok(Invocation::Token(asked.create_token));
    }
    Err(NotUnderstood::Unknown)
}
