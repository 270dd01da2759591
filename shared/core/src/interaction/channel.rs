//! The channels by which people are told of a question.

use serde::{Deserialize, Serialize};

document::closed_set!(
    /// The kinds of channels that tell people, beside the inbox, which needs no message.
    ChannelKind {
        /// A message to each person's address.
        Email = "email",
        /// A message to a channel of Slack, or to each person directly.
        Slack = "slack",
        /// A request to a URL of the document's author.
        Webhook = "webhook",
    }
);

/// A channel of a question, its templates rendered when the question was opened. What a webhook sends is rendered when it
/// is sent, since it may hold credentials, which no state keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Channel {
    /// The inbox: nobody is written to.
    Web,
    /// Each person is written to at an address of their own.
    Email {
        /// Addresses that are written to besides the people who are asked, without a link of their own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<String>,
    },
    /// A message to a channel of Slack.
    Slack {
        /// The channel: its name with `#`, or its id. None: each person who is asked gets a direct message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
    /// A request to a URL.
    Webhook {
        /// What people call it; shown in place of its URL, which may be a credential.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

impl Channel {
    /// Its kind; none for the inbox.
    pub fn kind(&self) -> Option<ChannelKind> {
        match self {
            Self::Web => None,
            Self::Email { .. } => Some(ChannelKind::Email),
            Self::Slack { .. } => Some(ChannelKind::Slack),
            Self::Webhook { .. } => Some(ChannelKind::Webhook),
        }
    }
}
