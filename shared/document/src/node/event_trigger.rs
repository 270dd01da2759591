//! `event_trigger`: executions start here by events that match a pattern.

use super::{
    config::{AlsoReads, Config},
    node_type::NodeType,
};
use crate::{
    describe::{free, object},
    pattern::Pattern,
    reading::{At, Cx, Fields},
};
use expression::Expr;
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    about: "Starts an execution when an event comes that matches.",
    config,
    passes_input: true,
    ..NodeType::trigger("event_trigger")
};

/// Config of an `event_trigger`.
#[derive(Debug)]
pub struct EventTrigger {
    /// The pattern as the document has it, to be read with `Pattern::read`. Without one the trigger listens to nothing.
    pub pattern: Option<Value>,
}

/// What editors are told of the config of a `event_trigger`.
fn config() -> Value {
    object(&[], [("pattern", free("The EventBridge pattern that events must match."))])
}

/// Reads the config of an `event_trigger`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<EventTrigger> {
    let f = Fields::new(cx, config, at, "invalid_config", &["pattern"]);
    let pattern = f.object(cx, "pattern").cloned().map(Value::Object);
    // The pattern is kept as the document has it, and read here to report its faults.
    let faults = pattern.as_ref().map(Pattern::read).and_then(Result::err).unwrap_or_default();
    for fault in faults {
        cx.error("invalid_config", &at.key("pattern").below(&fault.path), fault.message, fault.hint);
    }
    Some(EventTrigger { pattern })
}

impl Config for EventTrigger {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    fn reads(&self) -> AlsoReads {
        // A trigger puts out the execution's input.
        AlsoReads { input: true, ..AlsoReads::default() }
    }
}
