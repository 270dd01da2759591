//! `manual_trigger`: executions start here by the API.

use super::{
    config::{AlsoReads, Config},
    node_type::NodeType,
};
use crate::describe::object;
use crate::reading::{At, Cx, Fields};
use expression::Expr;
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["start", "trigger", "begin", "entry"],
    about: "Starts an execution when a caller asks for it.",
    config,
    passes_input: true,
    ..NodeType::trigger("manual_trigger")
};

/// Config of a `manual_trigger`, which is empty.
#[derive(Debug)]
pub struct ManualTrigger;

/// What editors are told of the config of a `manual_trigger`.
fn config() -> Value {
    object(&[], [])
}

/// Reads the config of a `manual_trigger`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<ManualTrigger> {
    Fields::new(cx, config, at, "invalid_config", &[]);
    Some(ManualTrigger)
}

impl Config for ManualTrigger {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    fn reads(&self) -> AlsoReads {
        // A trigger puts out the execution's input.
        AlsoReads { input: true, ..AlsoReads::default() }
    }
}
