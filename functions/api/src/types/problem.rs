//! What a request that was not carried out is answered with.

use super::words;
use ::document::validate::{Issue, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoResponses, ToSchema};

/// RFC 9457 problem details. Some codes add members, such as `execution_status`, `decision` or `warnings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "urn:stepwell:problem:not_found", "title": "Not Found", "status": 404,
    "detail": "there is no execution 7", "code": "not_found"}))]
pub struct ProblemDetails {
    /// A URN that ends with the code.
    pub r#type: String,
    /// The name of the HTTP status.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong and what to do next, for people.
    pub detail: String,
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// Every fault of the request, where it may have several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// The members that the code adds.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Map<String, Value>,
}

/// What routes say of requests that they refuse. It stands in their descriptions only.
#[derive(IntoResponses)]
#[response(
    status = "4XX",
    content_type = "application/problem+json",
    description = "The request is refused; `code` says why."
)]
pub struct Refused(#[allow(dead_code, reason = "the description is made of the type")] ProblemDetails);

/// What routes say of requests that what was done before does not allow. It stands in their descriptions only.
#[derive(IntoResponses)]
#[response(
    status = 409,
    content_type = "application/problem+json",
    description = "Something that was done before does not allow it."
)]
pub struct Conflict(#[allow(dead_code, reason = "the description is made of the type")] ProblemDetails);

/// One fault of a request or a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// How much a fault weighs that the static checks found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Severity>)]
    pub severity: Option<Severity>,
    /// JSON Pointer (RFC 6901) to the faulty part of the body, or the name of the parameter.
    pub path: String,
    /// The node of the document that the fault is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What is wrong, for people.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&Issue> for Fault {
    fn from(issue: &Issue) -> Self {
        Self {
            code: issue.code.clone(),
            severity: Some(issue.severity),
            path: issue.path.clone(),
            node: issue.node.clone(),
            message: issue.message.clone(),
            hint: Some(issue.hint.clone()),
        }
    }
}
