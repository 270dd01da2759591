//! `human` nodes as the rules see them.

use expression::{Expr, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `human`, in its six kinds.
#[derive(Debug)]
pub struct Human {
    /// What it asks for.
    pub kind: HumanKind,
    /// A template.
    pub question: Template,
    /// Markdown, a template.
    pub details: Option<Template>,
    /// Who may answer; a template of a list. Anyone of the owner where absent.
    pub assignees: Option<Template>,
    /// Votes that approve.
    pub approval_threshold: u64,
    /// Votes that reject.
    pub rejection_threshold: u64,
    /// May whoever started the execution decide it.
    pub allow_requester: bool,
    /// As in the document: the notifiers read it.
    pub channels: Value,
    /// Seconds until `timeout_action`.
    pub timeout_seconds: Option<f64>,
    /// What the timeout does.
    pub timeout_action: TimeoutAction,
    /// Who is asked after an escalation; a template of a list.
    pub escalate_to: Option<Template>,
    /// Seconds between reminders.
    pub remind_every_seconds: Option<f64>,
    /// Nobody is asked where false.
    pub condition: Option<Expr>,
    /// Nobody is asked where the value lies below the bound.
    pub auto_approve_below: Option<(Expr, f64)>,
}

/// What a `human` node asks for.
#[derive(Debug)]
#[allow(missing_docs, reason = "the kinds of the human-in-the-loop contract")]
pub enum HumanKind {
    Approval,
    Input { schema: Option<Template>, rules: Vec<Expr> },
    Decision { options: Vec<OptionTemplate> },
    Review { content: Option<Template> },
    Ask,
    Authorization { tool: Option<Template>, arguments: Option<Template>, high: bool },
}

/// One option of a decision, as the document gives it.
#[derive(Debug)]
pub struct OptionTemplate {
    /// Its port, which no template can change.
    pub id: String,
    /// For people; a template.
    pub label: Template,
}

/// One option of a decision, as people are shown it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HumanOption {
    /// Its port.
    pub id: String,
    /// For people.
    pub label: String,
}

/// `timeout_action` of a `human` node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the actions of the human-in-the-loop contract")]
pub enum TimeoutAction {
    #[default]
    Timeout,
    AutoApprove,
    AutoReject,
    Fail,
    Escalate,
}
