//! How people are told of questions: e-mail, Slack, webhooks.
//!
//! [`Channels`] sends a [`Letter`] by the channel that it names, once. Whoever calls it keeps what became of it, and tries
//! again.

mod config;
pub mod email;
pub mod limits;
pub mod markdown;
pub mod slack;
mod text;
pub mod webhook;

pub use config::Given;

use async_trait::async_trait;
use email::Email;
use engine::port::{Letter, Notifier};
use std::sync::Arc;
use stepwell_core::interaction::{
    channel::{Channel, ChannelKind},
    delivery::Told,
};
use webhook::Webhooks;

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
            ChannelKind::Email if self.email.is_none() => Some(config::NO_MAIL.into()),
            ChannelKind::Slack => match &self.slack {
                None => Some(config::NO_SLACK.into()),
                Some(slack) => slack.unconfigured(kind),
            },
            ChannelKind::Email | ChannelKind::Webhook => None,
        }
    }

    async fn send(&self, letter: &Letter) -> Told {
        match &letter.channel {
            Channel::Email { .. } => match &self.email {
                Some(email) => email.send(letter).await,
                None => missing(config::NO_MAIL),
            },
            Channel::Slack { .. } => match &self.slack {
                Some(slack) => slack.send(letter).await,
                None => missing(config::NO_SLACK),
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
