//! What people are told of a question, and what became of each message.

use super::channel::ChannelKind;
use document::time::Time;
use serde::{Deserialize, Serialize};

document::closed_set!(
    /// What a message tells.
    #[derive(Default)]
    Notice {
        /// The question is open.
        #[default]
        Asked = "asked",
        /// It still is.
        Reminder = "reminder",
        /// Nobody decided in time, so more people are asked.
        Escalated = "escalated",
        /// Other people are asked by now.
        Reassigned = "reassigned",
        /// Somebody asked for the message to be sent again.
        Again = "again",
        /// The question is over.
        Outcome = "outcome",
    }
);

document::closed_set!(
    /// What became of a message.
    #[derive(Default)]
    DeliveryStatus {
        /// It is to be sent, or to be tried again.
        #[default]
        Pending = "pending",
        /// The channel took it.
        Sent = "sent",
        /// The channel refused it for good, or too often.
        Failed = "failed",
        /// The channel took it, and said later that its receiver has not got it, or did not want it.
        Bounced = "bounced",
        /// It was no longer needed before it was sent.
        Dropped = "dropped",
    }
);

/// One receiver of messages about a question, with what became of the latest message. A later notice takes the place of
/// the one before, so that reminders do not make the state grow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Position in the question's channels, from 0.
    pub channel: usize,
    /// The channel's kind.
    pub kind: ChannelKind,
    /// Who is told: an address, a person, a group (`group:NAME`), a channel of Slack, or a webhook's name.
    pub to: String,
    /// Whether `to` is a person who is asked, or a group of them: each gets a link of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// The group (`group:NAME`) as whose member the person is asked; none where the person or the receiver is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// What the latest message tells.
    #[serde(default)]
    pub notice: Notice,
    /// The number of that message to this receiver, from 1.
    pub number: u32,
    /// What became of it.
    #[serde(default)]
    pub status: DeliveryStatus,
    /// How many of its tries came to an end; one that a crash cut off is not among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Why the last try failed, or the message came back; none where neither is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it is tried next; none for at once, and where it is not pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
    /// Whether the person is no longer asked. What was sent before stays as it is, and the outcome is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Whether any message to this receiver was taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// What the channel calls the first message, by which later ones refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How one try to send a message ended, and what its channel said later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The channel took it.
    Sent {
        /// What the channel calls the message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// The receiver is a group: its members are written to in its place.
    Members(Vec<String>),
    /// It failed; another try may help.
    Failed {
        /// Why, for people; without any credential.
        error: String,
        /// Seconds before which the channel wants no other try; none where it did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_seconds: Option<f64>,
    },
    /// It failed, and no other try can help.
    Refused {
        /// Why, for people; without any credential.
        error: String,
    },
    /// Nobody needs it any more.
    Dropped,
    /// The channel, which had taken it, says that it came back.
    Bounced {
        /// Why, for people.
        error: String,
        /// Whether its receiver may have it all the same, as one has who complains about it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        arrived: bool,
    },
}
