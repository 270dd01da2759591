//! The step queue on SQS: sends messages in batches, hides received ones for longer, and keeps dead letters.

use crate::{
    error::drawn,
    limits,
    runtime::telemetry::{Counter, Trace, counted, current},
    services::{ports::Queue, sdk::failed},
};
use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, MessageSystemAttributeNameForSends,
        MessageSystemAttributeValue, SendMessageBatchRequestEntry,
    },
};
use document::time::Time;
use engine::{envelope::Envelope, port::StoreError};
use std::{collections::HashMap, time::Duration};
use stepwell_core::effect::Message;

/// The step queue, a standard queue of SQS, and the queue of buried messages that keeps its dead letters.
pub struct Sqs {
    client: Client,
    url: String,
    kept: Option<String>,
    clock: fn() -> Time,
}

/// The body of a message, and its delay in seconds.
type Parcel = (String, i32);
type SystemAttributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

impl Sqs {
    /// `url` is the address of the step queue, and `kept` that of the queue for dead letters, which only the supervisor
    /// has. `clock` gives the time from which delays are counted.
    pub fn new(client: Client, url: String, kept: Option<String>, clock: fn() -> Time) -> Self {
        Self { client, url, kept, clock }
    }

    /// Sends parcels batch by batch. Parcels of a batch that SQS did not take are sent again, in up to
    /// `MESSAGES_ROUNDS` requests for each batch.
    async fn send_all(&self, url: &str, parcels: Vec<Parcel>) -> Result<(), StoreError> {
        for batch in batches(parcels) {
            let mut left = batch;
            for round in 0.. {
                left = match self.send_batch(url, left).await? {
                    (left, _) if left.is_empty() => break,
                    (_, why) if round + 1 >= limits::MESSAGES_ROUNDS => {
                        return Err(StoreError::Transient(format!("SQS did not take messages: {why}")));
                    }
                    (left, _) => left,
                };
                counted(Counter::Retries, 1);
                tokio::time::sleep(pause(round)).await;
            }
        }
        Ok(())
    }

    /// Sends a batch in one request. Returns the parcels that SQS may take when they are sent again, and the reason
    /// that it gave for the first of them.
    async fn send_batch(&self, url: &str, batch: Vec<Parcel>) -> Result<(Vec<Parcel>, String), StoreError> {
        let mut entries = Vec::with_capacity(batch.len());
        let header = current().map(x_ray).transpose()?;
        for (id, (body, delay)) in batch.iter().enumerate() {
            let delay = (*delay > 0).then_some(*delay);
            let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body);
            let entry = entry.set_delay_seconds(delay).set_message_system_attributes(header.clone());
            let built = entry.build();
            entries.push(built.map_err(|error| StoreError::Permanent(error.to_string()))?);
        }
        let call = self.client.send_message_batch().queue_url(url).set_entries(Some(entries)).send();
        let answer = call.await.map_err(|error| failed("SQS SendMessageBatch", &error))?;
        if let Some(refused) = answer.failed.iter().find(|one| one.sender_fault) {
            return Err(StoreError::Permanent(format!("SQS refused a message: {}", told(refused))));
        }
        let why = answer.failed.first().map(told).unwrap_or_default();
        let again = |id: &usize| answer.failed.iter().any(|one| one.id == id.to_string());
        let left = batch.into_iter().enumerate().filter(|(id, _)| again(id)).map(|(_, parcel)| parcel).collect();
        Ok((left, why))
    }
}

/// The system attribute of a message by which X-Ray puts the message's handling into the sender's trace.
fn x_ray(trace: Trace) -> Result<SystemAttributes, StoreError> {
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace.to_xray()).build();
    let value = value.map_err(|error| StoreError::Permanent(error.to_string()))?;
    Ok([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)].into())
}

fn told(one: &BatchResultErrorEntry) -> String {
    format!("{}: {}", one.code, one.message.as_deref().unwrap_or("no message"))
}

/// Splits parcels into batches of at most ten messages each, and of no more bytes than one request may have.
fn batches(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    let mut bytes = 0;
    for parcel in parcels {
        let size = parcel.0.len();
        match batches.last_mut() {
            Some(last) if last.len() < limits::MESSAGES && bytes + size <= limits::MESSAGES_BYTES => {
                bytes += size;
                last.push(parcel);
            }
            _ => {
                bytes = size;
                batches.push(vec![parcel]);
            }
        }
    }
    batches
}

/// The delay of a message in seconds, rounded up: a message that came before its time would only be handed back.
fn delay(at: Option<Time>, now: Time) -> i32 {
    let seconds = at.map_or(0, |at| at.since(now).as_millis().div_ceil(1000));
    i32::try_from(seconds).unwrap_or(i32::MAX).min(limits::QUEUE_DELAY_SECONDS)
}

/// The pause after a request that left parcels of its batch over, `round` being the number of the request from 0. It is
/// drawn evenly below a bound that doubles with each round, as in [`crate::error::Patience`].
fn pause(round: u32) -> Duration {
    limits::PAUSE.0.saturating_mul(1 << round.min(4)).mul_f64(drawn())
}

#[async_trait]
impl Queue for Sqs {
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError> {
        let now = (self.clock)();
        let trace = current().map(|trace| trace.to_string());
        let parcel = |(message, at): &(Message, Option<Time>)| {
            let mut envelope = Envelope::new(message.clone());
            envelope.trace.clone_from(&trace);
            (envelope.to_json(), delay(*at, now))
        };
        self.send_all(&self.url, messages.iter().map(parcel).collect()).await
    }

    async fn postpone(&self, receipts: &[(String, u32)]) -> Result<(), StoreError> {
        for part in receipts.chunks(limits::MESSAGES) {
            let mut call = self.client.change_message_visibility_batch().queue_url(&self.url);
            for (id, (receipt, seconds)) in part.iter().enumerate() {
                let seconds = i32::try_from(*seconds).unwrap_or(i32::MAX).min(limits::VISIBILITY_SECONDS);
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(id.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(seconds)
                    .build();
                call = call.entries(entry.map_err(|error| StoreError::Permanent(error.to_string()))?);
            }
            let answer = call.send().await.map_err(|error| failed("SQS ChangeMessageVisibilityBatch", &error))?;
            // SQS names the sender at fault where the message is gone or another receiver has it: it needs no delay.
            if let Some(busy) = answer.failed.iter().find(|one| !one.sender_fault) {
                return Err(StoreError::Transient(format!("SQS did not postpone a message: {}", told(busy))));
            }
        }
        Ok(())
    }

    async fn keep(&self, bodies: &[String]) -> Result<(), StoreError> {
        let Some(url) = &self.kept else { return Ok(()) };
        self.send_all(url, bodies.iter().map(|body| (body.clone(), 0)).collect()).await
    }
}

#[cfg(test)]
mod tests;
