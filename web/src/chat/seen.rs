//! What the page of a conversation reads.

use crate::{
    desk::{Asked, Refusal, part, query},
    limits,
    session::Visit,
    workflows::is_chat,
};
use api::types::{Conversation, Execution, Page, Workflow};
use axum::http::StatusCode;

/// A conversation, and what is around it.
pub struct Seen {
    /// The workflow that answers.
    pub workflow: Workflow,
    /// What was said; none before anything was.
    pub conversation: Option<Conversation>,
    /// The sessions in which the visitor said something lately, the latest first, each with what was said last.
    pub sessions: Vec<(String, String)>,
}

/// A session of a workflow; none for a new one.
///
/// # Errors
/// 404 where there is no such workflow, or it is no chat.
pub async fn seen(visit: &Visit, id: &str, session: Option<&str>) -> Asked<Seen> {
    let workflow: Workflow = visit.desk.get(&format!("/v1/workflows/{}", part(id))).await?;
    if !is_chat(&workflow) {
        let detail = "this workflow has no `chat_trigger`, so there is nobody to talk to";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "no_chat", detail));
    }
    let conversation = match session {
        None => None,
        Some(session) => Some(visit.desk.get(&format!("/v1/chat/{}/{}", part(id), part(session))).await?),
    };
    Ok(Seen { sessions: sessions(visit, id).await?, workflow, conversation })
}

async fn sessions(visit: &Visit, id: &str) -> Asked<Vec<(String, String)>> {
    let path = format!("/v1/executions{}", query([("workflow_id", id), ("limit", limits::CHAT_RUNS)]));
    let runs: Page<Execution> = visit.desk.get(&path).await?;
    let mut sessions: Vec<(String, String)> = Vec::new();
    for run in runs.items.iter().filter(|run| run.started_by.as_deref() == Some(visit.caller.subject.as_str())) {
        let (Some(session), Some(said)) = (run.metadata["session_id"].as_str(), run.input["message"].as_str()) else {
            continue;
        };
        if sessions.iter().all(|(known, _)| known != session) && sessions.len() < limits::CHAT_SESSIONS {
            sessions.push((session.to_owned(), said.to_owned()));
        }
    }
    Ok(sessions)
}
