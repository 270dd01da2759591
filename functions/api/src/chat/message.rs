//! `POST /v1/chat/{workflow_id}`: a message, which starts an execution.

use super::{
    answered,
    session::{Latest, Session},
    stream::{self, Ear, Wanted},
};
use crate::{
    Answered, App, Caller, Json, NoParams, Path, Problem, Routes, Runner, executions::idempotency, executions::wait,
    limits, types,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use document::{Overlap, Workflow};
use engine::start::latest;
use std::sync::Arc;
use stepwell_core::execution::Execution;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(say))
}

/// Say something to a workflow that begins with a `chat_trigger`.
///
/// It answers as soon as the execution has ended or asks somebody, and after 25 seconds in any case; with
/// `Accept: text/event-stream` it tells what happens until then, event by event. With `settings.overlap: "queue"` a message
/// that comes while another one of its session is under way waits for its turn, as an execution that is `pending`.
#[utoipa::path(post, path = "/v1/chat/{workflow_id}", operation_id = "chat", tag = "chat",
    security(("bearer" = [])), request_body = types::ChatBody,
    params(("workflow_id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key does not say the session's latest message twice, nor one that waits for its turn")),
    responses((status = 200, body = types::ChatAnswer), (status = 202, body = types::ChatAnswer,
            description = "It has not ended, or waits for its turn (`pending`): ask for the session, or for the execution"),
        (status = 409, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "The message before it has not ended; `execution_id` says which"),
        types::Refused))]
async fn say(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(workflow_id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    wanted: Wanted,
    Json(body): Json<types::ChatBody>,
) -> Answered<Response> {
    if body.message.trim().is_empty() || body.message.len() > limits::CHAT_BYTES {
        let hint = "say something in up to 256 KiB of text";
        return Err(Problem::field("invalid_field", "/message", "this says nothing that can be taken", hint));
    }
    let found = latest(&*app.host, &caller.owner, &workflow_id, None).await?;
    if found.0.trigger_for_chat().is_none() {
        let detail = "this workflow has no `chat_trigger`: start it by POST /v1/workflows/{id}/executions";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_chat", detail));
    }
    let key = idempotency::key(&headers, &format!("/v1/chat/{workflow_id}"), &body)?;
    let hash = match key {
        Some((key, hash)) => document::id::sha256_hex(format!("{key}\n{hash}").as_bytes()),
        None => Uuid::new_v4().to_string(),
    };
    let name = body.session_id.clone().unwrap_or_else(|| app.host.new_id().to_string());
    let session = Session::named(&caller, &workflow_id, &name)?;
    let is_new = body.session_id.is_none();
    let saying =
        Saying { app: &app, caller: &caller, session: &session, message: &body.message, hash, wanted: &wanted };
    let (execution, ear) = saying.said(found, is_new).await?;
    if wanted.streams {
        return stream::response(&app, &session.id, (&execution, 0), ear, wanted).await;
    }
    let execution = wait::until(&app, execution, limits::WAIT, wait::ended_or_asks).await?;
    answered::response(&app, &session.id, &execution).await
}

/// A message that is to be said.
struct Saying<'a> {
    app: &'a App,
    caller: &'a Caller,
    session: &'a Session,
    message: &'a str,
    hash: String,
    wanted: &'a Wanted,
}

impl Saying<'_> {
    /// Starts the execution of the message, or finds the one that this request has started before. Whoever is to tell what
    /// its models say listens before it begins.
    ///
    /// # Errors
    /// 409 while the message before it is under way, unless it waits for its turn, and what a start is refused for.
    async fn said(&self, found: (Arc<Workflow>, u64), is_new: bool) -> Answered<(Arc<Execution>, Ear)> {
        let queues = found.0.settings.overlap == Overlap::Queue;
        loop {
            let before = if is_new { None } else { self.session.latest(self.app).await? };
            let number = before.as_ref().map_or(1, |before| before.number + 1);
            if let Some(before) = before {
                let ahead = self.session.ahead(self.app, &before).await?;
                let recent = self.session.recent(self.app, before).await?;
                let same = |one: &&Latest| one.execution.started.request_hash.as_deref() == Some(&self.hash);
                if let Some(again) = recent.iter().find(same) {
                    return Ok((again.execution.clone(), self.listen(again.number)));
                }
                may_follow(&recent, ahead, queues)?;
            }
            let ear = self.listen(number);
            let message = (number, self.message, self.hash.clone());
            if let Some(execution) = self.session.begin(self.app, self.caller, found.clone(), message).await? {
                return Ok((execution, ear));
            }
            // Another message came at the same moment. Its execution is the latest one now.
        }
    }

    fn listen(&self, number: u64) -> Ear {
        self.wanted.ear(self.app, &self.session.execution_id(number))
    }
}

/// Whether a message may be said after others, of which `ahead` have not ended: at once, or in their line.
///
/// # Errors
/// 409 where it may not, with the message that is under way.
fn may_follow(recent: &[Latest], ahead: u64, queues: bool) -> Answered<()> {
    // One that stands in no line would not be waited for: its workflow had another version then.
    let lined = recent.iter().all(|one| one.execution.started.in_line.is_some());
    let waits = queues && lined;
    let Some(now) = recent.last().filter(|_| ahead > if waits { limits::SESSION_WAITING } else { 0 }) else {
        return Ok(());
    };
    let detail = match wait::ended_or_asks(&now.execution) {
        _ if waits => "as many messages of this session wait as may: say this again once some have been answered",
        true => "the message before it asks somebody: answer by POST /v1/chat/{workflow_id}/resume",
        false => "the message before it has not been answered: say this again once it has",
    };
    let problem = Problem::conflict("session_busy", detail).with("execution_id", now.execution.id().as_str());
    Err(problem.with("execution_status", now.execution.status().as_str()))
}
