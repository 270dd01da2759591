//! Does what an event source mapping of SQS with `ReportBatchItemFailures` does: takes up to ten messages, hands them
//! to a function, and deletes those that did not fail. The others come again once their visibility timeout has passed.

use super::emulator::{call, queue_arn};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A queue and the function that it is mapped to.
pub struct Mapping {
    /// The name of the function.
    pub function: &'static str,
    /// The URL of the queue.
    pub queue: String,
}

/// Messages that were taken from the queue.
pub struct Batch {
    /// The event that the function is handed.
    pub event: Value,
    /// Message id and receipt handle of each message.
    receipts: Vec<(String, Value)>,
}

impl Batch {
    /// How many messages the batch has.
    pub fn len(&self) -> usize {
        self.receipts.len()
    }
}

impl Mapping {
    /// Maps a queue, by its URL, to a function.
    pub fn new(function: &'static str, queue: String) -> Self {
        Self { function, queue }
    }

    /// Takes a batch from the queue; None where no message is visible.
    pub async fn receive(&self) -> Option<Batch> {
        let ask = json!({
            "QueueUrl": self.queue, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        let answer = call("sqs", "AmazonSQS.ReceiveMessage", ask).await;
        let messages = answer["Messages"].as_array().filter(|messages| !messages.is_empty())?;
        let record = |message: &Value| {
            json!({
                "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
                "attributes": message["Attributes"], "messageAttributes": {}, "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs", "eventSourceARN": queue_arn(&self.queue), "awsRegion": "us-east-1",
            })
        };
        let receipt = |message: &Value| {
            (message["MessageId"].as_str().unwrap_or_default().to_owned(), message["ReceiptHandle"].clone())
        };
        let event = json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() });
        Some(Batch { event, receipts: messages.iter().map(receipt).collect() })
    }

    /// Deletes the messages that did not fail. Where the function returned an error, or no list of failures, all
    /// failed.
    pub async fn settle(&self, batch: &Batch, answer: Result<Value, String>) {
        let Ok(answer) = answer else { return };
        let Some(failures) = answer["batchItemFailures"].as_array() else { return };
        let failed: BTreeSet<&str> = failures.iter().filter_map(|one| one["itemIdentifier"].as_str()).collect();
        let done = batch.receipts.iter().filter(|(id, _)| !failed.contains(id.as_str())).enumerate();
        let entries: Vec<Value> =
            done.map(|(at, (_, receipt))| json!({ "Id": at.to_string(), "ReceiptHandle": receipt })).collect();
        if !entries.is_empty() {
            let delete = json!({ "QueueUrl": self.queue, "Entries": entries });
            call("sqs", "AmazonSQS.DeleteMessageBatch", delete).await;
        }
    }
}
