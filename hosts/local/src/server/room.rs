//! Gives each request the room that it needs in the host's memory, or refuses it.

use crate::memory::{Holder, Memory, REQUEST_PATIENCE, holding};
use api::{Problem, limits::IMPORT_BYTES};
use axum::{
    body::HttpBody,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use engine::limits::REQUEST_BYTES;
use std::sync::Arc;

/// What a body takes in memory, as a multiple of its text: its values take some eight times as much where they are
/// records.
const TIMES: usize = 8;

/// Handles a request once there is room for its body, and lets it hold the room of what it reads until it is answered.
/// A large answer for which no room comes is a 503 `out_of_memory`.
pub async fn given(State(memory): State<Arc<Memory>>, request: Request, next: Next) -> Response {
    let holder = Holder::of_request();
    let size = request.body().size_hint();
    // A body whose length is not declared may be as large as any.
    let bytes = size.upper().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(REQUEST_BYTES).min(IMPORT_BYTES);
    let response = holding(holder.clone(), async {
        match memory.take(bytes * TIMES).await {
            Ok(_) => Some(next.run(request).await),
            Err(_) => None,
        }
    })
    .await;
    match response {
        Some(response) if !(holder.was_refused() && response.status() == StatusCode::SERVICE_UNAVAILABLE) => response,
        _ => full().into_response(),
    }
}

fn full() -> Problem {
    let detail = format!(
        "this takes much memory, and the host had no room for it within {} s: try again, ask for less at a time, or \
         raise --memory",
        REQUEST_PATIENCE.as_secs()
    );
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "out_of_memory", detail);
    problem
        .with_header(header::RETRY_AFTER, &REQUEST_PATIENCE.as_secs().to_string())
        .with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}
