//! Conversations: each message of one starts an execution.

use super::{AgentCall, ExecutionError, Interaction, Timestamp, words};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::execution::Status;
use utoipa::ToSchema;

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatBody {
    /// What is said.
    pub message: String,
    /// The session that the message belongs to; a new one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// An answer to what a session asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatResumeBody {
    /// The session.
    pub session_id: String,
    /// The answer: a text, yes or no, `{approved, reason}`, or the fields of `POST /v1/interactions/{id}/respond`.
    #[serde(deserialize_with = "::document::json::unique")]
    pub value: Value,
}

/// What a message has led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChatAnswer {
    /// The session, for the next message.
    pub session_id: String,
    /// The execution that the message started.
    pub execution_id: String,
    /// What the execution is doing, or how it ended.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// What is said to the person; null before the end, and where the execution did not end well.
    pub text: Option<String>,
    /// What the session asks before it goes on.
    pub interactions: Vec<Interaction>,
    /// Why the execution failed.
    pub error: Option<ExecutionError>,
}

/// A message of a conversation, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChatMessage {
    /// The execution that the message started.
    pub execution_id: String,
    /// What the execution is doing, or how it ended.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// When the message came.
    pub at: Timestamp,
    /// Who said it.
    pub user: Option<String>,
    /// What was said. A value that has no room in the answer is shown as `{"$blob": sha256, "bytes": n}`.
    pub message: Value,
    /// What was answered; null before the end, and where the execution did not end well.
    pub text: Option<String>,
    /// The tools that models asked for meanwhile.
    pub tool_calls: Vec<AgentCall>,
    /// What people were asked, oldest first, and what is asked in descendants.
    pub interactions: Vec<Interaction>,
    /// Why the execution failed.
    pub error: Option<ExecutionError>,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// The workflow that answers.
    pub workflow_id: String,
    /// The session.
    pub session_id: String,
    /// The messages, oldest first.
    pub items: Vec<ChatMessage>,
    /// The parameter `cursor` of the request for earlier messages; null where there are none.
    pub next_cursor: Option<String>,
}
