//! The header `Idempotency-Key` of a start, and the problems that a start which fails is answered with.

use crate::{Problem, limits, workflows::refused};
use axum::http::{HeaderMap, StatusCode};
use engine::start::StartError;
use serde::Serialize;

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
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= limits::KEY_BYTES);
    let Some(key) = key else {
        let hint = "send 1 to 255 visible ASCII characters, such as a UUID";
        return Err(Problem::field("invalid_idempotency_key", "", "this Idempotency-Key cannot be taken", hint));
    };
    Ok(Some(keyed(route, key, request)))
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
            StartError::KeyReused => {
                let detail = "this Idempotency-Key was used with another request: use a new key for a new start";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            StartError::NotFound(id) => Problem::not_found("workflow", &id),
            StartError::Invalid(issues) => refused(&issues, ""),
            StartError::Store(error) => error.into(),
            StartError::Refused(rejection) => rejection.into(),
        }
    }
}
