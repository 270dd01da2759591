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
pub const TRANSITIONS: f64 = 25.0;

/// Transitions of the wait machine for a long timer: `Kind`, `Due`, `SayDue`.
pub const TIMER_TRANSITIONS: u64 = 3;

/// Transitions of the wait machine for a pause of which so many alarms went off: `Kind`, `Pause`, `Open`, `Alarms`,
/// `Closed` and `Over`, a `SayLook` for each that did, and an `Alarm` for each that was waited for.
pub fn pause_transitions(alarms: usize, gone_off: usize) -> u64 {
    6 + gone_off as u64 + alarms.min(gone_off + 1) as u64
}
