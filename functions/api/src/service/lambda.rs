//! Serves the requests that Lambda hands in with the same router as on every other host.
//!
//! Behind API Gateway an answer is one piece of JSON, bounded in size and time. A function URL in the invoke mode
//! `RESPONSE_STREAM` takes a stream of any length until the function's time is over. The domain name in the request
//! tells which of the two it came through; `STEPWELL_STREAMING=off` says that the function URL buffers too.

use crate::{
    Bounds, Problem, limits,
    request::{arrived::TakenIn, bounds::in_one_piece},
};
use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    http::{
        HeaderValue, Response, StatusCode, Uri,
        header::{HOST, SET_COOKIE},
        uri::PathAndQuery,
    },
    response::IntoResponse,
};
use document::time::Time;
use lambda_http::{
    Adapter, Context, Error, LambdaEvent, Request,
    lambda_runtime::{FunctionResponse, MetadataPrelude, StreamResponse},
    request::LambdaRequest,
    tower::{ServiceExt, service_fn},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::value::{RawValue, to_raw_value};
use std::{
    convert::Infallible,
    mem,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// What the function hands to Lambda: one piece of JSON, or a stream.
pub type Answer = FunctionResponse<Box<RawValue>, BodyDataStream>;

/// Answers a request, as a stream where it came through an address that takes one.
///
/// # Errors
/// Where the answer cannot be written as JSON.
pub async fn answer(service: &Router, event: LambdaEvent<LambdaRequest>) -> Result<Answer, Error> {
    let LambdaEvent { mut payload, context } = event;
    if !takes_a_stream(&payload) {
        return whole(service, payload, context).await.map(FunctionResponse::BufferedResponse);
    }
    let (taken_in, address) = (taken_in(&payload), take_address(&mut payload));
    let bounds = Bounds { until: Instant::now() + left(&context), whole: None };
    let (mut parts, body) = respond(service.clone(), payload.into(), address, (bounds, taken_in)).await.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    // A stream is preceded by its status, headers and cookies, and Lambda takes cookies apart from the headers.
    let cookies = parts.headers.get_all(SET_COOKIE).iter().map(text).collect();
    parts.headers.remove(SET_COOKIE);
    let metadata_prelude = MetadataPrelude { status_code: parts.status, headers: parts.headers, cookies };
    Ok(FunctionResponse::StreamingResponse(StreamResponse { metadata_prelude, stream: body.into_data_stream() }))
}

/// Answers a request in one piece, as API Gateway requires.
///
/// # Errors
/// Where the answer cannot be written as JSON.
pub async fn whole(service: &Router, mut request: LambdaRequest, context: Context) -> Result<Box<RawValue>, Error> {
    let (taken_in, address) = (taken_in(&request), take_address(&mut request));
    let answered = |request: Request| {
        let bounds = Bounds { until: Instant::now() + limits::WHOLE_WAIT, whole: Some(limits::WHOLE_BYTES) };
        let response = respond(service.clone(), request, address.clone(), (bounds, taken_in));
        let response = in_one_piece(limits::WHOLE_BYTES, response);
        async { Ok::<_, Infallible>(bounded(response.await).await) }
    };
    // The adapter writes the response in the form of the API that the request came through.
    let Ok(answer) = Adapter::from(service_fn(answered)).oneshot(LambdaEvent::new(request, context)).await;
    Ok(to_raw_value(&answer)?)
}

/// Sends a request through the router. `address` replaces the request's own; None: the client sent none that is valid.
async fn respond(
    service: Router,
    mut request: Request,
    address: Option<Uri>,
    (bounds, taken_in): (Bounds, Option<TakenIn>),
) -> Response<Body> {
    let Some(address) = address else {
        let detail = "the path or the query has characters that no address may have: percent-encode them";
        return Problem::new(StatusCode::BAD_REQUEST, "invalid_uri", detail).into_response();
    };
    *request.uri_mut() = address;
    request.extensions_mut().insert(bounds);
    if let Some(taken_in) = taken_in {
        request.extensions_mut().insert(taken_in);
    }
    let Ok(response) = service.oneshot(request).await;
    response
}

/// When API Gateway or a function URL took the request in, by its word.
fn taken_in(request: &LambdaRequest) -> Option<TakenIn> {
    let at = match request {
        LambdaRequest::ApiGatewayV1(request) => request.request_context.request_time_epoch,
        LambdaRequest::ApiGatewayV2(request) => request.request_context.time_epoch,
        _ => return None,
    };
    Some(TakenIn(Time(at)))
}

/// Takes path and query out of an event and removes the host: `lambda_http` would build an address of the three, and
/// panics where they make none. The path returned is without the stage of API Gateway, which is no part of the routes.
/// None where the client sent what is no address.
fn take_address(request: &mut LambdaRequest) -> Option<Uri> {
    let (path, query) = match request {
        LambdaRequest::ApiGatewayV1(request) => {
            request.headers.remove(HOST);
            request.request_context.domain_name = None;
            // An event of a REST API has the parameters twice; only one form keeps those that are given more than once.
            let single = mem::take(&mut request.query_string_parameters);
            let all = mem::take(&mut request.multi_value_query_string_parameters);
            let pairs = if all.is_empty() { single } else { all };
            (request.path.take(), pairs.to_query_string())
        }
        LambdaRequest::ApiGatewayV2(request) => {
            request.headers.remove(HOST);
            request.request_context.domain_name = None;
            // An HTTP API puts a named stage before the path; a path that only begins with the same letters is left
            // alone.
            let stage = request.request_context.stage.as_deref().unwrap_or_default();
            let path = request.raw_path.take().map(|path| {
                let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
                rest.filter(|rest| rest.starts_with('/')).map(str::to_owned).unwrap_or(path)
            });
            (path.map(|path| escaped(&path)), request.raw_query_string.take().unwrap_or_default())
        }
        _ => return None,
    };
    let path = path.unwrap_or_else(|| "/".into());
    let address = if query.is_empty() { path } else { format!("{path}?{query}") };
    address.parse::<PathAndQuery>().ok().map(Uri::from)
}

/// The path with those characters percent-encoded that no path may have. An HTTP API hands paths over decoded, a
/// function URL as they were sent, so codes that are there (`%20`) stay.
fn escaped(path: &str) -> String {
    const NEVER: AsciiSet = CONTROLS.add(b' ').add(b'?').add(b'#').add(b'<').add(b'>').add(b'"').add(b'`').add(b'\\');
    let mut parts = path.split('%').map(|part| utf8_percent_encode(part, &NEVER).to_string());
    let mut whole = parts.next().unwrap_or_default();
    for part in parts {
        let is_code = part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        whole.push_str(if is_code { "%" } else { "%25" });
        whole.push_str(&part);
    }
    whole
}

/// The response, or a problem in its place where it is larger than what Lambda takes.
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

/// Bytes that a text has as a JSON string, with quotes and escapes: Lambda's response holds the body as one.
fn quoted_len(text: &[u8]) -> usize {
    let more = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        0..=0x1f => 5,
        _ => 0,
    };
    text.len() + 2 + text.iter().map(more).sum::<usize>()
}

/// Whether the request came through a function URL, and that function URL streams answers.
fn takes_a_stream(request: &LambdaRequest) -> bool {
    let LambdaRequest::ApiGatewayV2(request) = request else { return false };
    let domain = request.request_context.domain_name.as_deref().unwrap_or_default();
    domain.contains(".lambda-url.") && std::env::var("STEPWELL_STREAMING").as_deref() != Ok("off")
}

/// How long a stream may last: it ends shortly before Lambda would cut the function off and count that as a failure.
fn left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    left.saturating_sub(limits::STREAM_END).max(limits::STREAM_LEAST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn http_start() -> Value {
        serde_json::from_str(include_str!("../../../../events/trigger-http-start.json")).unwrap()
    }

    fn rest_start() -> Value {
        serde_json::from_str(include_str!("../../../../events/trigger-rest-start.json")).unwrap()
    }

    async fn asked(event: Value) -> Value {
        let service = Router::new().fallback(async |uri: Uri| uri.to_string());
        let answer = whole(&service, serde_json::from_value(event).unwrap(), Context::default()).await.unwrap();
        serde_json::from_str(answer.get()).unwrap()
    }

    #[tokio::test]
    async fn no_host_and_no_address_that_a_client_sends_is_a_panic() {
        for start in [http_start, rest_start] {
            let mut event = start();
            event["headers"]["host"] = "a.127.0.0.1:80".into();
            event["headers"]["Host"] = "a.127.0.0.1:80".into();
            event["headers"]["x-forwarded-proto"] = "no scheme".into();
            assert_eq!(asked(event).await["statusCode"], 200);
        }
        let mut event = http_start();
        event["rawQueryString"] = "a=<b>".into();
        let answer = asked(event).await;
        assert_eq!(answer["statusCode"], 400, "{answer}");
        assert!(answer["body"].as_str().unwrap().contains("invalid_uri"), "{answer}");
        let mut event = rest_start();
        event["queryStringParameters"] = json!({"a": "<b> c"});
        event["multiValueQueryStringParameters"] = json!({"a": ["<b> c"]});
        assert!(asked(event).await["body"].as_str().unwrap().ends_with("?a=%3Cb%3E+c"));
        let mut event = http_start();
        event["rawPath"] = "*".into();
        assert!(asked(event).await["statusCode"].as_u64().unwrap() < 500);
    }

    #[tokio::test]
    async fn the_service_is_told_when_the_gateway_took_the_request_in() {
        let echo = async |request: axum::extract::Request| format!("{:?}", request.extensions().get::<TakenIn>());
        let service = Router::new().fallback(echo);
        for (mut event, name) in [(http_start(), "timeEpoch"), (rest_start(), "requestTimeEpoch")] {
            event["requestContext"][name] = 1_795_255_200_123_i64.into();
            let event = serde_json::from_value(event).unwrap();
            let answer = whole(&service, event, Context::default()).await.unwrap();
            assert!(answer.get().contains("TakenIn(Time(1795255200123))"), "{answer}");
        }
    }

    #[test]
    fn a_path_that_was_decoded_on_the_way_is_one_again() {
        for (given, path) in [
            ("/v1/a/signals/order paid", "/v1/a/signals/order%20paid"),
            ("/a#b?c%", "/a%23b%3Fc%25"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/caf%C3%A9%20", "/caf%C3%A9%20"),
        ] {
            let mut event = http_start();
            event["rawPath"] = given.into();
            let address = take_address(&mut serde_json::from_value(event).unwrap()).unwrap();
            assert_eq!(address.path(), path);
        }
    }

    #[test]
    fn the_size_of_a_text_in_json_is_foreseen() {
        for text in ["", "plain", "{\"a\": \"b\\n\"}\n\n", "\u{1}\t\r\u{7f}\u{e9}"] {
            assert_eq!(quoted_len(text.as_bytes()), serde_json::to_string(text).unwrap().len(), "{text:?}");
        }
    }

    #[test]
    fn the_stage_is_no_part_of_the_path() {
        let uri = |event: Value| take_address(&mut serde_json::from_value(event).unwrap()).unwrap().to_string();
        let rest = |stage: &str| {
            let mut event = rest_start();
            event["path"] = "/v1/executions".into();
            event["queryStringParameters"] = json!({"limit": "5"});
            event["multiValueQueryStringParameters"] = json!({"limit": ["5"]});
            event["requestContext"]["stage"] = stage.into();
            event
        };
        let http = |stage: &str, path: &str| {
            let mut event = http_start();
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
