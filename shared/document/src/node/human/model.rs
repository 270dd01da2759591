//! `human` nodes as the rules see them.

use super::channels::Channels;
use crate::{
    node::setting::{Ruled, Setting},
    reading::{Cx, Fields},
};
use expression::{Expr, Template};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The config of a `human` node, with the defaults of the human-in-the-loop contract filled in.
#[derive(Debug)]
pub struct Human {
    /// What the node asks for.
    pub kind: HumanKind,
    /// Template of the question's text.
    pub question: Template,
    /// Template of more text below the question, in Markdown.
    pub details: Option<Template>,
    /// Template of the list of people who may answer. Where absent, anyone of the owner may answer.
    pub assignees: Option<Template>,
    /// Number of votes that approves, at least 1.
    pub approval_threshold: Setting<u64>,
    /// Number of votes that rejects, at least 1.
    pub rejection_threshold: Setting<u64>,
    /// Whether the person who started the execution may decide the question.
    pub allow_requester: Setting<bool>,
    /// The channels by which people are told; none for the inbox (`web`) alone.
    pub channels: Option<Channels>,
    /// Seconds after which `timeout_action` is taken; none where the question stays open as long as the execution.
    pub timeout_seconds: Option<Setting<f64>>,
    /// What happens when the time is over.
    pub timeout_action: TimeoutAction,
    /// Template of the list of people who are asked as well after an escalation.
    pub escalate_to: Option<Template>,
    /// Seconds between two reminders; none for no reminders.
    pub remind_every_seconds: Option<Setting<f64>>,
    /// What wakes the question at its deadlines, on hosts that have a choice.
    pub wait_by: WaitBy,
    /// Where this condition is false, nobody is asked.
    pub condition: Option<Expr>,
    /// A value and a bound: where the value lies below the bound, nobody is asked.
    pub auto_approve_below: Option<(Expr, Setting<f64>)>,
}

/// What a `human` node asks for.
#[derive(Debug)]
#[allow(missing_docs, reason = "the kinds of the human-in-the-loop contract")]
pub enum HumanKind {
    Approval,
    Input {
        schema: Option<Template>,
        rules: Vec<Expr>,
    },
    Decision {
        options: Vec<OptionTemplate>,
    },
    Review {
        content: Option<Template>,
    },
    /// A text. Where a model asks by a built-in tool, its words say what there is to choose from, and who may answer.
    Ask(Option<Box<InWords>>),
    Authorization {
        tool: Option<Template>,
        arguments: Option<Template>,
        /// What arguments have to satisfy that a person gives in place of the tool's.
        schema: Option<Template>,
        level: Setting<Level>,
    },
}

/// What a model says of its own question. No document says it: the options of a document name ports, which edges follow.
#[derive(Debug)]
pub struct InWords {
    /// Template of the list of options; null where a text is asked for.
    pub options: Template,
    /// Template of the list of people who may answer; null for anyone of the owner.
    pub assignees: Template,
}

/// How dangerous the tool of an `authorization` is: `security_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A yes is enough.
    Medium,
    /// Interfaces ask for the tool's name before they send a yes.
    High,
}

/// The words of [`Level`].
const LEVELS: [&str; 2] = ["medium", "high"];

impl Ruled for Level {
    type Bounds = ();

    fn literal(f: &Fields<'_, '_>, cx: &mut Cx<'_>, key: &str, (): Self::Bounds) -> Option<Self> {
        f.word(cx, key, &LEVELS).map(|ix| if ix == 1 { Self::High } else { Self::Medium })
    }

    fn rendered(value: &Value, (): Self::Bounds) -> Option<Self> {
        match value.as_str()? {
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            _ => None,
        }
    }

    fn wanted((): Self::Bounds) -> String {
        format!("one of `{}`", LEVELS.join("`, `"))
    }
}

/// One option of a decision, as the document gives it.
#[derive(Debug)]
pub struct OptionTemplate {
    /// Name of the port that the option takes; literal, since ports decide structure.
    pub id: String,
    /// Template of the text that people are shown.
    pub label: Template,
}

/// One option of a decision, as people are shown it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HumanOption {
    /// Name of the port that the option takes.
    pub id: String,
    /// Text that people are shown.
    pub label: String,
}

/// What wakes a question at its deadlines on AWS: `wait_by` of a `human` node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitBy {
    /// The host's own clock.
    #[default]
    Host,
    /// A state machine of Step Functions that waits with a task token for as long as the question is open.
    States,
}

/// What happens to a question that nobody has decided in time: `timeout_action` of a `human` node.
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
