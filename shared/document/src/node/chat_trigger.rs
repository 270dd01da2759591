//! `chat_trigger`: executions start here by the messages of a conversation.

use super::{
    config::{AlsoReads, Config},
    node_type::NodeType,
};
use crate::{
    describe::object,
    reading::{At, Cx, Fields},
};
use expression::Expr;
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["chat", "conversation_trigger", "message_trigger"],
    about: "Starts an execution for each message of a conversation.",
    config,
    passes_input: true,
    ..NodeType::trigger("chat_trigger")
};

/// Config of a `chat_trigger`, which is empty.
#[derive(Debug)]
pub struct ChatTrigger;

/// What editors are told of the config of a `chat_trigger`.
fn config() -> Value {
    object(&[], [])
}

/// Reads the config of a `chat_trigger`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<ChatTrigger> {
    Fields::new(cx, config, at, "invalid_config", &[]);
    Some(ChatTrigger)
}

/// The input of the execution that a message of a conversation starts, which is what its trigger puts out.
pub fn input(message: &str, session: &str, user: &str) -> Value {
    json!({ "message": message, "session_id": session, "user": user })
}

impl Config for ChatTrigger {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    fn reads(&self) -> AlsoReads {
        // A trigger puts out the execution's input.
        AlsoReads { input: true, ..AlsoReads::default() }
    }
}
