//! The route `POST /mcp`: who asks, whether the request is one, and then the protocol.

use crate::{handler::Server, limits};
use api::{App, Bounds, Problem, Routes, SignedIn, desk, light, shallow};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::post,
};
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, ErrorData, RequestId, ServerJsonRpcMessage},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// The path of the server.
const PATH: &str = "/mcp";

/// How long tools wait.
#[derive(Clone, Copy)]
struct Patience(Duration);

/// The route of the server. Its tools wait for [`limits::PATIENCE`] at most.
pub fn routes() -> Routes {
    routes_with(limits::PATIENCE)
}

/// The same, whose tools wait that long at most.
pub fn routes_with(patience: Duration) -> Routes {
    let routes = Routes::new().route(PATH, post(answer));
    routes.layer(Extension(desk::Routes::default())).layer(Extension(Patience(patience)))
}

/// Answers one message. Other methods than POST belong to sessions, which this server has none of: they get 405.
async fn answer(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Extension(Patience(patience)): Extension<Patience>,
    Extension(routes): Extension<desk::Routes>,
    mut parts: Parts,
    body: api::Body,
) -> Result<Response, Problem> {
    let api::Body(bytes) = body;
    shallow(&bytes)?;
    light(&bytes)?;
    if let Some(fault) = fault(&bytes) {
        return Ok(fault);
    }
    let desk = routes.desk(&app, &caller, &parts.extensions);
    let server = Server::new(app, caller.0.clone(), desk, patience_within(patience, &parts));
    let config = config(&parts.headers);
    // A function behind a gateway is told no host, and the protocol's crate wants one. Origins were compared by then.
    parts.headers.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    let request = Request::from_parts(parts, Body::from(bytes));
    Ok(service.handle(request).await.map(Body::new))
}

/// The answer to what is no message of the protocol: an error of the protocol, which its clients read. It has the id of the
/// request where that has one.
fn fault(bytes: &[u8]) -> Option<Response> {
    let wrong = match serde_json::from_slice::<ClientJsonRpcMessage>(bytes) {
        Ok(message) => return misfit(message),
        Err(wrong) => wrong,
    };
    let read = serde_json::from_slice::<Value>(bytes);
    let error = match &read {
        Err(error) => ErrorData::parse_error(format!("this is no JSON: {error}"), None),
        Ok(_) => ErrorData::invalid_request(format!("this is no message of the protocol: {wrong}"), None),
    };
    let id = read.ok().and_then(|read| serde_json::from_value::<RequestId>(read.get("id")?.clone()).ok());
    Some((StatusCode::BAD_REQUEST, Json(ServerJsonRpcMessage::error(error, id))).into_response())
}

/// Requests of the protocol that this server answers.
const REQUESTS: [&str; 4] = ["initialize", "ping", "tools/list", "tools/call"];

/// The answer to a request whose params are none of its own. The protocol's crate takes it for one that it does not know.
fn misfit(message: ClientJsonRpcMessage) -> Option<Response> {
    let ClientJsonRpcMessage::Request(asked) = message else { return None };
    let ClientRequest::CustomRequest(custom) = asked.request else { return None };
    if !REQUESTS.contains(&custom.method.as_str()) {
        return None;
    }
    let message = format!("the params of {} do not fit: see the protocol's description of them", custom.method);
    let error = ErrorData::invalid_params(message, None);
    Some(Json(ServerJsonRpcMessage::error(error, Some(asked.id))).into_response())
}

/// How long a tool may wait where something between the service and its caller limits the answer.
fn patience_within(patience: Duration, parts: &Parts) -> Duration {
    let bounds = parts.extensions.get::<Bounds>();
    bounds.map_or(patience, |bounds| patience.min(bounds.until.saturating_duration_since(Instant::now())))
}

/// No sessions, JSON where an answer is one message, and no request that a page of another origin sends: what a browser
/// is made to do by such a page comes with its origin. Which names the host has is checked before this route.
fn config(headers: &HeaderMap) -> StreamableHttpServerConfig {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let with_port = |host: &str, port: u16| {
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port { host.to_owned() } else { format!("{host}:{port}") }
    };
    let own = host.map(|host| [format!("http://{}", with_port(host, 80)), format!("https://{}", with_port(host, 443))]);
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(engine::limits::REQUEST_BYTES)
        .disable_allowed_hosts()
        .with_allowed_origins(own.into_iter().flatten())
        .enforce_origin_validation()
}
