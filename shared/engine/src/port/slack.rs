//! What the route that Slack calls asks of whoever speaks with Slack.

use async_trait::async_trait;
use document::time::Time;
use serde_json::Value;
use std::collections::BTreeMap;
use stepwell_core::{
    error::Reason,
    id::InteractionId,
    interaction::{Answer, Interaction},
};

/// A request that says that it comes from Slack.
#[derive(Clone, Copy)]
pub struct SlackRequest<'a> {
    /// The header `X-Slack-Request-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// The header `X-Slack-Signature`.
    pub signature: Option<&'a str>,
    /// The bytes of the body, as they came.
    pub body: &'a [u8],
    /// The host's time.
    pub now: Time,
}

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackRefusal {
    /// Slack did not sign it, or too long ago. The text says what is wrong.
    Unsigned(&'static str),
    /// Slack signed it, and it is not of a form that is known. The text says what is wrong, and holds nothing of the body.
    Unreadable(&'static str),
}

/// What somebody did in Slack.
#[derive(Clone, Debug, PartialEq)]
pub struct SlackAct {
    /// Slack's id of the person.
    pub user: String,
    /// Where the request says that the person and the act are.
    pub place: SlackPlace,
    /// What tells this act from all others: the same each time that Slack sends it.
    pub key: String,
    /// Where a text for this person alone can be sent to.
    pub response_url: Option<String>,
    /// What was done.
    pub what: SlackDeed,
}

/// Where something was done in Slack, as the request says: an id of a user means another person in another workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlackPlace {
    /// The workspaces that it names: that of the act, and the person's own.
    pub teams: Vec<String>,
    /// The organisation that it names; none where it names none.
    pub enterprise: Option<String>,
}

/// What was done in Slack.
#[derive(Clone, Debug, PartialEq)]
pub enum SlackDeed {
    /// A button or an option was chosen that answers a question.
    Choose {
        /// The question.
        interaction: InteractionId,
        /// What was chosen.
        choice: SlackChoice,
    },
    /// The button was pressed that opens the form of a question.
    OpenForm {
        /// The question.
        interaction: InteractionId,
        /// What Slack takes for three seconds to open a form.
        trigger: String,
        /// Whether the button stands in a direct message.
        direct: bool,
    },
    /// The form of a question was sent.
    SendForm {
        /// The question.
        interaction: InteractionId,
        /// What was filled in, as Slack sends it.
        values: Value,
    },
    /// The command was given that lists what waits.
    List,
    /// Nothing that asks for anything, such as a press of a button that is a link.
    Nothing,
}

/// An answer that takes one press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlackChoice {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// The option of a decision at this position, from 0.
    Option(usize),
}

/// Why the person behind a Slack user is not known, or is not shown a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackStranger {
    /// Nobody who may be believed, or nothing that can be shown. The text tells the person why.
    Refused(String),
    /// Slack could not be asked. Another try may help.
    Unavailable(String),
}

/// A question that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackWaiting {
    /// The question.
    pub question: String,
    /// The workflow that asks.
    pub workflow: String,
    /// When the question ends by itself.
    pub deadline: Option<Time>,
    /// The question's address in the inbox.
    pub inbox: Option<String>,
}

/// Knows the forms of Slack's requests and answers, and speaks with its Web API. It decides nothing: whose answer counts is
/// a rule. No text that it returns as an error holds a credential.
#[async_trait]
pub trait SlackDesk: Send + Sync {
    /// The tenant whose people the members of the workspace are. None: a member is only known as the assignee that a
    /// question names.
    fn owner(&self) -> Option<&str>;
    /// Checks that Slack signed a request within the last five minutes, and reads it.
    fn read(&self, request: SlackRequest<'_>) -> Result<SlackAct, SlackRefusal>;
    /// The e-mail address of a Slack user of that place, as Slack has confirmed it. A place that is not the app's own is not
    /// believed.
    async fn email(&self, user: &str, place: &SlackPlace) -> Result<String, SlackStranger>;
    /// Shows the form of a question. `inbox` is the question's address for what no form can show.
    async fn open_form(&self, trigger: &str, question: &Interaction, inbox: Option<&str>) -> Result<(), SlackStranger>;
    /// The answer that a form's values make. An error holds every reason why they make none.
    fn answer(&self, question: &Interaction, values: &Value) -> Result<Answer, Vec<Reason>>;
    /// Reasons against an answer, each by the name that the form has for the field that it is about.
    fn beside_fields(&self, question: &Interaction, reasons: &[Reason]) -> BTreeMap<String, String>;
    /// The text that lists what waits for somebody. `more`: there is more than is listed.
    fn listing(&self, waiting: &[SlackWaiting], more: bool) -> String;
    /// Makes plain text fit for Slack: no part of it names anybody, or anything else that Slack acts on.
    fn plain(&self, text: &str) -> String;
    /// Tells the person who did something a plain text that nobody else sees. A failure is logged: nothing depends on it.
    async fn tell(&self, response_url: &str, text: &str);
}
