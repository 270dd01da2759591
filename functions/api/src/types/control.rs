//! What controls an execution: pause, resume, cancel and signals.

use super::{Execution, words};
use serde::{Deserialize, Serialize};
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

/// With any of the first four fields it answers the one open question; `{}` never does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeBody {
    /// Yes or no, for an approval, a review or an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// The data, or `{selected_option | text | content, comment}`, by the question's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_data: Option<Value>,
    /// The port of the node along which the execution goes on, such as `approved` or the id of an option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_port: Option<String>,
    /// A comment in the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The reason to go on after a pause, which the journal keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The assignee for whom the user of a local host answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_as: Option<String>,
}

/// What a resume that answered a question led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "status": "completed", "message": "Completed.",
    "completed": true, "paused_again": false, "remaining_nodes": []}))]
pub struct Resumed {
    /// The id of the execution.
    pub execution_id: String,
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

/// The answer to a resume: `Resumed` where it answered a question, else the execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ResumeAnswer {
    /// The resume answered a question.
    Resumed(Box<Resumed>),
    /// The resume ended a pause, or had nothing to do.
    Execution(Box<Execution>),
}

/// What an event from outside carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalBody {
    /// The data of the event, which becomes the output of the node that waits for it; null where absent.
    #[serde(default)]
    pub data: Value,
}
