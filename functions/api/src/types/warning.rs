//! What an execution is warned about.

use super::Timestamp;
use ::document::{Workflow, validate::Issue};
use serde::{Deserialize, Serialize};
use stepwell_core::{execution, limits, patch::Later};
use utoipa::ToSchema;

/// Something about an execution that is probably not meant: what the static checks say about its document, or what was
/// wrong while it ran, although it went on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "condition_error", "node": "size", "count": 1, "at": "2026-01-31T09:00:00.000Z",
    "message": "the rule for port large cannot be evaluated, so it is passed over: there is no key `ammount`"}))]
pub struct ExecutionWarning {
    /// A code in `snake_case`, for programs: one of the static checks, `condition_error`, or of a patch
    /// `timeout_counts_later` or `max_concurrency_not_in_force`.
    pub code: String,
    /// What is wrong, and what happened instead, for people.
    pub message: String,
    /// What to do about it; of the static checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The node that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// JSON Pointer (RFC 6901) into the stored document; of the static checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How often it happened; of what was wrong while the execution ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// When it happened first; of what was wrong while the execution ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl ExecutionWarning {
    /// What the static checks say about a document.
    pub fn of_document(workflow: &Workflow) -> Vec<Self> {
        workflow.warnings.iter().take(limits::SHOWN_WARNINGS).map(Self::from).collect()
    }

    /// The warnings of an execution: those of the static checks first, then those of the rules, oldest first.
    pub fn of(execution: &execution::Execution, workflow: &Workflow) -> Vec<Self> {
        Self::of_document(workflow).into_iter().chain(execution.warnings.iter().map(Self::from)).collect()
    }
}

impl From<&Issue> for ExecutionWarning {
    fn from(issue: &Issue) -> Self {
        Self {
            code: issue.code.clone(),
            message: issue.message.clone(),
            hint: Some(issue.hint.clone()),
            node: issue.node.clone(),
            path: Some(issue.path.clone()),
            count: None,
            at: None,
        }
    }
}

impl From<&Later> for ExecutionWarning {
    fn from(later: &Later) -> Self {
        Self {
            code: later.code.to_owned(),
            message: later.message.clone(),
            hint: None,
            node: later.node.as_ref().map(ToString::to_string),
            path: None,
            count: None,
            at: None,
        }
    }
}

impl From<&execution::Warned> for ExecutionWarning {
    fn from(warned: &execution::Warned) -> Self {
        Self {
            code: warned.code.clone(),
            message: warned.message.clone(),
            hint: None,
            node: Some(warned.node.to_string()),
            path: None,
            count: Some(warned.count),
            at: Some(Timestamp(warned.at)),
        }
    }
}
