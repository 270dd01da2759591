//! Handles SQS events: a batch of messages comes in, and the ids of those that are to be handed out again go out, with
//! the time of each.

use crate::{
    Aws,
    runtime::telemetry::{Counter, counted},
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use engine::{
    envelope::Envelope,
    port::{Delivery, Host, StoreError, Verdict, Why},
    step::{TRANSIENT_SECONDS, handle as handle_each},
};
use futures::future::join_all;
use nodes::memory::{Holder, holding};
use stepwell_core::effect::Effect;

/// How much longer a message waits after a failure than [`handle`] asks for, whose seconds suit a host in one process:
/// the factor for the first failure, and the growth with each further one. Five attempts take about a quarter of an
/// hour, which an outage may last.
const PATIENCE: (f64, f64) = (10.0, 4.0);
/// Seconds for which a message that came early may be hidden. A message that is due later is sent again with a delay:
/// SQS counts each time that it hands a hidden message out, and makes a dead letter of it after five.
const HIDDEN_SECONDS: f64 = 900.0;

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Settled {
    /// What the function returns to SQS, which removes every message that is not among the failures.
    pub response: SqsBatchResponse,
    /// Receipt handles of failures, and the seconds after which each is to come again. A failure that is not listed
    /// comes again after the queue's visibility timeout.
    pub later: Vec<(String, u32)>,
}

/// What is needed of a record once its message was handled: its SQS message id, its receipt handle, and how often SQS
/// handed it out, this time included.
struct Record {
    id: String,
    receipt: String,
    deliveries: u32,
}

/// Handles one SQS event. A record that is no message of Stepwell, or one of another version, counts as failed: SQS
/// hands it out again until it is a dead letter.
pub async fn handle_batch(host: &dyn Host, event: SqsEvent) -> Settled {
    let (mut deliveries, mut records, mut settled) = (Vec::new(), Vec::new(), Settled::default());
    // A message is acknowledged by what the function returns, so any number serves as the receipt of its delivery.
    for (receipt, record) in (0u64..).zip(event.records) {
        let id = record.message_id.unwrap_or_default();
        let count = record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        match Envelope::from_json(&record.body.unwrap_or_default()) {
            Ok(Envelope { message, trace, .. }) => {
                let count: u32 = count.unwrap_or(1);
                // A function that was killed over the message could not say so. Where no line before this one says why the
                // message came again, that is what happened.
                if count > 1 {
                    let execution = &message.execution;
                    tracing::info!(message_id = id, %execution, deliveries = count, "a message comes again");
                }
                deliveries.push(Delivery { receipt, message, deliveries: count, trace });
                let receipt = record.receipt_handle.unwrap_or_default();
                records.push(Record { id, receipt, deliveries: count });
            }
            Err(error) => {
                tracing::error!(message_id = id, %error, "a message was not understood");
                settled.fail(id);
            }
        }
    }
    let verdicts = handle_apart(host, &deliveries).await;
    for ((record, delivery), verdict) in records.into_iter().zip(&deliveries).zip(verdicts) {
        let Verdict::Return { after_seconds, why } = verdict else { continue };
        // A message that came far too early is sent again for its time, and this copy of it is done.
        if why.failure().is_none()
            && after_seconds > HIDDEN_SECONDS
            && send_anew(host, delivery, after_seconds).await.is_ok()
        {
            continue;
        }
        let execution = &delivery.message.execution;
        let deliveries = record.deliveries;
        match &why {
            Why::Early(_) => tracing::info!(message_id = record.id, %execution, deliveries, %why, "handed out again"),
            Why::Passing(_) | Why::Failed(_) => {
                tracing::warn!(message_id = record.id, %execution, deliveries, %why, "handed out again");
            }
        }
        if !record.receipt.is_empty() {
            settled.later.push((record.receipt, seconds(after_seconds, record.deliveries)));
        }
        settled.fail(record.id);
    }
    settled
}

/// Handles the messages of each execution by themselves, so that the room in memory that large values of one take is given
/// back once its turn is recorded, and not only when the whole batch is done.
async fn handle_apart(host: &dyn Host, deliveries: &[Delivery]) -> Vec<Verdict> {
    let mut groups: Vec<(Vec<usize>, Vec<Delivery>)> = Vec::new();
    for (position, delivery) in deliveries.iter().enumerate() {
        let of_same = |(_, group): &&mut (_, Vec<Delivery>)| group[0].message.execution == delivery.message.execution;
        match groups.iter_mut().find(of_same) {
            Some((positions, group)) => {
                positions.push(position);
                group.push(delivery.clone());
            }
            None => groups.push((vec![position], vec![delivery.clone()])),
        }
    }
    let handled = groups.iter().map(|(_, group)| holding(Holder::of_steps(), handle_each(host, group)));
    let mut verdicts = vec![Verdict::Acknowledge; deliveries.len()];
    for ((positions, _), found) in groups.iter().zip(join_all(handled).await) {
        for (&position, verdict) in positions.iter().zip(found) {
            verdicts[position] = verdict;
        }
    }
    verdicts
}

/// Sends a message once more, to be handed out after so many seconds.
async fn send_anew(host: &dyn Host, delivery: &Delivery, after_seconds: f64) -> Result<(), StoreError> {
    let at = Some(host.now().after_seconds(after_seconds));
    let effect = Effect::Send { message: delivery.message.clone(), at };
    host.outbox().deliver(&delivery.message.execution, &[effect]).await
}

/// Seconds after which a message comes again. Delays up to [`TRANSIENT_SECONDS`] stand for failures and grow with each
/// delivery; a longer one is the time until a message that came early is due, and is kept.
fn seconds(after_seconds: f64, deliveries: u32) -> u32 {
    let (factor, growth) = PATIENCE;
    let exponent = i32::try_from(deliveries.clamp(1, 8)).unwrap_or(1) - 1;
    let failed = after_seconds <= TRANSIENT_SECONDS;
    let seconds = if failed { after_seconds * factor * growth.powi(exponent) } else { after_seconds };
    seconds.ceil().clamp(1.0, HIDDEN_SECONDS) as u32
}

impl Settled {
    /// Adds a message to the failures that SQS is told of.
    fn fail(&mut self, id: String) {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        self.response.batch_item_failures.push(failure);
    }
}

/// Handles one batch, and tells SQS when each of its failures is to come again. Where SQS cannot be told, they come
/// again after the queue's visibility timeout.
pub async fn handle(host: &Aws, event: SqsEvent) -> SqsBatchResponse {
    let messages = event.records.len() as u64;
    let settled = handle_batch(host, event).await;
    let returned = settled.response.batch_item_failures.len() as u64;
    counted(Counter::Steps, messages.saturating_sub(returned));
    counted(Counter::Returned, returned);
    if !settled.later.is_empty()
        && let Err(error) = host.queue().postpone(&settled.later).await
    {
        tracing::warn!(%error, "messages come again after the queue's visibility timeout only");
    }
    settled.response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_comes_again_ever_later_and_what_is_early_at_its_time() {
        assert_eq!([1, 2, 3, 4, 9].map(|deliveries| seconds(1.0, deliveries)), [10, 40, 160, 640, 900]);
        assert_eq!([1, 2, 3].map(|deliveries| seconds(0.2, deliveries)), [2, 8, 32]);
        assert_eq!([1, 5].map(|deliveries| seconds(59.2, deliveries)), [60, 60]);
        assert_eq!(seconds(0.0, 1), 1);
    }
}
