//! Messages of SQS that start executions. Each is an order, or an event that EventBridge put into the queue.

use super::{
    bridge,
    failure::Failure,
    kinds::{Invocation, shallow},
    order,
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use document::time::Time;
use engine::port::Host;
use serde_json::Value;
use std::time::Duration;

/// The time that one start needs at least: it may wait 15 s for its turn, and writes then. With less left the function
/// could be killed halfway, and SQS would not learn which messages of the batch are done.
const START_TIME: Duration = Duration::from_secs(20);

/// Starts what the messages of a batch ask for. The response lists those that started nothing, and those for which no
/// time was left until `killed_at`: SQS hands these out again, and in the end makes dead letters of them.
pub(super) async fn start_each(
    host: &dyn Host,
    owner: &str,
    batch: SqsEvent,
    killed_at: Option<Time>,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let id = message.message_id.clone().unwrap_or_default();
        if killed_at.is_some_and(|at| at.since(host.now()) < START_TIME) {
            tracing::warn!(message_id = id, "no time is left for a message: it comes again");
            response.batch_item_failures.push(failed(id));
        } else if let Err(failure) = start_one(host, owner, message).await {
            tracing::error!(message_id = id, code = failure.code, error = failure.message, "a message started nothing");
            response.batch_item_failures.push(failed(id));
        }
    }
    response
}

fn failed(id: String) -> BatchItemFailure {
    let mut failed = BatchItemFailure::default();
    failed.item_identifier = id;
    failed
}

/// Starts what one message asks for. The id of the message is the key of an order that names none.
async fn start_one(host: &dyn Host, owner: &str, message: SqsMessage) -> Result<(), Failure> {
    let body = message.body.unwrap_or_default();
    let broken = |error: serde_json::Error| Failure::new("not_understood", format!("the message is no start: {error}"));
    shallow(&body)?;
    let value: Value = serde_json::from_str(&body).map_err(broken)?;
    if value.get("detail-type").is_some() {
        return match bridge::read_value(value).map_err(broken)? {
            Invocation::Tick(event) | Invocation::Event(event) => bridge::offer(host, owner, &event).await.map(drop),
            _ => Ok(()),
        };
    }
    match order::read(&body).map_err(broken)? {
        Invocation::Task(token, order) => order::place_awaited(host, owner, token, order).await.map(drop),
        Invocation::Start(order) => {
            let placed = order::Placed { owner, by: "sqs", key: message.message_id };
            order::place(host, placed, order).await.map(drop)
        }
        _ => Ok(()),
    }
}
