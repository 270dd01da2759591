//! `list_interactions` and `answer`.

use crate::{
    arguments::{read, tool},
    call::{Call, Done},
    result,
};
use api::{
    desk::{part, query},
    types::{AnswerBody, Interaction, Page, Responded},
};
use axum::http::{HeaderMap, HeaderValue, Method};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    status: Option<String>,
    assignee: Option<String>,
    execution_id: Option<String>,
    workflow_id: Option<String>,
    kind: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What `list_interactions` is.
pub fn list_tool() -> Tool {
    let properties = json!({
        "status": { "enum": ["pending", "answered", "timed_out", "cancelled"], "description": "pending where absent" },
        "assignee": { "type": "string",
            "description": "That this person may answer; me is the caller, group:NAME a group" },
        "execution_id": { "type": "string" },
        "workflow_id": { "type": "string" },
        "kind": { "enum": ["approval", "input", "decision", "review", "ask", "authorization"] },
        "limit": { "type": "integer", "minimum": 1, "maximum": 200, "description": "How many, 50 by default" },
        "cursor": { "type": "string", "description": "The next_cursor of the page before" }
    });
    let about = "Lists questions to people, those with the soonest deadline first.";
    tool("list_interactions", about, properties, &[]).annotate(ToolAnnotations::new().read_only(true))
}

/// Lists questions. The caller's own links are left out: whoever has one answers in the caller's name, and what a tool
/// gives ends up in transcripts.
pub async fn list(call: &Call<'_>, arguments: JsonObject) -> Done {
    let wanted: List = match read(arguments) {
        Ok(wanted) => wanted,
        Err(misfit) => return Ok(misfit),
    };
    let limit = wanted.limit.map(|limit| limit.to_string());
    let asked = [
        ("status", wanted.status.as_deref().or(Some("pending"))),
        ("assignee", wanted.assignee.as_deref()),
        ("execution_id", wanted.execution_id.as_deref()),
        ("workflow_id", wanted.workflow_id.as_deref()),
        ("kind", wanted.kind.as_deref()),
        ("limit", limit.as_deref()),
        ("cursor", wanted.cursor.as_deref()),
    ];
    let asked = query(asked.map(|(name, value)| (name, value.unwrap_or_default())));
    let mut page: Page<Interaction> = call.desk.get(&format!("/v1/interactions{asked}")).await?;
    for one in &mut page.items {
        one.link = None;
    }
    Ok(result::value(&page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    interaction_id: String,
    approved: Option<bool>,
    option: Option<String>,
    data: Option<Value>,
    text: Option<String>,
    content: Option<Value>,
    tool: Option<String>,
    arguments: Option<Value>,
    comment: Option<String>,
    idempotency_key: Option<String>,
}

/// What `answer` is.
pub fn answer_tool() -> Tool {
    let properties = json!({
        "interaction_id": { "type": "string" },
        "approved": { "type": "boolean", "description": "For an approval, a review or an authorization" },
        "option": { "type": "string", "description": "The id of the option, for a decision" },
        "data": { "description": "The data by the question's schema, for an input" },
        "text": { "type": "string", "description": "The text, for an ask" },
        "content": { "description": "The content of a review, where it was edited" },
        "tool": { "type": "string", "description": "The name of an authorization's tool, to be compared" },
        "arguments": { "description": "Of an approved authorization: what its tool gets instead of what was shown" },
        "comment": { "type": "string" },
        "idempotency_key": { "type": "string", "description": "The same key answers once" }
    });
    let about = "Answers a question in the caller's name. Which field it takes depends on the question's kind.";
    tool("answer", about, properties, &["interaction_id"])
}

/// Answers a question.
pub async fn answer(call: &Call<'_>, arguments: JsonObject) -> Done {
    let said: Answer = match read(arguments) {
        Ok(said) => said,
        Err(misfit) => return Ok(misfit),
    };
    let Answer { interaction_id, approved, option, data, text, content, tool, arguments, comment, idempotency_key } =
        said;
    let body = AnswerBody { approved, option, data, text, content, tool, arguments, comment, answer_as: None };
    let mut headers = HeaderMap::new();
    if let Some(key) = idempotency_key {
        let Ok(key) = HeaderValue::from_str(&key) else {
            return Ok(result::misfit("idempotency_key has characters that no header may have"));
        };
        headers.insert("idempotency-key", key);
    }
    let path = format!("/v1/interactions/{}/respond", part(&interaction_id));
    let responded: Responded = call.desk.send_with(Method::POST, &path, headers, &body).await?;
    Ok(result::value(&responded))
}
