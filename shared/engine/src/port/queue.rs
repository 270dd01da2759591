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
    /// Hand the message out again later.
    Return {
        /// Seconds that must pass before it is handed out again.
        after_seconds: f64,
        /// Why, for people who read the log or look at dead letters.
        why: Why,
    },
}

/// Why a message is handed out again.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The message came too early: nothing is wrong, and waiting cures it.
    Early(&'static str),
    /// Something else was in the way that passes by itself, such as a store that does not answer.
    Passing(String),
    /// Handling the message failed. A host gives it up after a few of these.
    Failed(String),
}

impl Why {
    /// The error, where the message itself failed.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Early(_) | Self::Passing(_) => None,
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Early(why) => f.write_str(why),
            Self::Passing(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}
