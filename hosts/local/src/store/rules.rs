//! The rules that loading needs.

use serde_json::Value;
use shared::{event::Turn, execution::Execution, workflow::Workflow};

/// A kept document, parsed again.
pub fn parse(document: &Value) -> Result<Workflow, String> {
    let _ = document;
    Err("being written".into())
}

/// The state after one more turn.
pub fn fold(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, String> {
    shared::evolve::evolve(workflow, state, turn).map_err(|error| error.to_string())
}
