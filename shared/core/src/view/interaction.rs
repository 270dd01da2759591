//! Interactions as the API shows them.

use crate::{
    execution::Execution,
    interaction::{Interaction, Response, votes::approvals_needed},
};
use document::Workflow;
use serde_json::{Value, json};

/// An interaction as `GET /v1/interactions/{id}` shows it. The fields `link` and `receipt` are absent, since no host
/// makes them.
pub fn interaction(one: &Interaction, execution: &Execution, workflow: &Workflow) -> Value {
    let mut shown = json!({
        "interaction_id": one.interaction_id,
        "execution_id": execution.id(),
        "workflow_id": execution.started.workflow_id,
        "node": one.activation.node,
        "kind": one.kind,
        "status": one.status,
        "question": one.question,
        "details": one.details,
        "schema": one.schema,
        "options": one.options,
        "assignees": one.assignees,
        "deadline": one.deadline.map(|time| time.to_string()),
        "created_at": one.created_at.to_string(),
        "decided_at": one.decided_at.map(|time| time.to_string()),
        "decision": one.decision,
        "responses": one.responses.iter().map(response).collect::<Vec<_>>(),
        "responses_needed": responses_needed(one, workflow),
        "deliveries": [],
    });
    // Fields that only some interactions have are absent from the others.
    if one.on_error {
        shown["on_error"] = true.into();
    }
    if let Some(content) = &one.content {
        shown["content"] = content.clone();
    }
    if let Some(authorization) = &one.authorization {
        shown["authorization"] = authorization.clone();
    }
    shown
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

/// How many more approvals decide an interaction, or answers where its kind has no threshold; 0 once it is over.
pub fn responses_needed(one: &Interaction, workflow: &Workflow) -> u64 {
    if !one.is_open() {
        return 0;
    }
    let node = workflow.nodes.iter().find(|node| node.id == one.activation.node).filter(|_| !one.on_error);
    let human = node.and_then(|node| node.kind.human());
    human.map_or(1, |human| approvals_needed(one, human))
}
