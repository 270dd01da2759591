//! Streams the journal of an execution as it grows, as server-sent events.

use crate::{
    Answered, App, Bounds, Params, Path, Problem, Reader, Routes, Stop, limits,
    service::{
        sse,
        tail::{Follower, Told},
    },
    types,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
    response::Response,
};
use engine::port::{Host, StoreError};
use futures::stream;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use stepwell_core::{
    event::{Event, Turn},
    execution::Execution,
    id::ExecutionId,
    view,
};
use tokio::time::{Instant, timeout_at};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(events))
}

/// Each event of the journal, from the beginning or after `Last-Event-ID`, and then as they are recorded; at the
/// execution's end `event: end`. An id is `CHECKPOINT.INDEX`.
#[utoipa::path(get, path = "/v1/executions/{id}/events", operation_id = "stream_events", tag = "executions",
    security(("bearer" = [])),
    params(("id" = String, Path), ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, body = String, content_type = "text/event-stream"),
        types::Refused))]
async fn events(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    bounds: Option<Extension<Bounds>>,
) -> Answered<Response> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    let bounds = bounds.map(|Extension(bounds)| bounds);
    let reader = Journal::after(&app, &execution, last_event_id(&headers)?, bounds);
    let body = match bounds {
        Some(bounds @ Bounds { whole: Some(_), .. }) => Body::from(reader.so_far(bounds).await?),
        _ => Body::from_stream(stream::unfold(reader, |mut reader| async move {
            let chunk = reader.next().await?;
            Some((chunk, reader))
        })),
    };
    Ok(sse::response(body))
}

/// Reads the header `Last-Event-ID`: the turn of the last event that the caller has, and the event's index in it. A
/// turn without an index means all of its events. None where the header is absent or empty.
///
/// # Errors
/// 422 `invalid_last_event_id`.
fn last_event_id(headers: &HeaderMap) -> Answered<Option<(u64, usize)>> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (seq, index) = text.split_once('.').unwrap_or((text, ""));
    let index = if index.is_empty() { Some(usize::MAX) } else { index.parse().ok() };
    match seq.parse().ok().zip(index) {
        Some(position) => Ok(Some(position)),
        None => {
            let hint = "send the `id` of the last event that came, unchanged, or leave the header out";
            Err(Problem::field("invalid_last_event_id", "", "this Last-Event-ID is no position", hint))
        }
    }
}

/// Reads the journal of one execution from some event on, as text of server-sent events.
struct Journal {
    host: Arc<dyn Host>,
    /// A stream ends where its host stops.
    stop: Stop,
    /// What it reads together with other streams of the same execution.
    together: Follower,
    id: ExecutionId,
    /// The last turn that was sent in full.
    after: u64,
    /// Events of the next turn up to this index were sent before.
    skip: Option<usize>,
    /// None: the stream may last until the execution ends.
    bounds: Option<Bounds>,
    /// Whether the line was sent that says when to connect again.
    begun: bool,
    /// Whether the stream has ended.
    over: bool,
}

impl Journal {
    /// Begins after the event `last`, or at the first one. The turn of `last` is read once more, for the events behind
    /// it.
    fn after(app: &App, execution: &Execution, last: Option<(u64, usize)>, bounds: Option<Bounds>) -> Self {
        let (after, skip) = match last {
            None | Some((0, _)) => (0, None),
            Some((seq, index)) => (seq.saturating_sub(1), Some(index)),
        };
        let (host, stop, together) = (app.host.clone(), app.stop.clone(), app.tails.follow(execution));
        Self { host, stop, together, id: execution.id().clone(), after, skip, bounds, begun: false, over: false }
    }

    /// The next part of the stream; None after its end.
    async fn next(&mut self) -> Option<Result<Bytes, StoreError>> {
        if self.over {
            return None;
        }
        if let (Some(_), false) = (self.bounds, self.begun) {
            self.begun = true;
            return Some(Ok(come_again().into()));
        }
        let next = self.read().await;
        // An error of the store breaks the stream off: the caller connects again and loses nothing.
        self.over |= next.is_err();
        match next {
            // The time for the stream is over, or the host stops: the caller connects again here too.
            Ok(text) if text.is_empty() => None,
            next => Some(next.map(Bytes::from)),
        }
    }

    /// The events that there are, as far as they fit, as one whole text. Where there are none, waits for one until the
    /// time is over.
    async fn so_far(mut self, Bounds { until, whole }: Bounds) -> Result<String, StoreError> {
        let (mut text, room) = (come_again(), whole.unwrap_or(usize::MAX));
        let mut told = false;
        loop {
            let part = self.events(room.saturating_sub(text.len()), !told).await?;
            text.push_str(&part.text);
            told |= !part.text.is_empty();
            if part.is_full {
                return Ok(text);
            }
            match self.end().await? {
                End::Over(end) => return Ok(text + &end),
                End::Behind => {}
                End::NotYet if told => return Ok(text),
                End::NotYet => {
                    if timeout_at(until, self.host.journal().changed(&self.id, self.after)).await.is_err() {
                        return Ok(text);
                    }
                }
            }
        }
    }

    /// Waits for the next part of the stream: events, a heartbeat after some silence, or the end. The text is empty
    /// when the time is over or the host stops.
    async fn read(&mut self) -> Result<String, StoreError> {
        let until = self.bounds.map(|bounds| bounds.until);
        // The silence counts from here: a host may say that something changed, or that it looks again, at any time.
        let silent = Instant::now() + limits::HEARTBEAT;
        loop {
            // Where states are in memory the journal is read only where there is something to read.
            let mut end = if self.host.journal().keeps_states() { self.end().await? } else { End::Behind };
            if matches!(end, End::Behind) {
                let part = self.events(usize::MAX, true).await?;
                if !part.text.is_empty() {
                    return Ok(part.text);
                }
                end = self.end().await?;
            }
            match end {
                End::Over(end) => {
                    self.over = true;
                    return Ok(end);
                }
                End::Behind => continue,
                End::NotYet => {}
            }
            let patience = until.map_or(silent, |until| until.min(silent));
            let changed = timeout_at(patience, self.host.journal().changed(&self.id, self.after));
            let changed = tokio::select! {
                changed = changed => changed,
                () = self.stop.stopped() => return Ok(String::new()),
            };
            if changed.is_err() {
                let is_over = until.is_some_and(|until| until <= Instant::now());
                return Ok(if is_over { String::new() } else { sse::HEARTBEAT.into() });
            }
        }
    }

    /// Whether the journal has ended where the reader is. A deleted execution ends its stream too, without a status.
    async fn end(&self) -> Result<End, StoreError> {
        let state = self.host.journal().load_lean(&self.id).await?;
        let status = state.as_ref().map(|state| state.status());
        if state.is_some_and(|state| state.seq > self.after) {
            return Ok(End::Behind);
        }
        if !status.is_none_or(|status| status.is_terminal()) {
            return Ok(End::NotYet);
        }
        let mut end = String::new();
        sse::push(&mut end, None, "end", &json!({"execution_id": self.id, "status": status}));
        Ok(End::Over(end))
    }

    /// The text of the next events; empty where there are none at the moment. It has `room` bytes at most; with `first`
    /// its first event may be larger, since the caller would never get beyond it otherwise.
    async fn events(&mut self, room: usize, first: bool) -> Result<Part, StoreError> {
        let mut text = String::new();
        loop {
            let after = self.after;
            let turns = self.together.turns(after, read(&*self.host, &self.id, after)).await?;
            for turn in &turns {
                // Events are skipped in the turn after `after` only, and once.
                let skip = self.skip.take().filter(|_| turn.seq == self.after + 1);
                for (at, event) in turn.events.iter().enumerate() {
                    if skip.is_some_and(|last| at <= last) {
                        continue;
                    }
                    if text.len() + event.len() > room && (!text.is_empty() || !first) {
                        // The next read begins with this event: the earlier ones of its turn are skipped then.
                        self.skip = at.checked_sub(1);
                        return Ok(Part { text, is_full: true });
                    }
                    text.push_str(event);
                }
                self.after = turn.seq;
            }
            // Turns may have no events to show, which makes no text: then the turns after them are read.
            if turns.is_empty() || !text.is_empty() {
                return Ok(Part { text, is_full: false });
            }
        }
    }
}

/// Reads the turns after one, as streams tell them.
async fn read(host: &dyn Host, id: &ExecutionId, after: u64) -> Result<Vec<Told>, StoreError> {
    let turns = host.journal().turns_lean(id, after, limits::TURNS_PER_READ).await?;
    let told = |turn: &Turn| {
        let event = |(at, event)| {
            let (mut text, data) = (String::new(), data(id, turn, event));
            let name = data["type"].as_str().unwrap_or("event");
            sse::push(&mut text, Some(format!("{}.{at}", turn.seq)), name, &data);
            text
        };
        Told { seq: turn.seq, events: turn.events.iter().enumerate().map(event).collect() }
    };
    Ok(turns.iter().map(told).collect())
}

/// The data of one event of the journal: the turn that recorded it, and what it tells itself, which takes precedence.
fn data(execution: &ExecutionId, turn: &Turn, event: &Event) -> Value {
    let mut data = Map::new();
    data.insert("execution_id".into(), execution.as_str().into());
    data.insert("checkpoint".into(), turn.seq.to_string().into());
    data.insert("timestamp".into(), turn.at.to_string().into());
    data.insert("by".into(), turn.by.as_deref().into());
    if let Value::Object(fields) = view::event(event) {
        data.extend(fields);
    }
    Value::Object(data)
}

/// The text of some events.
struct Part {
    text: String,
    /// Whether there are more events than there was room for.
    is_full: bool,
}

/// How the journal stands where the reader has got to.
enum End {
    /// The execution has ended or was deleted, and no event follows this last text.
    Over(String),
    /// There are turns that the reader has not read.
    Behind,
    /// The execution goes on, and the reader has read all of it.
    NotYet,
}

/// The line that tells a client how soon to connect again after its stream ends. It then sends `Last-Event-ID`.
fn come_again() -> String {
    format!("retry: {}\n\n", limits::RETRY.as_millis())
}
