//! The prices by which the cost of an execution is estimated: AWS's list for us-east-1, on demand, as published in
//! November 2026, in US dollars per million, without free tiers.

/// Dollars per million write request units of DynamoDB, 1 KB each.
pub const WRITE_UNITS: f64 = 0.625;
/// Dollars per million read request units of DynamoDB, 4 KB each.
pub const READ_UNITS: f64 = 0.125;
/// Dollars per million requests of a standard SQS queue, 64 KB each.
pub const QUEUE_REQUESTS: f64 = 0.40;
/// Dollars per million messages: each is sent, received and deleted, by three requests where no batch shares them.
pub const MESSAGES: f64 = 3.0 * QUEUE_REQUESTS;
/// Dollars per million PUT requests of S3.
pub const OBJECTS: f64 = 5.0;
/// Dollars per million state transitions of Step Functions' standard workflows.
pub const TRANSITIONS: f64 = 25.0;

/// State transitions of the wait machine for a long timer: `Kind`, `Due`, `SayDue`.
pub const TIMER_TRANSITIONS: u64 = 3;

/// State transitions of the wait machine for a pause with so many alarms, of which `gone_off` went off: `Kind`,
/// `Pause`, `Open`, `Alarms`, `Closed` and `Over`, a `SayLook` for each alarm that went off, and an `Alarm` for each
/// that was waited for.
pub fn pause_transitions(alarms: usize, gone_off: usize) -> u64 {
    6 + gone_off as u64 + alarms.min(gone_off + 1) as u64
}
