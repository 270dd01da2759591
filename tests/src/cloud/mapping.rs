//! What an event source mapping of SQS does, with `ReportBatchItemFailures`: takes up to ten messages, hands them to a
//! function, and deletes those that did not fail. The others come again once their visibility timeout has passed.

use super::emulator::{call, queue_arn};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A queue and the function that it is mapped to.
pub struct Mapping {
    /// The function.
    pub function: &'static str,
    /// The queue's URL.
    pub queue: String,
}

/// Messages that were taken, as their function gets them.
pub struct Batch {
    /// The event.
    pub event: Value,
    receipts: Vec<(String, Value)>,
}

impl Batch {
    /// How many messages.
    pub fn len(&self) -> usize {
        self.receipts.len()
    }
}

impl Mapping {
    /// Over a queue.
    pub fn new(function: &'static str, queue: String) -> Self {
        Self { function, queue }
    }

    /// Takes a batch; none where nothing is visible.
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

    /// Deletes what did not fail; where the function told an error, or no failures that can be understood, all failed.
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
