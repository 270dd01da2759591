//! SQS events: a batch of messages in, the ids of those that are to be handed out again out.

use crate::handle;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use shared::port::{Delivery, Host, Verdict};

/// Handles one SQS event. A record that is no message of ours is handed out again, and so ends as a dead letter.
pub async fn handle_batch(host: &dyn Host, event: SqsEvent) -> SqsBatchResponse {
    let (mut deliveries, mut ids, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (receipt, record) in (0u64..).zip(event.records) {
        let id = record.message_id.unwrap_or_default();
        let count = record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        match serde_json::from_str(&record.body.unwrap_or_default()) {
            Ok(message) => {
                deliveries.push(Delivery { receipt, message, deliveries: count.unwrap_or(1), trace: None });
                ids.push(id);
            }
            Err(error) => {
                tracing::error!(message_id = id, %error, "this is no message of a step queue");
                failures.push(failure(id));
            }
        }
    }
    let verdicts = handle(host, &deliveries).await;
    for (id, verdict) in ids.into_iter().zip(verdicts) {
        if let Verdict::Return { error, .. } = verdict {
            tracing::warn!(message_id = id, error, "handed out again");
            failures.push(failure(id));
        }
    }
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures;
    response
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}
