//! A conversation as server-sent events: what happens in an execution until it has ended or asks
//! somebody.

use super::{answered, tell::Told};
use crate::{
    Answered, App, Bounds,
    executions::wait,
    limits,
    service::sse::{self, event},
};
use axum::{
    body::{Body, Bytes},
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::Response,
};
use engine::pieces::Piece;
use futures::{StreamExt, channel::mpsc::UnboundedReceiver, stream};
use serde_json::json;
use std::{convert::Infallible, io, sync::Arc};
use stepwell_core::{
    execution::{Execution, Status},
    id::ExecutionId,
};
use tokio::time::{Instant, timeout_at};

/// What a request wants to hear, and how long its answer may last.
pub struct Wanted {
    /// Whether all that happens, as a stream.
    pub streams: bool,
    bounds: Option<Bounds>,
}

/// What models say, as they say it; none where nobody can hear it.
pub type Ear = Option<UnboundedReceiver<Piece>>;

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut kinds = accepted.flat_map(|value| value.split(','));
        let streams = kinds.any(|kind| kind.trim().starts_with("text/event-stream"));
        Ok(Self { streams, bounds: parts.extensions.get::<Bounds>().copied() })
    }
}

impl Wanted {
    /// Listens to an execution, where the request wants a stream.
    pub fn ear(&self, app: &App, id: &ExecutionId) -> Ear {
        Some(app.host.pieces().filter(|_| self.streams)?.listen(id))
    }
}

/// The response with what happens in an execution after a turn.
///
/// # Errors
/// What the store says.
pub async fn response(
    app: &Arc<App>,
    session: &str,
    (execution, after): (&Execution, u64),
    ear: Ear,
    wanted: Wanted,
) -> Answered<Response> {
    let bounds = wanted.bounds;
    let started =
        json!({"session_id": session, "execution_id": execution.id(), "workflow_id": execution.started.workflow_id});
    let told = if after == 0 { Told::default() } else { Told::of(execution) };
    let (app, session, id) = (app.clone(), session.to_owned(), execution.id().clone());
    let until = bounds.map(|bounds| bounds.until);
    let mut reader = Reader {
        app,
        session,
        id,
        after,
        ear,
        told,
        kept: String::new(),
        until,
        status: execution.status(),
        over: false,
    };
    let first = event("start", &started);
    let body = match bounds {
        Some(Bounds { whole: Some(room), .. }) => Body::from(reader.whole(first, room).await?),
        _ => {
            let rest = stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) });
            let all = stream::once(async move { Ok(first) }).chain(rest);
            Body::from_stream(all.map(|part| part.map(Bytes::from)))
        }
    };
    Ok(sse::response(body))
}

/// Reads what happens in one execution.
struct Reader {
    app: Arc<App>,
    session: String,
    id: ExecutionId,
    /// The last turn that was told.
    after: u64,
    ear: Ear,
    told: Told,
    /// What was heard while nothing else happened, and is to be told next.
    kept: String,
    /// None: the stream lasts until the execution ends or asks.
    until: Option<Instant>,
    /// What it was when it was last looked at.
    status: Status,
    over: bool,
}

impl Reader {
    /// The next part of the stream; none after its end. An error of the store breaks the stream off: the session says what
    /// came of the message.
    async fn next(&mut self) -> Option<io::Result<String>> {
        if self.over {
            return None;
        }
        let read = self.read().await;
        self.over |= read.is_err();
        Some(read.map_err(|_| io::Error::other("the conversation cannot be read")))
    }

    /// All of it in one text, as far as there is time and room.
    async fn whole(&mut self, first: String, room: usize) -> Answered<String> {
        let mut text = first;
        while !self.over && text.len() <= room {
            text.push_str(&self.read().await?);
        }
        Ok(text)
    }

    async fn read(&mut self) -> Answered<String> {
        let silent = Instant::now() + limits::HEARTBEAT;
        loop {
            let turns = self.app.host.journal().turns_lean(&self.id, self.after, limits::TURNS_PER_READ).await?;
            // What was said of an answer was said before the answer was recorded.
            let mut text = self.heard();
            for turn in &turns {
                text.push_str(&self.told.turn(&self.app, &self.id, turn).await?);
                self.after = turn.seq;
            }
            if turns.is_empty() {
                text.push_str(&self.end().await?);
            }
            if !text.is_empty() {
                return Ok(text);
            }
            if turns.is_empty() && !self.waits(silent).await {
                return Ok(self.pause());
            }
        }
    }

    /// The pieces that came meanwhile.
    fn heard(&mut self) -> String {
        let mut text = std::mem::take(&mut self.kept);
        while let Some(Ok(piece)) = self.ear.as_mut().map(UnboundedReceiver::try_recv) {
            text.push_str(&self.told.piece(piece));
        }
        text
    }

    /// The last events, where the execution has ended or asks somebody; empty where it goes on.
    async fn end(&mut self) -> Answered<String> {
        let Some(state) = self.app.host.journal().load_lean(&self.id).await? else {
            self.over = true;
            return Ok(event("end", &json!({"execution_id": self.id, "status": null})));
        };
        self.status = state.status();
        if state.seq > self.after || !wait::ended_or_asks(&state) {
            return Ok(String::new());
        }
        let answer = answered::answer(&self.app, &self.session, &state).await?;
        if answer.status == Status::WaitingHuman && answer.interactions.is_empty() {
            // What was asked is answered, and the word of it is on its way.
            return Ok(String::new());
        }
        self.over = true;
        let mut text = String::new();
        for one in &answer.interactions {
            text.push_str(&event("interaction", &json!(one)));
        }
        if let Some(said) = &answer.text {
            text.push_str(&event("message", &json!({"text": said})));
        }
        let end = json!({"session_id": self.session, "execution_id": self.id, "status": answer.status, "error": answer.error});
        Ok(text + &event("end", &end))
    }

    /// Waits until something happens; false where the time is over, or it was silent for long.
    async fn waits(&mut self, silent: Instant) -> bool {
        let patience = self.until.map_or(silent, |until| until.min(silent));
        let changed = self.app.host.journal().changed(&self.id, self.after);
        let spoken = async {
            match self.ear.as_mut() {
                Some(ear) => ear.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = timeout_at(patience, changed) => changed.is_ok(),
            piece = spoken => {
                match piece {
                    Some(piece) => self.kept = self.told.piece(piece),
                    None => self.ear = None,
                }
                true
            }
            () = self.app.stop.stopped() => {
                self.over = true;
                false
            }
        }
    }

    /// What is sent where nothing happened: nothing more where the time is over, or else a comment that keeps proxies from
    /// cutting the connection.
    fn pause(&mut self) -> String {
        if self.over || self.until.is_some_and(|until| until <= Instant::now()) {
            self.over = true;
            let end =
                json!({"session_id": self.session, "execution_id": self.id, "status": self.status, "error": null});
            return event("end", &end);
        }
        sse::HEARTBEAT.into()
    }
}
