//! The two rules of `shared` that loading needs, with errors as text.

use document::Workflow;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{event::Turn, execution::Execution};

/// Parses a document that the store kept. The error lists what is wrong with it.
pub fn parse(document: &Value) -> Result<Arc<Workflow>, String> {
    let parsed = document::parse(document).map_err(|issues| format!("{issues:?}"))?;
    Ok(parsed.workflow)
}

/// Returns the state after one more turn; `state` is none before the first. The error says why the turn cannot follow.
pub fn fold(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, String> {
    stepwell_core::evolve::evolve(workflow, state, turn).map_err(|error| error.to_string())
}
