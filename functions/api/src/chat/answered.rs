//! What an execution of a conversation has come to, in the words of the conversation.

use crate::{
    Answered, App,
    executions::{read, wait},
    types,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::execution::{Execution, Status};

/// The members of an output that are said to the person, the first that there is.
const SAID: [&str; 4] = ["text", "reply", "message", "answer"];

/// What is said to the person whose message led to this output.
pub fn text_of(output: &Value) -> Option<String> {
    let member = |key: &&str| output.get(*key).and_then(Value::as_str);
    match output {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(SAID.iter().find_map(member).map_or_else(|| format!("{other:#}"), str::to_owned)),
    }
}

/// What an execution has come to.
///
/// # Errors
/// What the store says.
pub async fn answer(app: &App, session: &str, execution: &Execution) -> Answered<types::ChatAnswer> {
    let shown = read::execution(app, execution).await?;
    Ok(types::ChatAnswer {
        session_id: session.to_owned(),
        execution_id: shown.execution_id,
        status: shown.status,
        text: text_of(&shown.output).filter(|_| shown.status == Status::Completed),
        interactions: shown.pending_interactions,
        error: shown.error,
    })
}

/// The same as a response: 202 where the execution goes on.
///
/// # Errors
/// What the store says.
pub async fn response(app: &App, session: &str, execution: &Arc<Execution>) -> Answered<Response> {
    let status = if wait::ended_or_asks(execution) { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, axum::Json(answer(app, session, execution).await?)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_said_is_the_output_or_its_text() {
        let text = |output| text_of(&output);
        assert_eq!(text(json!("Hello")).as_deref(), Some("Hello"));
        assert_eq!(text(json!({"data": null, "text": "Hello"})).as_deref(), Some("Hello"));
        assert_eq!(text(json!({"reply": "Hi", "department": "billing"})).as_deref(), Some("Hi"));
        assert_eq!(text(json!([1])).as_deref(), Some("[\n  1\n]"));
        assert_eq!(text(json!(null)), None);
    }
}
