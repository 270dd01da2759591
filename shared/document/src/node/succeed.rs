//! `succeed`: ends the execution with a result.

use super::{
    config::{Config, of_templates},
    node_type::NodeType,
};
use crate::describe::{any, object};
use crate::reading::{At, Cx, Fields, Place};
use expression::{Expr, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["end", "stop", "success", "return", "finish", "done"],
    about: "Ends the execution as completed.",
    config,
    ..NodeType::end("succeed")
};

/// Config of a `succeed`.
#[derive(Debug)]
pub struct Succeed {
    /// Template of the execution's result; the node's input where absent.
    pub output: Option<Template>,
}

/// What editors are told of the config of a `succeed`.
fn config() -> Value {
    object(&[], [("output", any("The result of the execution: the node's input where absent."))])
}

/// Reads the config of a `succeed`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Succeed> {
    let f = Fields::new(cx, config, at, "invalid_config", &["output"]);
    Some(Succeed { output: cx.template(&f, "output", place) })
}

impl Config for Succeed {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[self.output.as_ref()], all);
    }
}
