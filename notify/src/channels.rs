//! The channels of a host, and which of them a letter goes by.

use crate::{email::Email, webhook::Webhooks};
use async_trait::async_trait;
use engine::port::{Letter, Notifier};
use std::sync::Arc;
use stepwell_core::interaction::{
    channel::{Channel, ChannelKind},
    delivery::Told,
};

/// What is wrong where no mail can be sent.
const NO_MAIL: &str = "this host sends no e-mail: set STEPWELL_SMTP_URL and STEPWELL_MAIL_FROM, or have mails written to a \
                       folder: STEPWELL_MAIL_TO_FOLDER=DIR, or `stepwell dev --mail-to-folder DIR`";
/// What is wrong where Slack cannot be reached.
const NO_SLACK: &str = "this host has no access to Slack: set STEPWELL_SLACK_TOKEN and STEPWELL_SLACK_SIGNING_SECRET";

/// The channels of a host.
pub struct Channels {
    /// Sends mails; none where nothing does.
    pub email: Option<Email>,
    /// Sends messages to Slack; none where the host has no access to it.
    pub slack: Option<Arc<dyn Notifier>>,
    /// Sends requests, which need nothing but the network.
    pub webhook: Webhooks,
}

#[async_trait]
impl Notifier for Channels {
    fn unconfigured(&self, kind: ChannelKind) -> Option<String> {
        match kind {
            ChannelKind::Email if self.email.is_none() => Some(NO_MAIL.into()),
            ChannelKind::Slack => match &self.slack {
                None => Some(NO_SLACK.into()),
                Some(slack) => slack.unconfigured(kind),
            },
            ChannelKind::Email | ChannelKind::Webhook => None,
        }
    }

    async fn send(&self, letter: &Letter) -> Told {
        match &letter.channel {
            Channel::Email { .. } => match &self.email {
                Some(email) => email.send(letter).await,
                None => missing(NO_MAIL),
            },
            Channel::Slack { .. } => match &self.slack {
                Some(slack) => slack.send(letter).await,
                None => missing(NO_SLACK),
            },
            Channel::Webhook { .. } => self.webhook.send(letter).await,
            Channel::Web => Told::Refused { error: "the inbox is no channel that messages are sent to".into() },
        }
    }
}

/// A channel may be set up later, so another try may help.
fn missing(error: &str) -> Told {
    Told::Failed { error: error.into(), after_seconds: None }
}
