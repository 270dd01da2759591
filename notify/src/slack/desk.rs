//! What the route that Slack calls asks: reading requests, showing forms, and words to one person.

use super::{
    Slack, blocks, form, payload, signature,
    text::{cut_escaped, escape, moment},
};
use crate::limits::{SLACK_LINE, SLACK_LOOKUP};
use async_trait::async_trait;
use engine::port::{SlackAct, SlackDesk, SlackPlace, SlackRefusal, SlackRequest, SlackStranger, SlackWaiting};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepwell_core::{
    error::Reason,
    interaction::{Answer, Interaction},
};

#[async_trait]
impl SlackDesk for Slack {
    fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    fn read(&self, request: SlackRequest<'_>) -> Result<SlackAct, SlackRefusal> {
        signature::check(&self.signing_secret, request).map_err(SlackRefusal::Unsigned)?;
        payload::read(request.body).map_err(SlackRefusal::Unreadable)
    }

    async fn email(&self, user: &str, place: &SlackPlace) -> Result<String, SlackStranger> {
        self.people.email(&self.client, (user, place), SLACK_LOOKUP).await
    }

    async fn open_form(&self, trigger: &str, question: &Interaction, inbox: Option<&str>) -> Result<(), SlackStranger> {
        let Some(view) = blocks::view(question) else {
            let at = inbox.map(|url| format!(": {url}")).unwrap_or_default();
            let why = format!("this asks for more than a form of Slack can show; answer it in the inbox{at}");
            return Err(SlackStranger::Refused(why));
        };
        let arguments = [("trigger_id", json!(trigger)), ("view", view)];
        match self.client.call("views.open", &arguments, SLACK_LOOKUP).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.is_silence() => Err(SlackStranger::Unavailable(fault.message)),
            Err(fault) => {
                tracing::warn!(why = fault.message, "a form of Slack was not opened");
                Err(SlackStranger::Refused("Slack did not open the form: press the button again".to_owned()))
            }
        }
    }

    fn answer(&self, question: &Interaction, values: &Value) -> Result<Answer, Vec<Reason>> {
        form::answer(question, values)
    }

    fn beside_fields(&self, question: &Interaction, reasons: &[Reason]) -> BTreeMap<String, String> {
        form::beside_fields(question, reasons)
    }

    fn listing(&self, waiting: &[SlackWaiting], more: bool) -> String {
        if waiting.is_empty() {
            return "Nothing waits for you.".to_owned();
        }
        let line = |one: &SlackWaiting| {
            let until = one.deadline.map(|at| format!(", until {}", moment(at))).unwrap_or_default();
            let question = blocks::line(&one.question, one.inbox.as_deref());
            format!("• {question} ({}{until})", cut_escaped(&one.workflow, 200))
        };
        let mut lines = vec!["*What waits for you*".to_owned()];
        lines.extend(waiting.iter().map(line));
        lines.extend(more.then(|| "… and more in the inbox.".to_owned()));
        lines.join("\n")
    }

    fn plain(&self, text: &str) -> String {
        escape(text)
    }

    async fn tell(&self, response_url: &str, text: &str) {
        let text = cut_escaped(text, SLACK_LINE);
        let message = json!({"response_type": "ephemeral", "replace_original": false, "text": text});
        if let Err(fault) = self.client.respond(response_url, &message, SLACK_LOOKUP).await {
            tracing::warn!(why = fault.message, "somebody in Slack was not told what became of an answer");
        }
    }
}
