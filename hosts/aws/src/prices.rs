//! The price list: us-east-1, on demand, as published in November 2026, dollars per million, free tiers left out.

/// Write request units of DynamoDB, 1 KB each.
pub const WRITE_UNITS: f64 = 0.625;
/// Read request units of DynamoDB, 4 KB each.
pub const READ_UNITS: f64 = 0.125;
/// Requests of a standard SQS queue, 64 KB each.
const QUEUE_REQUESTS: f64 = 0.40;
/// Messages: sent, received and deleted, each by a request of its own where nothing shares it.
pub const MESSAGES: f64 = 3.0 * QUEUE_REQUESTS;
/// PUT requests of S3.
pub const OBJECTS: f64 = 5.0;
/// State transitions of Step Functions' standard workflows.
const TRANSITIONS: f64 = 25.0;
/// Pauses: the transitions of the wait machine for a question that is answered before its first alarm.
pub const ALARMS: f64 = 7.0 * TRANSITIONS;
