//! What is wrong with a value that a model gave, in words that the model gets to read.

use document::InputSchema;
use serde_json::Value;

/// Every place where a value violates a schema, in one sentence; none where it fits. `sealed`: the sentence is kept and the
/// value is not, so nothing of it is quoted.
pub(super) fn misfits(schema: &InputSchema, value: &Value, sealed: bool) -> Option<String> {
    told(schema.schema.violations(value).into_iter().map(|one| (one.path, one.message)), sealed)
}

/// Places and what is wrong there, in one sentence; none where nothing is.
pub(super) fn told(faults: impl IntoIterator<Item = (String, String)>, sealed: bool) -> Option<String> {
    let place = |path: String| if path.is_empty() { "/".to_owned() } else { path };
    let one = |(path, message): (String, String)| match sealed {
        true => format!("{}: it does not fit", place(path)),
        false => format!("{}: {message}", place(path)),
    };
    let all: Vec<String> = faults.into_iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
