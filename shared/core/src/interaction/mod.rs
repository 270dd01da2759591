//! Interactions: a question to people, its answers, and how many of them decide. The execution keeps them and alone
//! decides which answer counts.

mod authorization;
pub mod channel;
pub mod delivery;
pub mod evidence;
pub mod proof;
pub mod put;
pub mod receipt;
pub mod telling;
pub mod votes;

pub use authorization::{Authorization, SecurityLevel};
pub use document::AfterError;

use self::{channel::Channel, delivery::Delivery, put::Reassignment};
use crate::id::{Activation, InteractionId};
use document::{HumanKind, HumanOption, TimeoutAction, WaitBy, time::Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The option of a question about a failed node by which the execution goes back to an earlier node.
pub const REWIND: &str = "rewind";

document::closed_set!(
    /// What an interaction asks for (human in the loop, §1).
    InteractionKind {
        /// A yes or a no.
        Approval = "approval",
        /// Data that satisfies a schema.
        Input = "input",
        /// One of several options.
        Decision = "decision",
        /// A yes or a no to content that may be edited.
        Review = "review",
        /// A text.
        Ask = "ask",
        /// A yes or a no to the use of a tool.
        Authorization = "authorization",
    }
);

impl InteractionKind {
    /// The kind of the interaction that a `human` node opens.
    pub fn of(kind: &HumanKind) -> Self {
        match kind {
            HumanKind::Approval => Self::Approval,
            HumanKind::Input { .. } => Self::Input,
            HumanKind::Decision { .. } => Self::Decision,
            HumanKind::Review { .. } => Self::Review,
            HumanKind::Ask(_) => Self::Ask,
            HumanKind::Authorization { .. } => Self::Authorization,
        }
    }

    /// Whether people approve or reject, so that a threshold of votes decides.
    pub fn is_voted(self) -> bool {
        match self {
            Self::Approval | Self::Review | Self::Authorization => true,
            Self::Input | Self::Decision | Self::Ask => false,
        }
    }
}

document::closed_set!(
    /// Whether an interaction still takes answers, and how it ended where it does not.
    #[derive(Default)]
    InteractionStatus {
        /// An answer still counts.
        #[default]
        Pending = "pending",
        /// People decided.
        Answered = "answered",
        /// The deadline passed before people decided.
        TimedOut = "timed_out",
        /// The question was no longer needed.
        Cancelled = "cancelled",
    }
);

impl InteractionStatus {
    fn is_pending(&self) -> bool {
        *self == Self::Pending
    }
}

document::closed_set!(
    /// The way in which an answer came.
    #[derive(Default)]
    Via {
        /// A request to the API.
        #[default]
        Api = "api",
        /// A request of the command line.
        Cli = "cli",
        /// The page of the person's own link.
        Link = "link",
        /// A button or a form in Slack.
        Slack = "slack",
        /// A page of the dashboard.
        Dashboard = "dashboard",
    }
);

/// A question to people with all that was answered to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// The interaction's id: a UUID derived from the activation.
    pub interaction_id: InteractionId,
    /// The visit to the node that asks.
    pub activation: Activation,
    /// What is asked for.
    pub kind: InteractionKind,
    /// Whether an answer still counts.
    #[serde(default, skip_serializing_if = "InteractionStatus::is_pending")]
    pub status: InteractionStatus,
    /// The question, its templates rendered.
    pub question: String,
    /// Further text in Markdown, its templates rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// For an `input`: the JSON Schema that the data must satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// For a `decision`: the options to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<HumanOption>,
    /// For a `review`: the content that is approved, edited or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// For an `authorization`: the tool in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The people who may answer; empty for anyone of the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<String>,
    /// Votes that approve, where a template said so when the question was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_threshold: Option<u64>,
    /// Votes that reject, where a template said so when the question was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection_threshold: Option<u64>,
    /// Whether the person who started the execution may decide it.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub allow_requester: bool,
    /// Who may not answer, and so is written to by nobody: whoever started the execution, where `allow_requester` is false.
    /// None in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_out: Option<String>,
    /// Who may not answer either: whoever started what the execution was forked from, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_kept_out: Vec<String>,
    /// When `timeout_action` takes effect; none where the question stands open as long as the execution lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// Seconds from the opening to the deadline, and once more after an escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<f64>,
    /// What happens at the deadline.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout_action: TimeoutAction,
    /// The people who are asked as well after an escalation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate_to: Vec<String>,
    /// Whether the interaction has escalated; it does so once at most.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// When it escalated; none where it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Time>,
    /// How it was put to other people, oldest first; without what earlier releases recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reassigned: Vec<Reassignment>,
    /// When the interaction was opened.
    pub created_at: Time,
    /// When the interaction was over, in whatever way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Time>,
    /// The port taken; none where nothing was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The responses of people, in the order in which they came; of one person the last one counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
    /// The channels by which people are told; empty for the inbox alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// What became of the messages by those channels, one for each receiver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
    /// Seconds between two reminders; none for no reminders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_every_seconds: Option<f64>,
    /// What wakes the question at its deadlines, on hosts that have a choice.
    #[serde(default, skip_serializing_if = "is_by_host")]
    pub wait_by: WaitBy,
    /// When the next reminder is due; none where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<Time>,
    /// How many reminders there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reminded: u32,
    /// True where `on_error: ask_human` opened it: its options are `retry`, `skip`, `rewind` and `abort`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_error: bool,
    /// For a question of `on_error`: what becomes of the node at the deadline. None for all others, and without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_error: Option<AfterError>,
    /// What the receipt says of the decision, and its signature. None while the question is open, where it was cancelled,
    /// and in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<evidence::Evidence>>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_by_host(wait_by: &WaitBy) -> bool {
    *wait_by == WaitBy::Host
}

fn yes() -> bool {
    true
}

fn is_default(action: &TimeoutAction) -> bool {
    *action == TimeoutAction::Timeout
}

impl Interaction {
    /// A question as it is opened, which asks anyone, without a time or a channel.
    pub(crate) fn new(
        interaction_id: InteractionId,
        activation: Activation,
        kind: InteractionKind,
        question: String,
        created_at: Time,
    ) -> Self {
        Self {
            interaction_id,
            activation,
            kind,
            status: InteractionStatus::Pending,
            question,
            details: None,
            schema: None,
            options: Vec::new(),
            content: None,
            authorization: None,
            assignees: Vec::new(),
            approval_threshold: None,
            rejection_threshold: None,
            allow_requester: true,
            kept_out: None,
            also_kept_out: Vec::new(),
            deadline: None,
            timeout_seconds: None,
            timeout_action: TimeoutAction::Timeout,
            escalate_to: Vec::new(),
            escalated: false,
            escalated_at: None,
            reassigned: Vec::new(),
            created_at,
            decided_at: None,
            decision: None,
            responses: Vec::new(),
            channels: Vec::new(),
            deliveries: Vec::new(),
            remind_every_seconds: None,
            wait_by: WaitBy::Host,
            remind_at: None,
            reminded: 0,
            on_error: false,
            after_error: None,
            evidence: None,
        }
    }

    /// Whether an answer still counts.
    pub fn is_open(&self) -> bool {
        self.status.is_pending()
    }

    /// The ports that a person's answer can take.
    pub fn ports(&self) -> Vec<&str> {
        match self.kind {
            InteractionKind::Input | InteractionKind::Ask => vec!["answered"],
            InteractionKind::Decision => self.options.iter().map(|option| option.id.as_str()).collect(),
            InteractionKind::Approval | InteractionKind::Review | InteractionKind::Authorization => {
                vec!["approved", "rejected"]
            }
        }
    }
}

/// One person's answer, as it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The subject that answered, such as an e-mail address.
    pub by: String,
    /// The way in which the answer came.
    pub via: Via,
    /// The subject that entered the answer on behalf of `by`; none where `by` answered in person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<String>,
    /// The assignee that is a group, as a member of which `by` could answer; none where `by` was asked by name, or anyone was,
    /// and in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether the request named the question, and so was meant for no other. False in journals of earlier releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
    /// When the answer was recorded.
    pub at: Time,
    /// The port that the answer votes for.
    pub decision: String,
    /// The value of the answer: the data, the option's id, the text, the content of a review, or true or false.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answer: Value,
    /// A comment in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What else came with the answer, which the question did not ask for; none where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Hexadecimal SHA-256 of exactly what was shown to the person.
    pub shown_sha256: String,
}

impl Response {
    /// The subject that sent the answer.
    pub(crate) fn sender(&self) -> &str {
        self.entered_by.as_ref().unwrap_or(&self.by)
    }

    /// The response as the output of a `human` node lists it: the time in RFC 3339, `comment` null where there is none, and
    /// nothing of the request or of groups, which receipts tell.
    pub(crate) fn as_output(&self) -> Value {
        let mut json = json!(Self { named: false, group: None, ..self.clone() });
        json["at"] = Value::String(self.at.to_string());
        if json.get("comment").is_none() {
            json["comment"] = Value::Null;
        }
        json
    }
}

/// What a person sends to `respond`. Which of the fields are required or allowed depends on the interaction's kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The subject that answers, such as an e-mail address.
    pub by: String,
    /// The way in which the answer comes.
    pub via: Via,
    /// The subject that enters the answer on behalf of `by`; none where `by` answers in person.
    pub entered_by: Option<String>,
    /// The names of the groups that `by` is a member of as the answer comes, without `group:`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether the request names the question.
    pub named: bool,
    /// Whether a workflow above or below the one that asks has a question that its requester may not decide, as the host found.
    /// It is looked up only for answers that put something in the place of what nodes gave or were given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// Yes or no, for an `approval`, a `review` or an `authorization`.
    pub approved: Option<bool>,
    /// The data of an `input`; after `skip` about a failed node, the output in its place.
    pub data: Option<Value>,
    /// The id of the option chosen, for a `decision`.
    pub option: Option<String>,
    /// The text, for an `ask`.
    pub text: Option<String>,
    /// The content of a `review` as the person edited it.
    pub content: Option<Value>,
    /// For an `authorization`: the tool's name as the person typed it. A name that is given must be right.
    pub tool: Option<String>,
    /// For an `authorization`: the arguments with which the tool is to be used, in place of those that were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// A comment in the person's own words.
    pub comment: Option<String>,
    /// What else came with the answer, which the question does not ask for. It decides nothing, and is kept.
    pub more: Option<Value>,
}
