//! What agents remember of conversations.

use engine::port::Conversation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A conversation that agents remember.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"key": "session-17", "updated_at": "2026-11-01T09:00:00Z", "expires_at": "2026-12-01T09:00:00Z"}))]
pub struct Memory {
    /// Its key.
    pub key: String,
    /// When an agent added to it last.
    pub updated_at: String,
    /// When it is forgotten, unless an agent adds to it before.
    pub expires_at: String,
}

/// A conversation with its last messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemoryWithMessages {
    /// Its key.
    pub key: String,
    /// When an agent added to it last.
    pub updated_at: String,
    /// When it is forgotten, unless an agent adds to it before.
    pub expires_at: String,
    /// The messages, the oldest first, each `{role, content}`.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<Value>,
}

impl From<&Conversation> for Memory {
    fn from(one: &Conversation) -> Self {
        Self { key: one.key.clone(), updated_at: one.at.to_string(), expires_at: one.until.to_string() }
    }
}
