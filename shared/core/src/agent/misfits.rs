//! What is wrong with a value that a model gave, in words that the model gets to read.

use document::InputSchema;
use serde_json::Value;

/// Every place where a value violates a schema, in one sentence; none where it fits.
pub(super) fn misfits(schema: &InputSchema, value: &Value) -> Option<String> {
    let violations = schema.schema.violations(value);
    let place = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    let all: Vec<String> = violations.iter().map(|one| format!("{}: {}", place(&one.path), one.message)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
