//! The header `Idempotency-Key`, and the problems that a start which fails is answered with.

use crate::{Caller, Problem, limits, workflows::refused};
use axum::http::{HeaderMap, StatusCode};
use document::canonical::Canonical;
use engine::start::StartError;
use serde::Serialize;
use stepwell_core::{error::Rejection, event::Request, execution::Execution, id::derive};

/// Reads the header `Idempotency-Key`; None where it is absent. Returns the route with the key, which the execution's
/// id is derived from, and the hash of the request, by which a repeated request is told from another one under the same
/// key.
///
/// # Errors
/// 422 `invalid_idempotency_key`.
pub(crate) fn key(
    headers: &HeaderMap,
    route: &str,
    request: &impl Serialize,
) -> Result<Option<(String, String)>, Problem> {
    Ok(header(headers)?.map(|key| keyed(route, key, request)))
}

fn header(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= limits::KEY_BYTES);
    if key.is_none() {
        let hint = "send 1 to 255 visible ASCII characters, such as a UUID";
        return Err(Problem::field("invalid_idempotency_key", "", "this Idempotency-Key cannot be taken", hint));
    }
    Ok(key)
}

/// Reads the header `Idempotency-Key` of a request to one execution, whose journal keeps what it was done by. None where
/// it is absent. The key is that of the caller alone: two people who count their answers from 1 must not take each
/// other's.
///
/// # Errors
/// 422 `invalid_idempotency_key`.
pub(crate) fn request(
    headers: &HeaderMap,
    caller: &Caller,
    route: &str,
    body: &impl Serialize,
) -> Result<Option<Request>, Problem> {
    let Some(key) = header(headers)? else { return Ok(None) };
    let body = serde_json::to_value(body).unwrap_or_default();
    let (route, hash) = keyed(route, key, &Canonical(&body));
    Ok(Some(Request { key: derive(&["request", &caller.subject, &route]), hash }))
}

/// The number of the turn by which a request was done before; None where it was not.
///
/// # Errors
/// 422 where another request was done under its key.
pub(crate) fn done_before(execution: &Execution, request: Option<&Request>) -> Result<Option<u64>, Problem> {
    let Some(request) = request else { return Ok(None) };
    match execution.request(&request.key) {
        Some(before) if before.request.hash == request.hash => Ok(Some(before.seq)),
        Some(_) => Err(Rejection::KeyReused.into()),
        None => Ok(None),
    }
}

/// The same as [`key`], for a key that does not come from this header.
pub(crate) fn keyed(route: &str, key: &str, request: &impl Serialize) -> (String, String) {
    (format!("{route}\n{key}"), document::canonical::sha256(request))
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        let detail = error.to_string();
        match error {
            StartError::InvalidInput(violations) => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", detail);
                violations.iter().fold(problem, |problem, one| {
                    let hint = "correct the input and start again; nothing was recorded";
                    problem.with_error("invalid_input", &one.path, &one.message, hint)
                })
            }
            StartError::TooMuchMetadata => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "metadata_too_large", detail),
            StartError::KeyReused => Rejection::KeyReused.into(),
            StartError::NotFound(id) => Problem::not_found("workflow", &id),
            StartError::Invalid(issues) => refused(&issues, ""),
            StartError::Store(error) => error.into(),
            StartError::Refused(rejection) => rejection.into(),
        }
    }
}
