//! Workflow documents in the body of a request, in JSON or in YAML.

use crate::{
    DocumentJson, Problem,
    request::{
        aside::aside,
        json::{light, shallow},
        yaml,
    },
};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde_json::Value;

/// A document of any shape in the body, as JSON or as YAML, for handlers that check it themselves and say more exactly
/// what is wrong with it.
pub struct AnyDocument(pub Value);

impl<S: Send + Sync> FromRequest<S> for AnyDocument {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_yaml(request.headers()) {
            return DocumentJson::from_request(request, state).await.map(|DocumentJson(document)| Self(document));
        }
        let crate::Body(bytes) = crate::Body::from_request(request, state).await?;
        aside(move || of_yaml(&bytes)).await?.map(Self)
    }
}

/// Whether a body is declared to be YAML (RFC 9512). Like JSON, that is nothing that a page of another site can make a
/// browser send without asking first.
fn is_yaml(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = sent.split(';').next().unwrap_or_default().trim();
    ["application/yaml", "application/x-yaml"].iter().any(|yaml| kind.eq_ignore_ascii_case(yaml))
}

/// Reads YAML within the bounds on JSON, since it is recorded and shown as JSON.
fn of_yaml(bytes: &Bytes) -> Result<Value, Problem> {
    let refused = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_yaml", detail);
    let text = std::str::from_utf8(bytes).map_err(|_| refused("the body is not text in UTF-8".into()))?;
    let document = yaml::read(text).map_err(|(message, at)| {
        let place = at.map(|(line, column)| format!(" (line {line}, column {column})")).unwrap_or_default();
        refused(format!("the body is not valid YAML: {message}{place}"))
    })?;
    let json = serde_json::to_vec(&document).map_err(|error| refused(error.to_string()))?;
    shallow(&json)?;
    light(&json)?;
    Ok(document)
}
