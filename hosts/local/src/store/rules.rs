//! The two rules of `shared` that loading needs, with errors as text.

use serde_json::Value;
use shared::{event::Turn, execution::Execution, workflow::Workflow};
use std::sync::Arc;

/// Parses a document that the store kept. The error lists what is wrong with it.
pub fn parse(document: &Value) -> Result<Arc<Workflow>, String> {
    let parsed = shared::workflow::parse(document).map_err(|issues| format!("{issues:?}"))?;
    Ok(parsed.workflow)
}

/// Returns the state after one more turn; `state` is none before the first. The error says why the turn cannot follow.
pub fn fold(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, String> {
    shared::evolve::evolve(workflow, state, turn).map_err(|error| error.to_string())
}
