//! What a host's queue hands out, and what the step handler says to it.

use stepwell_core::effect::Message;

/// The number by which a host acknowledges a message that it handed out.
pub type Receipt = u64;

/// A message taken from the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The number that acknowledges the message.
    pub receipt: Receipt,
    /// The message itself.
    pub message: Message,
    /// How often the message was handed out, this time included.
    pub deliveries: u32,
    /// The `traceparent` (W3C Trace Context) of the sender; none where none came along.
    pub trace: Option<String>,
}

/// What becomes of a message that was handed out.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything that the message caused is durable; a commit may have acknowledged it already.
    Acknowledge,
    /// Hand the message out again later. It counts as a failure where an error is given.
    Return {
        /// Seconds that must pass before it is handed out again.
        after_seconds: f64,
        /// Why the message failed, for people who look at dead letters; none where it only came too early.
        error: Option<String>,
    },
}
