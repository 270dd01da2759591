//! A session over streamable HTTP. All of its requests go to the one address, through a client that judges it.

use super::{
    answer::Answer,
    ask::Session,
    failure::{self, Ended},
};
use crate::{
    http::Door,
    limits::{MCP_BYTES, MCP_RECONNECTS},
};
use document::work::McpAsk;
use rmcp::{
    service::{ClientInitializeError, ServiceError},
    transport::{
        DynamicTransportError, StreamableHttpClientTransport,
        common::client_side_sse::ExponentialBackoff,
        streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError},
    },
};
use std::sync::Arc;
use stepwell_core::task::{Failure, Outcome};

/// Headers that the protocol sets itself.
const OURS: [&str; 5] = ["accept", "content-type", "last-event-id", "mcp-protocol-version", "mcp-session-id"];

/// Asks the server behind a door.
pub async fn ask(door: &Door, ask: &McpAsk) -> Result<Answer, Ended> {
    let config = config(door)?;
    let transport = StreamableHttpClientTransport::with_client(door.client.clone(), config);
    let session = Session::begin(transport).await;
    let session = session.map_err(|error| of_beginning(&error, door))?;
    let of_carrier = |error: &ServiceError| match error {
        ServiceError::TransportSend(error) => of_carrier(error, door),
        _ => None,
    };
    session.ask(ask, of_carrier).await
}

fn config(door: &Door) -> Result<StreamableHttpClientTransportConfig, Failure> {
    let mut headers = std::collections::HashMap::new();
    for (name, value) in door.headers() {
        if OURS.contains(&name.as_str()) {
            let message = format!("the header {name} belongs to the protocol and cannot be set: leave it out");
            return Err(Failure::new("invalid_header", message));
        }
        if headers.insert(name.clone(), value.clone()).is_some() {
            let message = format!("the header {name} is set twice: join its values with a comma");
            return Err(Failure::new("invalid_header", message));
        }
    }
    let mut config = StreamableHttpClientTransportConfig::with_uri(door.url().as_str())
        .custom_headers(headers)
        .max_sse_event_size(MCP_BYTES)
        .max_json_response_size(MCP_BYTES)
        .reinit_on_expired_session(false);
    // A server may close the stream of an answer and have it fetched later, which asks nothing anew.
    let mut retry = ExponentialBackoff::default();
    retry.max_times = Some(MCP_RECONNECTS);
    config.retry_config = Arc::new(retry);
    Ok(config)
}

/// The end of a session that did not begin. Nothing was asked of a tool by then, so nothing is uncertain.
fn of_beginning(error: &ClientInitializeError, door: &Door) -> Ended {
    let carried = match error {
        ClientInitializeError::TransportError { error, .. } => of_carrier(error, door),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => return of_beginning(fallback, door),
        _ => None,
    };
    match carried {
        Some(Ended(Outcome::Unknown(failure))) => Ended(Outcome::Failed(failure)),
        Some(ended) => ended,
        None => failure::of_beginning(error),
    }
}

/// What an error of HTTP means; none for what this does not know.
fn of_carrier(error: &DynamicTransportError, door: &Door) -> Option<Ended> {
    let error = error.error.downcast_ref::<StreamableHttpError<reqwest::Error>>()?;
    let host = door.host();
    let failed = |failure| Some(Ended(Outcome::Failed(failure)));
    match error {
        StreamableHttpError::Client(error) => match error.status() {
            Some(status) => failed(failure::of_status(status.as_u16(), &host)),
            None => Some(Ended(door.failed(error))),
        },
        StreamableHttpError::HttpStatus(status) => failed(failure::of_status(status.status, &host)),
        StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => {
            failed(failure::unauthorized(&host))
        }
        StreamableHttpError::ResponseBodyTooLarge { .. } => failed(failure::too_large()),
        StreamableHttpError::ReservedHeaderConflict(name) => {
            failed(Failure::new("invalid_header", format!("the header {name} belongs to the protocol: leave it out")))
        }
        _ => None,
    }
}
