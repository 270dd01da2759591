//! What controls an execution: pause, resume, cancel and signals.

use super::{Execution, words};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;
use stepwell_core::execution::Status;
use utoipa::ToSchema;

/// Why the caller asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The caller's reason, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// With any of the first four fields, or a question that it names, it answers a question; `{}` never does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeBody {
    /// Yes or no, for an approval, a review or an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// The data of an input; else `{selected_option | text | content, comment | reason | reasoning}`, by the question's
    /// kind. What else it has is kept with the answer.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    pub resume_data: Option<Value>,
    /// The port of the node along which the execution goes on, such as `approved` or the id of an option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_port: Option<String>,
    /// A comment in the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Beside an answer, a comment as well; else the reason to go on after a pause, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The question that is answered; where it is left out, the only open one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<String>,
    /// The execution's `checkpoint` as the caller has seen it: where the execution has moved on, nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub checkpoint: Option<Seen>,
    /// The assignee for whom the user of a local host answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_as: Option<String>,
}

/// A checkpoint, as the API gives it, or as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen(pub u64);

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.map(Self).ok_or_else(|| D::Error::custom("a `checkpoint` is given as the execution shows it"))
    }
}

/// What a resume ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The execution was paused, and goes on.
    Paused,
    /// A question was answered.
    Interaction,
}

/// What a resume that answered a question led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "resumed": "interaction", "interaction_id": "8a51",
    "status": "completed", "message": "Completed.", "completed": true, "paused_again": false, "remaining_nodes": []}))]
pub struct Resumed {
    /// The id of the execution.
    pub execution_id: String,
    /// What was resumed: `interaction`.
    pub resumed: Ended,
    /// The question that was answered.
    pub interaction_id: String,
    /// The status of the execution.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// What the execution is doing, in one sentence for people.
    pub message: String,
    /// Whether the execution has completed.
    pub completed: bool,
    /// Whether the execution waits for a person again, or is paused.
    pub paused_again: bool,
    /// The nodes that are still to finish, as far as is known now.
    pub remaining_nodes: Vec<String>,
}

/// The execution after a resume that answered nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WentOn {
    /// What was resumed: `paused`, or null where there was nothing to resume.
    pub resumed: Option<Ended>,
    /// The execution itself.
    #[serde(flatten)]
    pub execution: Execution,
}

/// The answer to a resume: `Resumed` where it answered a question, else the execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ResumeAnswer {
    /// The resume answered a question.
    Resumed(Box<Resumed>),
    /// The resume ended a pause, or had nothing to do.
    Execution(Box<WentOn>),
}

/// What an event from outside carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalBody {
    /// The data of the event, which becomes the output of the node that waits for it; null where absent.
    #[serde(default, deserialize_with = "::document::json::unique")]
    pub data: Value,
}
