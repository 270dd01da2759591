//! The events that invoke the function on Lambda, where everything arrives at one entry point. [`Invocation`] lists
//! their kinds; [`parse`] tells the kind of an event from its shape; [`handle()`] carries it out.

mod bridge;
mod failure;
mod handle;
mod kinds;
mod order;
mod queue;

pub use failure::Failure;
pub use handle::{handle, handle_without_tokens};
pub use kinds::{Event, Invocation, NotUnderstood, Order, TaskToken};

use crate::types::TokenBody;
use kinds::shallow;
use serde::{Deserialize, de::IgnoredAny};

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
