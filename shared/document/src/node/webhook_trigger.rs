//! `webhook_trigger`: executions start here by a request to a URL of their own.

use super::{
    config::{AlsoReads, Config},
    node_type::NodeType,
};
use crate::{
    describe::{object, text},
    limits,
    reading::{At, Cx, Fields},
};
use expression::Expr;
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["webhook", "http_trigger"],
    about: "Starts an execution when a webhook comes.",
    config,
    passes_input: true,
    ..NodeType::trigger("webhook_trigger")
};

/// Config of a `webhook_trigger`.
#[derive(Debug)]
pub struct WebhookTrigger {
    /// The part of the webhook's URL behind the workflow's id; none where the URL ends with the id.
    pub path: Option<String>,
    /// Name of the stored secret that checks the HMAC signature; none where callers send a token instead.
    pub secret: Option<String>,
}

/// What editors are told of the config of a `webhook_trigger`.
fn config() -> Value {
    let mut path = text("The end of its address: `/v1/triggers/{workflow_id}/{path}`.");
    path["pattern"] = "^[A-Za-z0-9._/-]+$".into();
    path["maxLength"] = limits::PATH_BYTES.into();
    let secret = text("The name of the stored secret that bodies are signed with. Without it callers bring a token.");
    object(&[], [("path", path), ("secret", secret)])
}

/// Reads the config of a `webhook_trigger`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<WebhookTrigger> {
    let f = Fields::new(cx, config, at, "invalid_config", &["path", "secret"]);
    let path = f.text(cx, "path").map(str::to_owned);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if path.as_ref().is_some_and(|path| path.len() > limits::PATH_BYTES || !path.chars().all(plain)) {
        let hint = format!("Use up to {} of `A-Z a-z 0-9 - _ . /`.", limits::PATH_BYTES);
        f.wrong(cx, "path", "`path` is no plain part of a URL", hint);
    }
    let secret = f.text(cx, "secret").map(str::to_owned);
    Some(WebhookTrigger { path, secret })
}

impl Config for WebhookTrigger {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    fn reads(&self) -> AlsoReads {
        // A trigger puts out the execution's input.
        AlsoReads { input: true, ..AlsoReads::default() }
    }
}
