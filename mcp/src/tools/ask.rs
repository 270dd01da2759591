//! `ask_human` and `request_authorization`: an execution of a small document of one question, and its answer.

use crate::{
    arguments::{read, tool},
    asked::Asked,
    call::{Call, Done},
    result,
    started::come_to,
};
use api::types::{Accepted, Execution, InlineBody};
use document::node::agent::built_in;
use engine::groups::without_members;
use rmcp::model::{CallToolResult, JsonObject, Tool};
use serde::Deserialize;
use serde_json::{Value, json};
use stepwell_core::execution::Status;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    question: String,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    assignees: Vec<String>,
}

/// What both tools say of assignees.
fn assignees() -> Value {
    json!({ "type": "array", "items": { "type": "string" },
        "description": "E-mail addresses, or groups as group:NAME; anyone who may answer where absent" })
}

/// What `ask_human` is.
pub fn ask_tool() -> Tool {
    let properties = json!({
        "question": { "type": "string", "minLength": 1 },
        "options": { "type": "array", "items": { "type": "string" },
            "description": "What to choose from; a free text is asked for where absent" },
        "assignees": assignees()
    });
    let about = "Asks a person, and gives the answer. Where nobody answers within 25 seconds, the result has the \
        execution_id to ask for with get_execution; the question stays open.";
    tool("ask_human", about, properties, &["question"])
}

/// Asks a person.
pub async fn ask(call: &Call<'_>, arguments: JsonObject) -> Done {
    let Question { question, options, assignees } = match read(arguments) {
        Ok(asked) => asked,
        Err(misfit) => return Ok(misfit),
    };
    let who = Asked { assignees: &assignees, allow_requester: call.caller.local };
    let input = json!({ "question": question, "assignees": assignees });
    if let Some(why) = unaskable(call, &input).await {
        return Ok(result::misfit(&why));
    }
    put(call, who.question(&options), input).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    tool_name: String,
    reason: String,
    #[serde(default)]
    security_level: Level,
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    assignees: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    #[default]
    Medium,
    High,
}

/// What `request_authorization` is.
pub fn authorization_tool() -> Tool {
    let properties = json!({
        "tool_name": { "type": "string", "minLength": 1, "description": "The tool that you want to use" },
        "reason": { "type": "string", "minLength": 1, "description": "Why, for the person who decides" },
        "security_level": { "enum": ["medium", "high"], "description": "medium where absent" },
        "arguments": { "description": "What the tool would be called with" },
        "assignees": assignees()
    });
    let about = "Asks a person for leave to use a tool, and says whether it was approved. Do not use the tool before. \
        Where nobody decides within 25 seconds, the result has the execution_id to ask for with get_execution. After 30 \
        minutes without a decision the answer is no.";
    tool("request_authorization", about, properties, &["tool_name", "reason"])
}

/// Asks a person for leave.
pub async fn authorization(call: &Call<'_>, arguments: JsonObject) -> Done {
    let Authorization { tool_name, reason, security_level, arguments, assignees } = match read(arguments) {
        Ok(asked) => asked,
        Err(misfit) => return Ok(misfit),
    };
    let who = Asked { assignees: &assignees, allow_requester: call.caller.local };
    let level = match security_level {
        Level::Medium => "medium",
        Level::High => "high",
    };
    let input = json!({
        "tool_name": tool_name, "reason": reason, "arguments": arguments, "assignees": assignees
    });
    if let Some(why) = unaskable(call, &input).await {
        return Ok(result::misfit(&why));
    }
    put(call, who.authorization(level), input).await
}

/// What nobody can be asked of what an agent wants to ask, or who cannot; none where nothing is wrong. Who belongs to a group
/// only tokens of an issuer may know, so where there is one any group may be asked.
async fn unaskable(call: &Call<'_>, input: &Value) -> Option<String> {
    let empty = match call.app.jwt {
        Some(_) => Vec::new(),
        None => {
            let asked = built_in::groups_asked(input);
            without_members(&*call.app.host, &call.caller.owner, &asked).await.unwrap_or_default()
        }
    };
    let wrong = built_in::unaskable(input, &empty).into_iter().map(|(at, message)| format!("{at}: {message}"));
    let wrong: Vec<String> = wrong.collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Puts a question to people, and waits for the answer as long as the tool may.
async fn put(call: &Call<'_>, workflow: Value, input: Value) -> Done {
    let body = InlineBody { workflow, input: Some(input), metadata: None };
    let accepted: Accepted = call.desk.post("/v1/executions", &body).await?;
    let ended = come_to(call, &accepted.execution_id, call.patience, |state| state.status().is_terminal()).await?;
    Ok(answered(&ended))
}

/// What a person answered, or that nobody has.
fn answered(execution: &Execution) -> CallToolResult {
    let id = &execution.execution_id;
    let output = |name: &str| execution.output.get(name).cloned().unwrap_or_default();
    if execution.status == Status::Completed {
        let (answer, comment) = (output("answer"), output("comment"));
        let by = execution.output.pointer("/responses/0/by").cloned().unwrap_or_default();
        let text = match (&answer, comment.as_str()) {
            (answer, None) => plain(answer),
            (answer, Some(comment)) => format!("{}\ncomment: {comment}", plain(answer)),
        };
        let told = json!({ "execution_id": id, "status": "answered", "answer": answer, "comment": comment,
            "decision": output("decision"), "answered_by": by });
        return result::told(text, told);
    }
    if execution.status.is_terminal() {
        let why = execution.error.as_ref().map_or_else(|| execution.message.clone(), |error| error.message.clone());
        let told = json!({ "execution_id": id, "status": execution.status, "error": execution.error });
        return result::failed(format!("no answer: {why}"), told);
    }
    let question = execution.pending_interactions.first().map(|one| &one.interaction_id);
    let text = format!(
        "Nobody has answered yet. The question stays open: call get_execution with execution_id {id} to see the answer."
    );
    let told = json!({ "execution_id": id, "status": execution.status, "interaction_id": question });
    result::told(text, told)
}

/// An answer as a person would say it.
fn plain(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "approved".to_owned(),
        Value::Bool(false) => "rejected".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => answer.to_string(),
    }
}
