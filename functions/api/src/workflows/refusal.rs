//! The refusal of a document that is not valid.

use crate::{Problem, types::Checked};
use axum::http::StatusCode;
use document::validate::Issue;
use serde_json::json;

/// A 422 with every static check that failed. `prefix` is the JSON Pointer of the document in the request.
pub(crate) fn refused(issues: &[Issue], prefix: &str) -> Problem {
    let Checked { mut errors, warnings, .. } = Checked::of(false, issues);
    for error in &mut errors {
        error.path = format!("{prefix}{}", error.path);
    }
    let detail = match errors.as_slice() {
        [one] => format!("the workflow is not valid: {}", one.message),
        several => format!("the workflow is not valid: {} errors", several.len()),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_workflow", detail)
        .with_errors(errors)
        .with("warnings", json!(warnings))
}
