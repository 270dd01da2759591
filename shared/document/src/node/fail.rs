//! `fail`: ends the execution with an error.

use super::{
    config::{Config, of_templates},
    node_type::NodeType,
};
use crate::describe::{object, text};
use crate::reading::{At, Cx, Fields, Place};
use expression::{Expr, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["error", "throw", "raise", "terminate", "failure"],
    about: "Ends the execution as failed.",
    config,
    ..NodeType::end("fail")
};

/// Config of a `fail`.
#[derive(Debug)]
pub struct Fail {
    /// Template of the error's code; `failed` where absent.
    pub code: Option<Template>,
    /// Template of the error's message; a sentence that says where it was where absent.
    pub message: Option<Template>,
}

/// What editors are told of the config of a `fail`.
fn config() -> Value {
    let members = [("code", text("The code of the error.")), ("message", text("What went wrong, for people."))];
    object(&[], members)
}

/// Reads the config of a `fail`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Fail> {
    let f = Fields::new(cx, config, at, "invalid_config", &["code", "message"]);
    f.text(cx, "code");
    f.text(cx, "message");
    let code = f.get("code").and_then(|_| cx.template(&f, "code", place));
    let message = f.get("message").and_then(|_| cx.template(&f, "message", place));
    Some(Fail { code, message })
}

impl Config for Fail {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[self.code.as_ref(), self.message.as_ref()], all);
    }
}
