//! Requests as Lambda hands them in, over the same router as on every other host.
//!
//! Behind API Gateway an answer is one piece of JSON, bounded in size and time. A function URL in the invoke mode
//! `RESPONSE_STREAM` takes a stream, of any length, until the function's time is over. Which of them asks is seen in the
//! request; `STEPWELL_STREAMING=off` says that the function URL buffers too.

use crate::{Bounds, Problem, limits};
use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    http::{HeaderValue, Response, StatusCode, header::SET_COOKIE},
    response::IntoResponse,
};
use lambda_http::{
    Adapter, Context, Error, LambdaEvent, Request,
    lambda_runtime::{FunctionResponse, MetadataPrelude, StreamResponse},
    request::LambdaRequest,
    tower::{ServiceExt, service_fn},
};
use serde_json::value::{RawValue, to_raw_value};
use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// What Lambda is answered: one piece of JSON, or a stream.
pub type Answer = FunctionResponse<Box<RawValue>, BodyDataStream>;

/// Answers as a stream where the one who asks can take it.
///
/// # Errors
/// Where the answer cannot be written as JSON.
pub async fn answer(service: &Router, event: LambdaEvent<LambdaRequest>) -> Result<Answer, Error> {
    let LambdaEvent { payload, context } = event;
    if !takes_a_stream(&payload) {
        return whole(service, payload, context).await.map(FunctionResponse::BufferedResponse);
    }
    let path = own_path(&payload);
    let mut request = without_stage(payload.into(), path);
    request.extensions_mut().insert(Bounds { until: Instant::now() + left(&context), whole: None });
    let Ok(response) = service.clone().oneshot(request).await;
    let (mut parts, body) = response.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let cookies = parts.headers.get_all(SET_COOKIE).iter().map(text).collect();
    parts.headers.remove(SET_COOKIE);
    let metadata_prelude = MetadataPrelude { status_code: parts.status, headers: parts.headers, cookies };
    Ok(FunctionResponse::StreamingResponse(StreamResponse { metadata_prelude, stream: body.into_data_stream() }))
}

/// Answers in one piece, as API Gateway wants it.
///
/// # Errors
/// Where the answer cannot be written as JSON.
pub async fn whole(service: &Router, request: LambdaRequest, context: Context) -> Result<Box<RawValue>, Error> {
    let path = own_path(&request);
    let respond = |request: Request| {
        let mut request = without_stage(request, path.clone());
        let bounds = Bounds { until: Instant::now() + limits::WHOLE_WAIT, whole: Some(limits::WHOLE_BYTES) };
        request.extensions_mut().insert(bounds);
        let service = service.clone();
        async move {
            let Ok(response) = service.oneshot(request).await;
            Ok::<_, Infallible>(bounded(response).await)
        }
    };
    let Ok(answer) = Adapter::from(service_fn(respond)).oneshot(LambdaEvent::new(request, context)).await;
    Ok(to_raw_value(&answer)?)
}

/// The path without the stage of API Gateway, which is no part of the routes; none where it has no stage.
fn own_path(request: &LambdaRequest) -> Option<String> {
    match request {
        LambdaRequest::ApiGatewayV1(request) => request.path.clone(),
        LambdaRequest::ApiGatewayV2(request) => {
            let stage = request.request_context.stage.as_deref().filter(|stage| *stage != "$default")?;
            let rest = request.raw_path.as_deref()?.strip_prefix('/')?.strip_prefix(stage)?;
            rest.starts_with('/').then(|| rest.to_owned())
        }
        _ => None,
    }
}

fn without_stage(mut request: Request, path: Option<String>) -> Request {
    let Some(path) = path else { return request };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(uri) = format!("{path}{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// The response, or a problem where Lambda would not take it.
async fn bounded(response: Response<Body>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    match to_bytes(body, limits::LAMBDA_BYTES).await {
        Ok(bytes) if quoted_len(&bytes) <= limits::LAMBDA_BYTES => Response::from_parts(parts, Body::from(bytes)),
        _ => {
            let detail = "the answer is larger than a function may answer in one piece: ask the address that streams, \
                          or for less at once";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "response_too_large", detail).into_response()
        }
    }
}

/// Bytes of a text as a JSON string.
fn quoted_len(text: &[u8]) -> usize {
    let more = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        0..=0x1f => 5,
        _ => 0,
    };
    text.len() + 2 + text.iter().map(more).sum::<usize>()
}

/// Whether a function URL asks, and takes a stream.
fn takes_a_stream(request: &LambdaRequest) -> bool {
    let LambdaRequest::ApiGatewayV2(request) = request else { return false };
    let domain = request.request_context.domain_name.as_deref().unwrap_or_default();
    domain.contains(".lambda-url.") && std::env::var("STEPWELL_STREAMING").as_deref() != Ok("off")
}

/// How long a stream may last: until shortly before Lambda cuts it off, which would count as a failure.
fn left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(limits::STREAM_END).max(limits::STREAM_LEAST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_size_of_a_text_in_json_is_foreseen() {
        for text in ["", "plain", "{\"a\": \"b\\n\"}\n\n", "\u{1}\t\r\u{7f}\u{e9}"] {
            assert_eq!(quoted_len(text.as_bytes()), serde_json::to_string(text).unwrap().len(), "{text:?}");
        }
    }

    #[test]
    fn the_stage_is_no_part_of_the_path() {
        let uri = |event: serde_json::Value| {
            let event: LambdaRequest = serde_json::from_value(event).unwrap();
            let path = own_path(&event);
            without_stage(event.into(), path).uri().path_and_query().unwrap().to_string()
        };
        let sample = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let rest = |stage: &str| {
            let mut event = sample(include_str!("../../../events/trigger-rest-start.json"));
            event["path"] = "/v1/executions".into();
            event["queryStringParameters"] = serde_json::json!({"limit": "5"});
            event["multiValueQueryStringParameters"] = serde_json::json!({"limit": ["5"]});
            event["requestContext"]["stage"] = stage.into();
            event
        };
        let http = |stage: &str, path: &str| {
            let mut event = sample(include_str!("../../../events/trigger-http-start.json"));
            event["rawPath"] = path.into();
            event["rawQueryString"] = "limit=5".into();
            event["requestContext"]["stage"] = stage.into();
            event
        };
        for event in [rest("prod"), rest("v1"), http("$default", "/v1/executions"), http("v1", "/v1/v1/executions")] {
            assert_eq!(uri(event.clone()), "/v1/executions?limit=5", "{event}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_lambda_would_refuse_becomes_a_problem() {
        let fits = Response::new(Body::from("x".repeat(limits::LAMBDA_BYTES - 2)));
        assert_eq!(bounded(fits).await.status(), StatusCode::OK);
        for large in ["x".repeat(limits::LAMBDA_BYTES + 1), "\"".repeat(limits::LAMBDA_BYTES / 2)] {
            let answer = bounded(Response::new(Body::from(large))).await;
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
