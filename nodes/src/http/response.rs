//! What came back: the response is read within bounds, parsed, and judged by `expect`.

use super::{allow::plain, failure};
use crate::{
    json::{self, Read, aside},
    limits::{ASIDE_BYTES, DETAIL_BYTES, RESPONSE_BYTES, RETRY_AFTER_SECONDS},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use document::time::Time;
use engine::{masking::Needles, port::Memory};
use expression::{Context, ExecutionScope, Expr, Scope};
use reqwest::{
    Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use stepwell_core::task::{Failure, HttpTask, Outcome};

/// Reads the rest of a response and says what it means. `now` is for a `Retry-After` that is a date.
/// Secrets that come back are masked first: `expect` sees what the journal will hold, and can tell no more of them.
pub(super) async fn finish(
    response: Response,
    task: &HttpTask,
    needles: &Arc<Needles>,
    now: Time,
    memory: &dyn Memory,
) -> Result<Outcome, Outcome> {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers(), now);
    let mut output = Map::new();
    output.insert("status".into(), status.into());
    output.insert("headers".into(), headers(response.headers()));
    let kind = response.headers().get(CONTENT_TYPE).cloned();
    let bytes = read(response, memory).await.map_err(Outcome::Unknown)?;
    let size = bytes.len();
    let is_json = is_json(kind.as_ref(), &bytes);
    let (body, encoded) = body(bytes, is_json, needles, memory).await.map_err(Outcome::Unknown)?;
    output.insert("body".into(), body);
    if encoded {
        output.insert("encoding".into(), "base64".into());
    }
    let (mut output, needles) = (Value::Object(output), needles.clone());
    // Searching many bytes would keep a thread from all other work.
    let output = aside(size, move || {
        needles.mask(&mut output);
        output
    })
    .await;
    // Where `expect` is given, it alone decides what counts as success.
    let (why, judged) = match &task.expect {
        None if status < 400 => return Ok(succeeded(output)),
        None => ("the server answered with status".to_owned(), true),
        Some(expect) => match holds(expect, &output) {
            Ok(true) => return Ok(succeeded(output)),
            Ok(false) => ("`expect` is false for a response with status".to_owned(), true),
            Err(why) => (format!("`expect` cannot be evaluated ({why}) for a response with status"), false),
        },
    };
    let mut failure = Failure::new("unexpected_status", format!("{why} {status}")).with_details(details(output, size));
    // Statuses that may change by themselves: timeouts, too many requests, and failures of the server.
    failure.retryable = matches!(status, 408 | 425 | 429 | 500..);
    failure.retry_after_seconds = wait;
    Ok(if judged && !is_of_gateway(status) { Outcome::Failed(failure) } else { Outcome::Unknown(failure) })
}

/// Whether a status is what a gateway says in place of a server (RFC 9110, §15.5.9, §15.6.3, §15.6.5): it waited, or the
/// answer was lost on the way. The server may have done all that was asked, so nobody knows.
fn is_of_gateway(status: u16) -> bool {
    matches!(status, 408 | 502 | 504)
}

fn succeeded(output: Value) -> Outcome {
    Outcome::Succeeded { port: "success".into(), output }
}

/// The body, up to the bound. Without its whole body nobody knows what a response meant.
async fn read(mut response: Response, memory: &dyn Memory) -> Result<Vec<u8>, Failure> {
    let declared = response.content_length().unwrap_or_default();
    if declared > RESPONSE_BYTES as u64 {
        return Err(failure::too_large());
    }
    let host = plain(response.url().host_str().unwrap_or_default());
    let mut bytes = Vec::with_capacity(declared as usize);
    let mut room = memory.room(declared as usize).await;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > RESPONSE_BYTES => return Err(failure::too_large()),
            Ok(Some(chunk)) => {
                // A body whose length nobody declared may become as large as any.
                if declared == 0 && bytes.len() <= ASIDE_BYTES && bytes.len() + chunk.len() > ASIDE_BYTES {
                    room = memory.room(RESPONSE_BYTES).await;
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => {
                drop(room);
                return Ok(bytes);
            }
            Err(_) => return Err(failure::broken(&host, "within the response")),
        }
    }
}

/// The headers as an object; values of a repeated name are joined by commas (RFC 9110, §5.3).
fn headers(given: &HeaderMap) -> Value {
    let mut out: Map<String, Value> = Map::new();
    for name in given.keys() {
        let values: Vec<_> = given.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        out.insert(name.as_str().to_owned(), values.join(", ").into());
    }
    Value::Object(out)
}

/// Whether the body is JSON by its `Content-Type`, or looks like JSON where there is none.
fn is_json(kind: Option<&HeaderValue>, body: &[u8]) -> bool {
    let Some(kind) = kind else { return matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// The body as a value, and whether it is base64 because it is no text. What is no JSON that can be kept stays text.
/// Secrets are masked in what is no text before it becomes base64, which hides all but their plain form.
async fn body(bytes: Vec<u8>, is_json: bool, needles: &Needles, memory: &dyn Memory) -> Result<(Value, bool), Failure> {
    if bytes.is_empty() {
        return Ok((Value::Null, false));
    }
    let bytes = match is_json {
        false => bytes,
        true => match json::read(bytes, memory).await {
            Read::Value(value) => return Ok((value, false)),
            Read::Other(bytes, _) => bytes,
            Read::TooManyValues => return Err(Failure::too_many_values_of(memory.most())),
        },
    };
    Ok(match String::from_utf8(bytes) {
        Ok(text) => (Value::String(text), false),
        Err(error) => {
            let bytes = needles.masked(error.as_bytes()).unwrap_or_else(|| error.into_bytes());
            (Value::String(STANDARD.encode(bytes)), true)
        }
    })
}

/// The output as details of a failure, its body cut to a size that suits the journal.
fn details(mut output: Value, size: usize) -> Value {
    if size <= DETAIL_BYTES {
        return output;
    }
    let body = output.get("body").map(|b| b.as_str().map_or_else(|| b.to_string(), str::to_owned)).unwrap_or_default();
    output["body"] = Value::String(body[..body.floor_char_boundary(DETAIL_BYTES)].to_owned());
    output["truncated"] = json!({ "body_bytes": size });
    output
}

/// Seconds that the server asks to wait: a number of them, or a date (RFC 9110, §10.2.3). At most one day.
pub(super) fn retry_after(headers: &HeaderMap, now: Time) -> Option<f64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<u32>() {
        Ok(seconds) => f64::from(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            (at.as_millisecond().saturating_sub(now.0)) as f64 / 1000.0
        }
    };
    Some(seconds.clamp(0.0, RETRY_AFTER_SECONDS))
}

/// The `ctx` of `expect`, which sees no node.
struct Nothing;

impl Context for Nothing {
    fn output_of(&self, _: &str) -> Option<&Value> {
        None
    }
    fn nodes(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Whether `expect` is true. It sees the response alone: as `output`, and its fields by their bare names.
fn holds(expect: &Expr, response: &Value) -> Result<bool, String> {
    let scope = Scope {
        output: Some(response),
        input: &Value::Null,
        ctx: &Nothing,
        in_loop: None,
        item: None,
        index: None,
        execution: ExecutionScope { id: "", workflow_id: "", started_at: "" },
        args: None,
        extra: &[],
        bare: [Some(response), None],
    };
    expect.eval_bool(&scope).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn after(text: &str) -> Option<f64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers, Time::parse("2026-11-21T10:00:00Z").unwrap())
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_a_date_and_bounded() {
        assert_eq!(after("7"), Some(7.0));
        assert_eq!(after("Sat, 21 Nov 2026 10:01:30 GMT"), Some(90.0));
        assert_eq!(after("Sat, 21 Nov 2026 09:00:00 GMT"), Some(0.0));
        assert_eq!(after("4000000000"), Some(RETRY_AFTER_SECONDS));
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn what_is_not_said_is_seen_by_its_first_character() {
        let kind = |text: &'static str| HeaderValue::from_static(text);
        for (said, body, expected) in [
            (None, " {\"a\": 1}", true),
            (None, "[1]", true),
            (None, "12", false),
            (Some("text/plain"), "[1]", false),
            (Some("application/json; charset=utf-8"), "12", true),
            (Some("application/problem+json"), "{}", true),
        ] {
            assert_eq!(is_json(said.map(kind).as_ref(), body.as_bytes()), expected, "{said:?} {body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_json_text_or_base64() {
        let body = |bytes: Vec<u8>, is_json| async move {
            super::body(bytes, is_json, &Needles::of(&[]), &engine::port::Unbounded).await
        };
        assert_eq!(body(b"{\"a\":1}".to_vec(), true).await, Ok((json!({"a": 1}), false)));
        assert_eq!(body(b"{\"a\":1}".to_vec(), false).await, Ok((json!("{\"a\":1}"), false)));
        assert_eq!(body(b"oops".to_vec(), true).await, Ok((json!("oops"), false)));
        assert_eq!(body(vec![0xff, 0x00], false).await, Ok((json!("/wA="), true)));
        assert_eq!(body(vec![], true).await, Ok((Value::Null, false)));
        let deep = [vec![b'['; 5000], vec![b']'; 5000]].concat();
        assert!(body(deep, true).await.unwrap().0.is_string());
        let many = format!("[{}1]", "1,".repeat(3_000_000));
        assert_eq!(body(many.into_bytes(), true).await.unwrap_err().code, "output_too_large");
    }
}
