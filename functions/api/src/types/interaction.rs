//! Questions to people, and their answers.

use super::{Authorization, Choice, Receipt, Response, Timestamp, words};
use ::document::Workflow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::{
    execution::Execution,
    interaction::{
        self, InteractionKind, InteractionStatus,
        channel::ChannelKind,
        delivery::{self, DeliveryStatus, Notice},
    },
    view,
};
use utoipa::ToSchema;

/// A question to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Interaction {
    /// The id of the question.
    pub interaction_id: String,
    /// The execution that asks.
    pub execution_id: String,
    /// The workflow of that execution.
    pub workflow_id: String,
    /// The node that asks.
    pub node: String,
    /// What the question asks for.
    #[schema(value_type = words::InteractionKind)]
    pub kind: InteractionKind,
    /// Whether the question still takes answers.
    #[schema(value_type = words::InteractionStatus)]
    pub status: InteractionStatus,
    /// The question itself.
    pub question: String,
    /// More about the question, in Markdown.
    pub details: Option<String>,
    /// The JSON Schema that the data of an `input` must satisfy.
    pub schema: Option<Value>,
    /// The options of a `decision`.
    pub options: Vec<Choice>,
    /// The people who may answer; empty for anyone of the owner.
    pub assignees: Vec<String>,
    /// Whoever started the execution, where that person may not decide it (`allow_requester` is false); absent where anybody
    /// who is asked may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_out: Option<String>,
    /// Of a fork, whoever started what it goes back to, where they may not decide it either; absent where there is nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_kept_out: Vec<String>,
    /// When the question ends by itself; null where it stands open as long as its execution lives.
    pub deadline: Option<Timestamp>,
    /// When the question was asked.
    pub created_at: Timestamp,
    /// When the question was over.
    pub decided_at: Option<Timestamp>,
    /// The port that was decided on.
    pub decision: Option<String>,
    /// What people answered, oldest first; of one person the last answer counts.
    pub responses: Vec<Response>,
    /// How many more approvals, or answers, decide the question; 0 once it is over.
    pub responses_needed: u64,
    /// The messages by which people are told of the question, one for each receiver.
    pub deliveries: Vec<Delivery>,
    /// Present and true where the question is what to do about a node that failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_error: bool,
    /// The content of a `review`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// The tool that an `authorization` is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The proof of the decision; null while the question is open, where it was cancelled, and where an early release
    /// decided it.
    pub receipt: Option<Receipt>,
    /// The caller's own link to the question, which answers without a sign-in: whoever has it answers in the caller's name.
    /// Present in the inbox alone, where the caller is asked and the question is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What became of the latest message to one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// The channel.
    #[schema(value_type = words::ChannelKind)]
    pub channel: ChannelKind,
    /// Who is told: an address, a person, a group, a channel of Slack, or a webhook's name.
    pub to: String,
    /// Whether the message is on its way, sent, failed for good, came back after it was sent, or was dropped because nobody
    /// needs it.
    #[schema(value_type = words::DeliveryStatus)]
    pub status: DeliveryStatus,
    /// What the message tells.
    #[schema(value_type = words::Notice)]
    pub notice: Notice,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed, or the message came back; null where neither is so.
    pub error: Option<String>,
    /// When it is tried next; null where no other try is due.
    pub next_at: Option<Timestamp>,
}

impl From<&delivery::Delivery> for Delivery {
    fn from(one: &delivery::Delivery) -> Self {
        Self {
            channel: one.kind,
            to: one.to.clone(),
            status: one.status,
            notice: one.notice,
            attempts: one.attempts,
            error: one.error.clone(),
            next_at: one.due.map(Timestamp),
        }
    }
}

/// Who is asked in place of those who are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignBody {
    /// Everybody who may answer from now on: e-mail addresses, names, or groups (`group:NAME`).
    pub assignees: Vec<String>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whose message is sent again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyBody {
    /// One receiver, as `deliveries` names it; all where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// An answer; which field it takes depends on the question's kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// Yes or no, for an approval, a review or an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// The id of the chosen option, for a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The data, for an input; beside the option `skip` about a failed node, the output in its place. Of
    /// an input null is a value; of others it stands for no data.
    #[serde(default, deserialize_with = "::document::json::unique_if_given", skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// The text, for a question of the kind `ask`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The content of a review as the person edited it.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    /// The name of an authorization's tool as the person typed it, where an interface asks for it; a wrong one is
    /// refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// For an authorization: the arguments with which the tool is to be used, in place of those that were shown.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// A comment in the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The assignee for whom the user of a local host answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_as: Option<String>,
}

/// What an answer did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "pending", "decision": null, "responses_needed": 1}))]
pub struct Responded {
    /// Whether the question still takes answers.
    #[schema(value_type = words::InteractionStatus)]
    pub status: InteractionStatus,
    /// The port that was decided on; null where more answers are needed.
    pub decision: Option<String>,
    /// How many more approvals, or answers, decide the question.
    pub responses_needed: u64,
}

impl Interaction {
    /// A question of an execution, without anybody's link.
    pub fn of(one: &interaction::Interaction, execution: &Execution, workflow: &Workflow) -> Self {
        let choice = |option: &::document::HumanOption| Choice { id: option.id.clone(), label: option.label.clone() };
        Self {
            interaction_id: one.interaction_id.to_string(),
            execution_id: execution.id().to_string(),
            workflow_id: execution.started.workflow_id.to_string(),
            node: one.activation.node.to_string(),
            kind: one.kind,
            status: one.status,
            question: one.question.clone(),
            details: one.details.clone(),
            schema: one.schema.clone(),
            options: one.options.iter().map(choice).collect(),
            assignees: one.assignees.clone(),
            kept_out: view::kept_out(one, execution).map(str::to_owned),
            also_kept_out: view::also_kept_out(one, execution).to_vec(),
            deadline: one.deadline.map(Timestamp),
            created_at: Timestamp(one.created_at),
            decided_at: one.decided_at.map(Timestamp),
            decision: one.decision.clone(),
            responses: one.responses.iter().map(Response::from).collect(),
            responses_needed: view::responses_needed(one, workflow),
            deliveries: one.deliveries.iter().map(Delivery::from).collect(),
            on_error: one.on_error,
            content: one.content.clone(),
            authorization: one.authorization.as_ref().map(Authorization::from),
            receipt: Receipt::of(one, execution),
            link: None,
        }
    }
}
