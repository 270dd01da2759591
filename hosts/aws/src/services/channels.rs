//! The channels of a stack: which of them its parameters set up, and what sends by them.

use crate::services::{slack::SlackOfStack, webhook_key::WebhookKey};
use async_trait::async_trait;
use engine::port::{Letter, Notifier, Webhook};
use notify::Channels;
use std::sync::Arc;
use stepwell_core::interaction::{channel::ChannelKind, delivery::Told};

/// What is wrong where no mail can be sent.
const NO_MAIL: &str = "this stack sends no e-mail: deploy it with the parameter MailFrom, an address that SES has \
                       verified (STEPWELL_MAIL_FROM)";
/// What is wrong where Slack cannot be reached.
const NO_SLACK: &str = "this stack has no access to Slack: deploy it with the parameter SlackSecret, which names a \
                        secret with Slack's credentials (STEPWELL_SLACK_SECRET)";

/// Which channels a stack has set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetUp {
    /// Whether there is a sender of mails.
    pub email: bool,
    /// Whether there are credentials of Slack.
    pub slack: bool,
}

/// Tells which channels a stack has, and sends by them where the function may.
pub struct StackChannels {
    /// Which channels the stack has set up.
    pub set_up: SetUp,
    /// What sends; only the step function has it.
    pub channels: Option<Channels>,
    /// The key of webhooks that have none of their own; none where the stack has none either.
    pub webhook_key: Option<WebhookKey>,
}

impl StackChannels {
    /// The letter with the stack's key, where it is a webhook without a key of its own.
    async fn signed(&self, letter: &Letter) -> Result<Option<Letter>, Told> {
        let (Some(key), Some(webhook)) = (&self.webhook_key, &letter.webhook) else { return Ok(None) };
        if webhook.secret.is_some() {
            return Ok(None);
        }
        // A webhook without its signature would be believed by nobody, and the operator may store the key later.
        let text = key.text().await.map_err(|error| Told::Failed { error: error.to_string(), after_seconds: None })?;
        Ok(Some(Letter { webhook: Some(Webhook { secret: Some(text), ..webhook.clone() }), ..letter.clone() }))
    }
}

#[async_trait]
impl Notifier for StackChannels {
    fn unconfigured(&self, kind: ChannelKind) -> Option<String> {
        match kind {
            ChannelKind::Email if !self.set_up.email => Some(NO_MAIL.into()),
            ChannelKind::Slack if !self.set_up.slack => Some(NO_SLACK.into()),
            ChannelKind::Email | ChannelKind::Slack | ChannelKind::Webhook => None,
        }
    }

    async fn send(&self, letter: &Letter) -> Told {
        match &self.channels {
            Some(channels) => match self.signed(letter).await {
                Ok(signed) => channels.send(signed.as_ref().unwrap_or(letter)).await,
                Err(told) => told,
            },
            None => {
                let error = "only the step function sends messages: send it the message of the queue";
                Told::Failed { error: error.into(), after_seconds: None }
            }
        }
    }
}

/// Sends messages to Slack with credentials that are read at the first of them.
pub struct ToSlack(pub Arc<SlackOfStack>);

#[async_trait]
impl Notifier for ToSlack {
    fn unconfigured(&self, kind: ChannelKind) -> Option<String> {
        match kind {
            ChannelKind::Slack => None,
            ChannelKind::Email | ChannelKind::Webhook => Some(format!("Slack sends no {kind}")),
        }
    }

    async fn send(&self, letter: &Letter) -> Told {
        match self.0.slack().await {
            Ok(slack) => slack.send(letter).await,
            // The operator may store the secret later, or correct it.
            Err(error) => Told::Failed { error: error.to_string(), after_seconds: None },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_not_set_up_is_told_by_the_parameter_that_sets_it_up() {
        let of = |email, slack| StackChannels { set_up: SetUp { email, slack }, channels: None, webhook_key: None };
        let none = of(false, false);
        assert!(none.unconfigured(ChannelKind::Email).unwrap().contains("MailFrom"));
        assert!(none.unconfigured(ChannelKind::Slack).unwrap().contains("SlackSecret"));
        assert_eq!(none.unconfigured(ChannelKind::Webhook), None);
        for kind in [ChannelKind::Email, ChannelKind::Slack] {
            assert_eq!(of(true, true).unconfigured(kind), None);
        }
    }
}
