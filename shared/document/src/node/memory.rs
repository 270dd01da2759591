//! `memory`: what agents remember of a conversation, by its key.

use super::{
    config::{Config, of_templates},
    node_type::{Mode, NodeType},
};
use crate::{
    describe::{integer, object, text},
    limits,
    reading::{At, Cx, Fields, Place},
};
use expression::{Expr, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["chat_memory", "conversation", "buffer_memory"],
    about: "What agents remember of a conversation, by its key; joined to them by a connection `ai_memory`.",
    config,
    ..NodeType::new("memory", Mode::Lend)
};

/// Config of a `memory`.
#[derive(Debug)]
pub struct Memory {
    /// Template of the conversation's key, of the execution's owner.
    pub key: Template,
    /// How many of the last messages are read.
    pub window: u64,
    /// How many tokens these may have, by a count of four bytes each.
    pub max_tokens: Option<u64>,
    /// Days after its last message in which a conversation is kept.
    pub ttl_days: u64,
}

/// What editors are told of the config of a `memory`.
fn config() -> Value {
    let days = "Days for which a conversation is kept after its last message: 30 where absent.";
    let members = [
        ("key", text("The key of the conversation, such as `{{ input.session_id }}`.")),
        ("window", integer("The last messages that are read: 40 where absent.", 1, limits::REMEMBERED)),
        ("max_tokens", integer("Tokens that these may have, at four bytes each.", 1, limits::MOST_TOKENS)),
        ("ttl_days", integer(days, 1, limits::MOST_RETENTION_DAYS)),
    ];
    object(&["key"], members)
}

/// Reads the config of a `memory`.
pub(crate) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Memory> {
    let f = Fields::new(cx, config, at, "invalid_config", &["key", "window", "max_tokens", "ttl_days"]);
    if f.get("key").is_none() {
        f.missing(cx, "key", "Say whose conversation it is, such as `{{ input.session_id }}`.");
    }
    let key = f.text(cx, "key").and_then(|_| cx.template(&f, "key", place));
    let window = f.integer(cx, "window", 1, limits::REMEMBERED).unwrap_or(limits::MEMORY_WINDOW);
    let max_tokens = f.integer(cx, "max_tokens", 1, limits::MOST_TOKENS);
    let ttl_days = f.integer(cx, "ttl_days", 1, limits::MOST_RETENTION_DAYS).unwrap_or(limits::MEMORY_DAYS);
    Some(Memory { key: key?, window, max_tokens, ttl_days })
}

impl Config for Memory {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[Some(&self.key)], all);
    }
}
