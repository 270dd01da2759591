//! The rules that loading needs.

use document::Workflow;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{event::Turn, execution::Execution};

/// A kept document, parsed again.
pub fn parse(document: &Value) -> Result<Arc<Workflow>, String> {
    let parsed = document::parse(document).map_err(|issues| format!("{issues:?}"))?;
    Ok(parsed.workflow)
}

/// The state after one more turn.
pub fn fold(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, String> {
    stepwell_core::evolve::evolve(workflow, state, turn).map_err(|error| error.to_string())
}
