//! What questions and their receipts both tell: options, tools, responses.

use super::{Timestamp, words};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::interaction::{self, SecurityLevel, Via};
use utoipa::ToSchema;

/// An option of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// The id by which an answer names the option, and its port.
    pub id: String,
    /// What people read.
    pub label: String,
}

/// The tool that an authorization is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Authorization {
    /// The name of the tool.
    pub tool: Value,
    /// What the tool would be called with.
    pub arguments: Value,
    /// How dangerous the tool is.
    #[schema(value_type = words::SecurityLevel)]
    pub security_level: SecurityLevel,
}

/// One person's response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Response {
    /// The subject that answered, such as an e-mail address.
    pub by: String,
    /// The way in which the answer came.
    #[schema(value_type = words::Via)]
    pub via: Via,
    /// The subject that entered the answer on behalf of `by`; null where `by` answered in person.
    pub entered_by: Option<String>,
    /// The group among the assignees as a member of which `by` could answer; absent where `by` was asked by name, or anyone
    /// was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When the answer was recorded.
    pub at: Timestamp,
    /// The port that the answer votes for.
    pub decision: String,
    /// The data, the option's id, the text, the content of a review, or true or false.
    pub answer: Value,
    /// A comment in the person's own words.
    pub comment: Option<String>,
    /// What else came with the answer, which the question did not ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Hexadecimal SHA-256 of exactly what was shown to the person.
    pub shown_sha256: String,
}

impl From<&interaction::Authorization> for Authorization {
    fn from(about: &interaction::Authorization) -> Self {
        Self { tool: about.tool.clone(), arguments: about.arguments.clone(), security_level: about.security_level }
    }
}

impl From<&interaction::Response> for Response {
    fn from(response: &interaction::Response) -> Self {
        Self {
            by: response.by.clone(),
            via: response.via,
            entered_by: response.entered_by.clone(),
            group: response.group.clone(),
            at: Timestamp(response.at),
            decision: response.decision.clone(),
            answer: response.answer.clone(),
            comment: response.comment.clone(),
            data: response.data.clone(),
            shown_sha256: response.shown_sha256.clone(),
        }
    }
}
