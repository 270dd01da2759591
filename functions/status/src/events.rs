//! Server-sent events: the journal as it grows.

use api::{Answered, App, Params, Path, Problem, Reader, Routes, limits, schema};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde_json::{Value, json};
use shared::{
    execution::Execution,
    id::ExecutionId,
    port::{Host, StoreError},
    view,
};
use std::{fmt::Write, sync::Arc};
use tokio::time::timeout;
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
        (status = "4XX", body = schema::ProblemDetails, content_type = "application/problem+json")))]
async fn events(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Answered<Response> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    let reader = Journal::after(app.host.clone(), &execution, last_event_id(&headers)?);
    let chunks = stream::unfold(reader, |mut reader| async move {
        let chunk = reader.next().await?;
        Some((chunk, reader))
    });
    let kind = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies that would collect the stream before they pass it on.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((kind, Body::from_stream(chunks)).into_response())
}

/// Turn and index of the last event that the caller has.
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

struct Journal {
    host: Arc<dyn Host>,
    id: ExecutionId,
    /// The last turn that was sent in full.
    after: u64,
    /// Events of the next turn up to this index were sent before.
    skip: Option<usize>,
    over: bool,
}

impl Journal {
    fn after(host: Arc<dyn Host>, execution: &Execution, last: Option<(u64, usize)>) -> Self {
        let (after, skip) = match last {
            None => (0, None),
            Some((seq, index)) => (seq.saturating_sub(1), Some(index)),
        };
        Self { host, id: execution.id().clone(), after, skip, over: false }
    }

    /// What follows on the stream; none after its end.
    async fn next(&mut self) -> Option<Result<Bytes, StoreError>> {
        if self.over {
            return None;
        }
        let next = self.read().await;
        // A store that fails breaks the stream off: the caller connects again and loses nothing.
        self.over |= next.is_err();
        Some(next)
    }

    async fn read(&mut self) -> Result<Bytes, StoreError> {
        loop {
            let turns = self.host.turns(&self.id, self.after, limits::TURNS_PER_READ).await?;
            let mut text = String::new();
            for turn in &turns {
                let skip = self.skip.take().filter(|_| turn.seq == self.after + 1);
                let events = view::stream_events(&self.id, turn);
                let rest = events.iter().enumerate().filter(|(at, _)| skip.is_none_or(|last| *at > last));
                for (_, (id, name, data)) in rest {
                    push(&mut text, Some(id), name, data);
                }
                self.after = turn.seq;
            }
            if !text.is_empty() {
                return Ok(text.into());
            }
            if !turns.is_empty() {
                continue;
            }
            let state = self.host.load(&self.id).await?;
            let status = state.as_ref().map(|state| state.status());
            let behind = state.is_some_and(|state| state.seq > self.after);
            if status.is_none_or(|status| status.is_terminal()) && !behind {
                self.over = true;
                push(&mut text, None, "end", &json!({"execution_id": self.id, "status": status}));
                return Ok(text.into());
            }
            if !behind && timeout(limits::HEARTBEAT, self.host.changed(&self.id, self.after)).await.is_err() {
                return Ok(Bytes::from_static(b": heartbeat\n\n"));
            }
        }
    }
}

/// JSON has no line breaks of its own, so an event's data is one line.
fn push(text: &mut String, id: Option<&String>, name: &str, data: &Value) {
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
}
