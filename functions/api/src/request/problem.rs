//! Errors as callers see them: RFC 9457 problem details.

use crate::types::{Fault, ProblemDetails};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::port::StoreError;
use serde_json::{Map, Value};
use stepwell_core::error::Rejection;

/// Why a request was not carried out. It is answered as `application/problem+json`.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

/// What a handler returns: its answer, or the problem that is sent in its place.
pub type Answered<T> = Result<T, Problem>;

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: String,
    detail: String,
    errors: Vec<Fault>,
    more: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with this HTTP status. `code` is for machines; `detail` tells people what to do next.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// A 404. It is the answer about another owner's records too, so that nobody learns what others have.
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what} {id}"))
    }

    /// A 409: what was asked does not fit the present state.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// A 422 about one field. `path` is its JSON Pointer in the body, or the name of its query parameter.
    pub fn field(code: &str, path: &str, message: impl Into<String>, hint: &str) -> Self {
        let message = message.into();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone()).with_error(code, path, &message, hint)
    }

    /// The same under another code.
    pub fn coded(mut self, code: &str) -> Self {
        self.0.code = code.into();
        self
    }

    /// Adds one entry to the member `errors`, for problems that list several faults at once.
    pub fn with_error(mut self, code: &str, path: &str, message: &str, hint: &str) -> Self {
        let [code, path, message, hint] = [code, path, message, hint].map(str::to_owned);
        self.0.errors.push(Fault { code, severity: None, path, node: None, message, hint: Some(hint) });
        self
    }

    /// Adds several entries to the member `errors`.
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Adds a member beside those that RFC 9457 defines, such as `execution_status`.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.into(), value.into());
        self
    }

    /// Adds a header to the response. A value that no header can have is left out.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// The HTTP status that the problem is answered with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code for machines, which ends the member `type` as well.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What went wrong and what to do next, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Every fault of the request, where it may have several.
    pub fn errors(&self) -> &[Fault] {
        &self.0.errors
    }

    /// A member beside those that RFC 9457 defines, such as `decision`.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.more.get(name)
    }

    /// Detail and errors in one line, for callers without HTTP, such as those who invoke a function on Lambda.
    pub fn told(&self) -> String {
        let one = |error: &Fault| format!("; at `{}`: {}", error.path, error.hint.as_deref().unwrap_or_default());
        let errors: String = self.0.errors.iter().map(one).collect();
        format!("{}{errors}", self.0.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { status, code, detail, errors, more, headers } = *self.0;
        let body = ProblemDetails {
            r#type: format!("urn:stepwell:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail,
            code,
            errors,
            more,
        };
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, axum::Json(body)).into_response();
        response.headers_mut().extend(headers);
        response
    }
}

impl From<StoreError> for Problem {
    /// The cause is logged and not told to the caller, who learns only whether trying again helps.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::conflict("conflict", "somebody else changed it at the same time: try again"),
            StoreError::Transient(why) => {
                tracing::warn!(%why, "the store is not available");
                let detail = "the store is not available at the moment: try again in a moment";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_header(header::RETRY_AFTER, "1")
            }
            StoreError::Permanent(why) => {
                tracing::error!(%why, "the store failed");
                Self::internal()
            }
        }
    }
}

impl Problem {
    /// A 500 that tells the caller nothing of its cause, which the log has.
    pub fn internal() -> Self {
        let detail = "something went wrong inside; the host's log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            Rejection::Stale(_) => Self::conflict("stale", detail),
            Rejection::Unknown => Self::conflict("not_yet", detail),
            Rejection::Status { status, .. } => {
                Self::conflict("invalid_status", detail).with("execution_status", status.as_str())
            }
            Rejection::Missing(_) => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            Rejection::Decided { status, decision, .. } => Self::conflict("already_decided", detail)
                .with("interaction_status", status.as_str())
                .with("decision", decision.map_or(Value::Null, Value::String)),
            Rejection::Repeated(_) => Self::conflict("repeated", detail),
            Rejection::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail),
            Rejection::MovedOn(now) => Self::conflict("moved_on", detail).with("checkpoint", now.to_string()),
            Rejection::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            // Commands are submitted, which fetches what they read.
            Rejection::Needs(_) => Self::internal(),
            Rejection::Lacking(hash) => {
                tracing::error!(%hash, "a document that an execution runs by is not at hand");
                Self::internal()
            }
            Rejection::Invalid { reasons, .. } => {
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_answer", detail);
                for reason in reasons {
                    let hint = "correct this and send it again; nothing was changed";
                    problem = problem.with_error(&reason.code, &reason.path, &reason.message, hint);
                }
                problem
            }
        }
    }
}
