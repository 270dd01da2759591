//! `GET /v1/chat/{workflow_id}/{session_id}`: the conversation.

use super::{
    answered::text_of,
    session::{Session, window},
};
use crate::{
    Answered, App, Params, Path, Problem, Reader, Routes,
    executions::read,
    request::cursor,
    types::{self, Timestamp, Values},
};
use axum::extract::State;
use document::Workflow;
use std::sync::Arc;
use stepwell_core::execution::{Execution, Status};
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(conversation))
}

/// What was said in a session, oldest first. Without a cursor these are the latest messages; `next_cursor` leads to earlier
/// ones. Messages of others are shown to an admin alone, as what agents remember of them is.
#[utoipa::path(get, path = "/v1/chat/{workflow_id}/{session_id}", operation_id = "get_chat", tag = "chat",
    security(("bearer" = [])),
    params(("workflow_id" = String, Path), ("session_id" = String, Path), ("limit" = Option<u32>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::Conversation), types::Refused))]
async fn conversation(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path((workflow_id, session_id)): Path<(String, String)>,
    params: Params,
) -> Answered<axum::Json<types::Conversation>> {
    let window = window(params)?;
    let session = Session::named(&caller, &workflow_id, &session_id)?;
    // The newest message may be in no list yet.
    let newest = if window.cursor.is_none() { session.latest(&app).await? } else { None };
    if window.cursor.is_none() && newest.is_none() {
        return Err(Problem::not_found("session", &session_id));
    }
    let page = app.host.index().executions(&session.filter(), &window).await?;
    let mut items = Vec::new();
    for head in &page.items {
        let Some(execution) = app.host.journal().load_lean(&head.id).await? else { continue };
        if session.number_of(&execution).is_some() {
            items.push(message(&app, &execution).await?);
        }
    }
    if let Some(newest) =
        newest.filter(|newest| items.iter().all(|one| one.execution_id != newest.execution.id().as_str()))
    {
        items.insert(0, message(&app, &newest.execution).await?);
    }
    caller.may_see(items.iter().map(|one| one.user.as_deref()))?;
    items.reverse();
    let next_cursor = cursor::page("chat", &page, Vec::<()>::new()).next_cursor;
    Ok(axum::Json(types::Conversation { workflow_id, session_id, items, next_cursor }))
}

/// A message, and what came of it.
async fn message(app: &App, execution: &Execution) -> Answered<types::ChatMessage> {
    let workflow = app.workflow(execution).await?;
    let tool_calls = read::with_values_that_fit(app, execution, |values| calls(execution, &workflow, values)).await?;
    let shown = read::execution(app, execution).await?;
    let own = execution.interactions.iter().filter(|one| !one.is_open());
    let own = own.map(|one| types::Interaction::of(one, execution, &workflow));
    Ok(types::ChatMessage {
        at: Timestamp(execution.started_at),
        user: execution.started.started_by.clone(),
        message: shown.input.get("message").cloned().unwrap_or(shown.input),
        text: text_of(&shown.output).filter(|_| shown.status == Status::Completed),
        tool_calls,
        interactions: own.chain(shown.pending_interactions).collect(),
        execution_id: shown.execution_id,
        status: shown.status,
        error: shown.error,
    })
}

/// The tool calls of all agents of an execution.
fn calls(execution: &Execution, workflow: &Workflow, values: &mut Values) -> Vec<types::AgentCall> {
    let agents = workflow.nodes.iter().filter(|node| node.kind.agent().is_some());
    let shown: Vec<_> = agents.filter_map(|node| types::Agent::of(execution, &node.id, values)).collect();
    shown.into_iter().flat_map(|agent| agent.turns).flat_map(|turn| turn.tool_calls).collect()
}
