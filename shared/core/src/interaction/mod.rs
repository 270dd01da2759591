//! Interactions: a question to people, its answers, and what they mean for the execution.

pub(crate) mod votes;

use crate::id::{Activation, InteractionId};
use document::{HumanOption, TimeoutAction, time::Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question to people, as the execution keeps it. The execution alone arbitrates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Derived from the activation.
    pub interaction_id: InteractionId,
    /// The visit that asks.
    pub activation: Activation,
    /// `approval`, `input`, `decision`, `review`, `ask`, `authorization`.
    pub kind: String,
    /// `pending`, `answered`, `timed_out`, `cancelled`.
    #[serde(default = "pending", skip_serializing_if = "is_pending")]
    pub status: String,
    /// Rendered.
    pub question: String,
    /// Rendered Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// JSON Schema of an `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Of a `decision`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<HumanOption>,
    /// What is under `review`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// Of an `authorization`: `{tool, arguments, security_level}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Value>,
    /// Who may answer; empty for anyone of the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<String>,
    /// Whether whoever started the execution may decide it.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub allow_requester: bool,
    /// When it times out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// Seconds it has from its opening, and again after an escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<f64>,
    /// What the deadline does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_action: TimeoutAction,
    /// Who is asked after an escalation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate_to: Vec<String>,
    /// Whether it escalated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// When it was opened.
    pub created_at: Time,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Time>,
    /// The port taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// In order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
    /// True where `on_error: ask_human` opened it: its options are `retry`, `skip` and `abort`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_error: bool,
}

fn pending() -> String {
    "pending".into()
}

fn is_pending(status: &str) -> bool {
    status == "pending"
}

fn yes() -> bool {
    true
}

fn is_default(action: &TimeoutAction) -> bool {
    *action == TimeoutAction::Timeout
}

impl Interaction {
    /// Whether an answer still counts.
    pub fn is_open(&self) -> bool {
        self.status == "pending"
    }

    /// The ports that a person's answer can take.
    pub fn ports(&self) -> Vec<&str> {
        match self.kind.as_str() {
            "input" | "ask" => vec!["answered"],
            "decision" => self.options.iter().map(|option| option.id.as_str()).collect(),
            _ => vec!["approved", "rejected"],
        }
    }
}

/// One person's response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The subject; an e-mail address.
    pub by: String,
    /// `api`, `cli`, later `link`, `slack`, `dashboard`.
    pub via: String,
    /// Who really answered, where it was on behalf of `by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<String>,
    /// When.
    pub at: Time,
    /// The port it votes for.
    pub decision: String,
    /// What was answered: the data, the option, the text; null for a yes or no.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answer: Value,
    /// In the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Hexadecimal SHA-256 of what was shown.
    pub shown_sha256: String,
}

/// What a person sends: the fields of `respond`, by kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The subject who answers.
    pub by: String,
    /// `api`, `cli`, …
    pub via: String,
    /// Who really answers, where it is on behalf of `by`.
    pub entered_by: Option<String>,
    /// Approval, review, authorization.
    pub approved: Option<bool>,
    /// Input.
    pub data: Option<Value>,
    /// Decision: an option's id.
    pub option: Option<String>,
    /// Ask.
    pub text: Option<String>,
    /// Review.
    pub content: Option<Value>,
    /// Authorization: the tool's name as the person typed it. Whoever gives it must get it right.
    pub tool: Option<String>,
    /// In the person's words.
    pub comment: Option<String>,
}
