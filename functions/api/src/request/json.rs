//! Extractors that read request bodies and paths. Bodies are JSON only, and every refusal is a problem that names what
//! is wrong.

use super::{aside::aside, misfit::misfit};
use crate::{Problem, limits, types::PatchBody};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use document::json::{Unique, memory_of_text, nesting};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer,
};
use serde_json::Value;
use std::{fmt, marker::PhantomData};
use tokio::time::timeout;

/// A JSON body: an object whose fields are those of `T`.
pub struct Json<T>(pub T);

/// A workflow document as a JSON body, in which no key stands twice. Handlers check it, and say exactly what is wrong
/// with it.
pub struct DocumentJson(pub Value);

/// A JSON body that may be left out; an empty body means the default of `T`.
pub struct MaybeJson<T>(pub T);

/// A JSON Patch: its list of operations by itself, or with what it is for.
pub struct PatchJson(pub PatchBody);

/// The bytes of a body as they were sent, such as those that a signature covers.
pub struct Body(pub Bytes);

/// Parameters of the path. A part that no record can be named by is answered with 404.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send + 'static, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse_aside(json(request, state).await?).await.map(|Fields(body)| Self(body))
    }
}

impl<S: Send + Sync> FromRequest<S> for DocumentJson {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse_aside(json(request, state).await?).await.map(|Unique(document)| Self(document))
    }
}

impl<T: DeserializeOwned + Default + Send + 'static, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        only_json(&headers)?;
        parse_aside(bytes).await.map(|Fields(body)| Self(body))
    }
}

impl<S: Send + Sync> FromRequest<S> for PatchJson {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = bytes(request, state).await?;
        let is_list = is_kind(&headers, "application/json-patch+json");
        if !is_list {
            only_json(&headers)?;
        }
        if is_list || bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            let Unique(operations) = parse_aside(bytes).await?;
            return Ok(Self(PatchBody { operations, ..PatchBody::default() }));
        }
        parse_aside(bytes).await.map(|Fields(body)| Self(body))
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        bytes(request, state).await.map(Self)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Nothing has a name that long, and stores refuse keys of that length, so no store is asked.
        let raw = RawPathParams::from_request_parts(parts, state).await;
        if raw.is_ok_and(|raw| raw.iter().any(|(_, part)| part.len() > limits::NAME_BYTES)) {
            let detail = format!(
                "a part of this path is longer than the {} bytes that anything is named by",
                limits::NAME_BYTES
            );
            return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", detail));
        }
        let found = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        found.map(|axum::extract::Path(path)| Self(path)).map_err(|_| {
            Problem::new(StatusCode::NOT_FOUND, "not_found", "this path is not valid UTF-8 or has a part missing")
        })
    }
}

/// Reads `T` from a JSON object alone. Serde would take a list of the fields' values too, which no caller means.
struct Fields<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = T;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Object(PhantomData)).map(Self)
    }
}

/// The bytes of a body that is declared to be JSON.
async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let headers = request.headers().clone();
    let bytes = bytes(request, state).await?;
    only_json(&headers)?;
    Ok(bytes)
}

/// The whole body, where it comes within [`limits::BODY`]: a client that sends slowly must not hold a connection for
/// ever.
async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let Ok(read) = timeout(limits::BODY, Bytes::from_request(request, state)).await else {
        let detail = format!("the body did not come whole within {} s", limits::BODY.as_secs());
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail));
    };
    read.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(inner) if inner.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("a request has at most {} bytes", engine::limits::REQUEST_BYTES);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "incomplete_request", "the body ended before it was complete"),
    })
}

/// Whether a body is declared to be of a kind.
fn is_kind(headers: &HeaderMap, kind: &str) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
}

/// 415 unless the body is declared as JSON. A page of another site can make a browser send a form, but JSON only after
/// a preflight request, which is refused.
fn only_json(headers: &HeaderMap) -> Result<(), Problem> {
    if is_kind(headers, "application/json") {
        return Ok(());
    }
    let detail = "send the body as JSON, with `Content-Type: application/json` (a workflow also as `application/yaml`)";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

/// Checks how deep JSON nests, since it is recorded and shown within other JSON, whose readers have a bound.
///
/// # Errors
/// 400 `invalid_json` beyond [`limits::NESTING`] levels.
pub fn shallow(json: &[u8]) -> Result<(), Problem> {
    if nesting(json) > limits::NESTING {
        let detail = format!("the body nests more than {} levels deep: flatten it", limits::NESTING);
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_json", detail));
    }
    Ok(())
}

/// Checks how much memory JSON takes once it is parsed, which may be forty times its text.
///
/// # Errors
/// 413 `too_large` where its values take more than those of an outcome may.
pub fn light(json: &[u8]) -> Result<(), Problem> {
    let most = engine::limits::OUTCOME_MEMORY_BYTES;
    if memory_of_text(json, most) > most {
        let detail = format!(
            "as values in memory the body takes more than {} MiB: send fewer values, or join them to a text",
            most / (1024 * 1024)
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    Ok(())
}

/// The same as [`parse`], beside the threads that answer where the body is large.
pub(crate) async fn parse_aside<T: DeserializeOwned + Send + 'static>(bytes: Bytes) -> Result<T, Problem> {
    if bytes.len() <= limits::ASIDE_BYTES { parse(&bytes) } else { aside(move || parse(&bytes)).await? }
}

/// Reads JSON into the type of a request's body, and tells serde's errors as problems: 400 where it is no JSON, 422
/// where its content does not fit.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    shallow(bytes)?;
    light(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| {
        let message = error.to_string();
        // A word is expected where another value stands: serde takes that for a mistake of syntax.
        let is_misfit = message.starts_with("expected value") && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        if !error.is_data() && !is_misfit {
            let detail = format!("the body is not valid JSON: {message}");
            return Problem::new(StatusCode::BAD_REQUEST, "invalid_json", detail);
        }
        misfit::<T>(bytes, &error)
    })
}
