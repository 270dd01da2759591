//! The rules that loading needs.

use serde_json::Value;
use shared::{event::Turn, execution::Execution, workflow::Workflow};
use std::sync::Arc;

/// A kept document, parsed again.
pub fn parse(document: &Value) -> Result<Arc<Workflow>, String> {
    let parsed = shared::workflow::parse(document).map_err(|issues| format!("{issues:?}"))?;
    Ok(parsed.workflow)
}

/// The state after one more turn.
pub fn fold(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, String> {
    shared::evolve::evolve(workflow, state, turn).map_err(|error| error.to_string())
}
