//! Sends letters: a message that asks, replies that remind, and the message changed once the question is over.

use super::{
    Slack,
    blocks::{self, Message},
    fault::Fault,
};
use crate::limits::SLACK_CALL;
use async_trait::async_trait;
use engine::port::{Letter, Notifier};
use serde_json::{Value, json};
use stepwell_core::interaction::{
    channel::{Channel, ChannelKind},
    delivery::{Notice, Told},
};

/// Where a message is: what [`Told::Sent`] calls it, `CHANNEL:TIME`.
struct Place<'a> {
    channel: &'a str,
    time: &'a str,
}

impl<'a> Place<'a> {
    fn read(reference: &'a str) -> Option<Self> {
        let (channel, time) = reference.split_once(':')?;
        (!channel.is_empty() && !time.is_empty()).then_some(Self { channel, time })
    }
}

#[async_trait]
impl Notifier for Slack {
    fn unconfigured(&self, kind: ChannelKind) -> Option<String> {
        match kind {
            ChannelKind::Slack => None,
            ChannelKind::Email | ChannelKind::Webhook => Some(format!("Slack sends no {kind}")),
        }
    }

    async fn send(&self, letter: &Letter) -> Told {
        let first = letter.reference.as_deref().and_then(Place::read);
        let sent = match (letter.notice, first) {
            (Notice::Outcome, Some(first)) => self.change(&first, &blocks::outcome(letter)).await,
            // Nobody was asked through this channel, so that nobody needs to know how it ended.
            (Notice::Outcome, None) => return Told::Dropped,
            (Notice::Reminder, Some(first)) => self.reply(&first, &blocks::reminder(letter)).await,
            (Notice::Escalated | Notice::Reassigned, Some(first)) => self.pass_on(&first, letter).await,
            // A second message with buttons would keep them for ever: only the first one is changed to the outcome.
            (Notice::Again, Some(first)) => {
                let again = self.reply(&first, &blocks::reminder(letter)).await;
                self.or_anew(again, letter).await
            }
            (Notice::Asked, Some(first)) => {
                let again = self.pass_on(&first, letter).await;
                self.or_anew(again, letter).await
            }
            (Notice::Asked | Notice::Reminder | Notice::Escalated | Notice::Reassigned | Notice::Again, None) => {
                self.post(letter).await
            }
        };
        sent.unwrap_or_else(Fault::told)
    }
}

impl Slack {
    /// Posts the message that asks.
    async fn post(&self, letter: &Letter) -> Result<Told, Fault> {
        let direct = blocks::is_direct(letter);
        let channel = match &letter.channel {
            Channel::Slack { channel: Some(channel) } => channel.clone(),
            _ if letter.to.contains('@') => self.people.direct(&self.client, &letter.to, SLACK_CALL).await?,
            _ => {
                let message = "this assignee is no e-mail address, by which Slack knows people: name an address, or a \
                               channel of Slack";
                return Err(Fault::unanswered(message, false));
            }
        };
        let message = blocks::question(letter);
        let posted = self.say("chat.postMessage", &channel, &message, &[]).await;
        if direct && posted.as_ref().is_err_and(|fault| fault.is(&["channel_not_found"])) {
            self.people.forget(&letter.to);
        }
        let posted = posted?;
        // The answer has the channel's id, where it was called by its name.
        let text = |name: &str| posted[name].as_str().filter(|text| !text.is_empty());
        let reference = text("ts").map(|time| format!("{}:{time}", text("channel").unwrap_or(&channel)));
        Ok(Told::Sent { reference })
    }

    /// Replies below the first message.
    async fn reply(&self, first: &Place<'_>, message: &Message) -> Result<Told, Fault> {
        let below = [("thread_ts", json!(first.time))];
        self.say("chat.postMessage", first.channel, message, &below).await?;
        Ok(Told::Sent { reference: Some(format!("{}:{}", first.channel, first.time)) })
    }

    /// Posts the message that asks where the first one was deleted, and so has no buttons that are left behind.
    async fn or_anew(&self, sent: Result<Told, Fault>, letter: &Letter) -> Result<Told, Fault> {
        match sent {
            Err(fault) if fault.is(&["thread_not_found", "message_not_found"]) => self.post(letter).await,
            sent => sent,
        }
    }

    /// Says in the first message who is asked by now, and below it that this has changed, which people are notified of.
    async fn pass_on(&self, first: &Place<'_>, letter: &Letter) -> Result<Told, Fault> {
        self.change(first, &blocks::question(letter)).await?;
        self.reply(first, &blocks::reminder(letter)).await
    }

    /// Puts a message in place of the first one.
    async fn change(&self, first: &Place<'_>, message: &Message) -> Result<Told, Fault> {
        self.say("chat.update", first.channel, message, &[("ts", json!(first.time))]).await?;
        Ok(Told::Sent { reference: Some(format!("{}:{}", first.channel, first.time)) })
    }

    async fn say(
        &self,
        method: &str,
        channel: &str,
        message: &Message,
        more: &[(&str, Value)],
    ) -> Result<Value, Fault> {
        // Slack would otherwise look for names in the text of a changed message, and load what links lead to.
        let mut arguments = vec![
            ("channel", json!(channel)),
            ("text", json!(message.text)),
            ("blocks", json!(message.blocks)),
            ("parse", json!("none")),
            ("link_names", json!(false)),
            ("unfurl_links", json!(false)),
            ("unfurl_media", json!(false)),
        ];
        arguments.extend(more.iter().cloned());
        self.client.call(method, &arguments, SLACK_CALL).await
    }
}
