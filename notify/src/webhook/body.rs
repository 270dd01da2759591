//! What a webhook says where its document does not.

use engine::port::{Letter, Webhook};
use serde_json::{Value, json};
use stepwell_core::interaction::Response;

/// The type of the body's content, and the body. A text of the document is sent as it is, all else as JSON.
pub(super) fn of(letter: &Letter, webhook: &Webhook) -> (&'static str, Vec<u8>) {
    match &webhook.body {
        Some(Value::String(text)) => ("text/plain; charset=utf-8", text.clone().into_bytes()),
        Some(body) => ("application/json", body.to_string().into_bytes()),
        None => ("application/json", usual(letter).to_string().into_bytes()),
    }
}

/// Our own body: an event as Standard Webhooks suggest, with its type, its time and its data.
fn usual(letter: &Letter) -> Value {
    let interaction = &*letter.interaction;
    json!({
        "type": format!("interaction.{}", letter.notice.as_str()),
        "timestamp": letter.now.to_string(),
        "data": {
            "interaction_id": interaction.interaction_id,
            "execution_id": letter.execution,
            "workflow_id": letter.workflow,
            "node": interaction.activation.node,
            "kind": interaction.kind,
            "question": interaction.question,
            "details": interaction.details,
            "assignees": interaction.assignees,
            "options": interaction.options,
            "deadline": interaction.deadline.map(|at| at.to_string()),
            "status": interaction.status,
            "decision": interaction.decision,
            "responses": interaction.responses.iter().map(response).collect::<Vec<_>>(),
            "url": letter.inbox,
        },
    })
}

fn response(response: &Response) -> Value {
    json!({
        "by": response.by,
        "via": response.via,
        "entered_by": response.entered_by,
        "at": response.at.to_string(),
        "decision": response.decision,
        "answer": response.answer,
        "comment": response.comment,
        "shown_sha256": response.shown_sha256,
    })
}
