//! Results of tools: values as models read them, and refusals of the API as errors of the tool.

use crate::limits;
use api::desk::Refusal;
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::{Value, json};

/// A value, as text and as it is.
pub fn value(value: &impl Serialize) -> CallToolResult {
    let value = serde_json::to_value(value).unwrap_or_default();
    let text = value.to_string();
    told(text, value)
}

/// A text for the model, and the same for programs. What is too long for a model is cut, and left out for programs.
pub fn told(text: String, value: Value) -> CallToolResult {
    if text.len() > limits::RESULT_BYTES {
        return CallToolResult::success(vec![ContentBlock::text(cut(text))]);
    }
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    result
}

/// The same as an error of the tool.
pub fn failed(text: String, value: Value) -> CallToolResult {
    let mut result = told(text, value);
    result.is_error = Some(true);
    result
}

fn cut(mut text: String) -> String {
    let (whole, end) = (text.len(), text.floor_char_boundary(limits::RESULT_BYTES));
    text.truncate(end);
    format!("{text}…\n(cut: the whole has {whole} bytes, and the HTTP API gives it)")
}

/// Why the API did not do it, in the words of its problem.
pub fn refused(refusal: &Refusal) -> CallToolResult {
    let problem = &refusal.problem;
    let mut text = format!("{} ({})", problem.detail, problem.code);
    for fault in &problem.errors {
        let hint = fault.hint.as_deref().filter(|hint| !hint.is_empty());
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        text.push_str(&format!("\n{}: {}{hint}", fault.path, fault.message));
    }
    failed(text, serde_json::to_value(problem).unwrap_or_default())
}

/// Arguments that the tool does not take.
pub fn misfit(why: &str) -> CallToolResult {
    let text = format!("these arguments do not fit: {why} (invalid_arguments)");
    failed(text, json!({ "code": "invalid_arguments", "detail": why }))
}
