//! `break`: ends the loop around it.

use super::{
    config::{Config, of_templates},
    node_type::{NodeType, Role},
};
use crate::describe::{any, object};
use crate::reading::{At, Cx, Fields, Place};
use expression::{Expr, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    about: "Ends the loop around it with this iteration.",
    config,
    role: Role::Break,
    ..NodeType::end("break")
};

/// Config of a `break`.
#[derive(Debug)]
pub struct Break {
    /// Template of the value of the iteration that it ends; the node's input where absent.
    pub output: Option<Template>,
}

/// What editors are told of the config of a `break`.
fn config() -> Value {
    object(&[], [("output", any("The value of the iteration: the node's input where absent."))])
}

/// Reads the config of a `break`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Break> {
    let f = Fields::new(cx, config, at, "invalid_config", &["output"]);
    Some(Break { output: cx.template(&f, "output", place) })
}

impl Config for Break {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[self.output.as_ref()], all);
    }
}
