//! Server-sent events (WHATWG HTML, §9.2): how one is written, and the response that has them.

use axum::{
    body::Body,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::fmt::Write;

/// Writes one event. Its data is one line, since JSON that is written compactly has no line breaks.
pub fn push(text: &mut String, id: Option<String>, name: &str, data: &Value) {
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
}

/// One event without an id.
pub fn event(name: &str, data: &Value) -> String {
    let mut text = String::new();
    push(&mut text, None, name, data);
    text
}

/// A comment that keeps proxies from cutting a connection on which nothing happens.
pub const HEARTBEAT: &str = ": heartbeat\n\n";

/// The response of a stream.
pub fn response(body: Body) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Without this header, proxies such as nginx collect the stream before they pass it on.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (kind, body).into_response()
}
