//! Which triggers of saved documents listen to events.

use crate::id::{NodeId, WorkflowId};
use serde_json::Value;

/// An `event_trigger` of the latest version of a saved workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// Id of the workflow that an event starts.
    pub workflow: WorkflowId,
    /// Id of the `event_trigger` at which the execution starts.
    pub node: NodeId,
    /// The pattern as the document has it, to be read with `Pattern::read`.
    pub pattern: Value,
}

/// The listeners of a normalized document. A trigger without a pattern listens to nothing: executions start at it only
/// where the API is asked to start the workflow.
pub fn listeners(workflow: &WorkflowId, document: &Value) -> Vec<Listener> {
    let nodes = document.get("nodes").and_then(Value::as_array).into_iter().flatten();
    let triggers = nodes.filter(|node| node.get("type").and_then(Value::as_str) == Some("event_trigger"));
    let listener = |node: &Value| {
        let pattern = node.get("config")?.get("pattern").filter(|pattern| !pattern.is_null())?;
        Some(Listener { workflow: workflow.clone(), node: node.get("id")?.as_str()?.into(), pattern: pattern.clone() })
    };
    triggers.filter_map(listener).collect()
}
