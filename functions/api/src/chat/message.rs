//! `POST /v1/chat/{workflow_id}`: a message, which starts an execution.

use super::{
    answered,
    session::{Latest, Session},
    stream,
};
use crate::{
    Answered, App, Bounds, Caller, Json, NoParams, Path, Problem, Routes, Runner, executions::idempotency,
    executions::wait, limits, types,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use document::{Overlap, Workflow};
use engine::{pieces::Piece, start::latest};
use futures::channel::mpsc::UnboundedReceiver;
use std::sync::Arc;
use stepwell_core::execution::Execution;
use tokio::time::Instant;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(say))
}

/// Say something to a workflow that begins with a `chat_trigger`.
///
/// It answers as soon as the execution has ended or asks somebody, and after 25 seconds in any case; with
/// `Accept: text/event-stream` it tells what happens until then, event by event.
#[utoipa::path(post, path = "/v1/chat/{workflow_id}", operation_id = "chat", tag = "chat",
    security(("bearer" = [])), request_body = types::ChatBody,
    params(("workflow_id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key does not say the session's latest message twice")),
    responses((status = 200, body = types::ChatAnswer), (status = 202, body = types::ChatAnswer,
            description = "It has not ended: ask for the session, or for the execution"),
        (status = 409, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "The message before it has not ended; `execution_id` says which"),
        types::Refused))]
async fn say(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(workflow_id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    bounds: Option<Extension<Bounds>>,
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
    let streams = stream::is_wanted(&headers);
    let is_new = body.session_id.is_none();
    let saying = Saying { app: &app, caller: &caller, session: &session, message: &body.message, hash, streams };
    let (execution, ear) = saying.said(found, is_new).await?;
    if streams {
        let bounds = bounds.map(|Extension(bounds)| bounds);
        return stream::response(&app, &session.id, (&execution, 0), ear, bounds).await;
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
    streams: bool,
}

type Ear = Option<UnboundedReceiver<Piece>>;

impl Saying<'_> {
    /// Starts the execution of the message, or finds the one that this request has started before. Whoever is to tell what
    /// its models say listens before it begins.
    ///
    /// # Errors
    /// 409 while the message before it is under way, unless it is to wait, and what a start is refused for.
    async fn said(&self, found: (Arc<Workflow>, u64), is_new: bool) -> Answered<(Arc<Execution>, Ear)> {
        let (queues, until) = (found.0.settings.overlap == Overlap::Queue, Instant::now() + limits::WAIT);
        loop {
            let before = if is_new { None } else { self.session.latest(self.app).await? };
            if let Some(before) = &before {
                if before.execution.started.request_hash.as_deref() == Some(&self.hash) {
                    return Ok((before.execution.clone(), self.listen(before.number)));
                }
                if !before.execution.status().is_terminal() {
                    self.wait_for(before, queues, until).await?;
                    continue;
                }
            }
            let number = before.map_or(1, |before| before.number + 1);
            let ear = self.listen(number);
            let message = (number, self.message, self.hash.clone());
            if let Some(execution) = self.session.begin(self.app, self.caller, found.clone(), message).await? {
                return Ok((execution, ear));
            }
            // Another message came at the same moment. Its execution is the latest one now.
        }
    }

    fn listen(&self, number: u64) -> Ear {
        let pieces = self.app.host.pieces().filter(|_| self.streams)?;
        Some(pieces.listen(&self.session.execution_id(number)))
    }

    /// Waits for the message before this one to end, where the workflow says so and there is time.
    ///
    /// # Errors
    /// 409 where it has not ended.
    async fn wait_for(&self, before: &Latest, queues: bool, until: Instant) -> Answered<()> {
        let mut now = before.execution.clone();
        if queues {
            let left = until.saturating_duration_since(Instant::now());
            now = wait::until(self.app, now, left, |state| state.status().is_terminal()).await?;
        }
        if now.status().is_terminal() {
            return Ok(());
        }
        let detail = match wait::ended_or_asks(&now) {
            true => "the message before it asks somebody: answer by POST /v1/chat/{workflow_id}/resume",
            false => "the message before it has not been answered: say this again once it has",
        };
        let problem = Problem::conflict("session_busy", detail).with("execution_id", now.id().as_str());
        Err(problem.with("execution_status", now.status().as_str()))
    }
}
