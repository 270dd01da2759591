//! Patches of an execution's workflow.

use super::{ExecutionWarning, Fault, Timestamp};
use ::document::Workflow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::{
    execution,
    patch::{Later, Obstacle},
};
use utoipa::ToSchema;

/// Changes to the workflow of one execution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"operations": [{"op": "replace", "path": "/nodes/2/config/url",
    "value": "https://pay.example.com/v2"}], "description": "The provider has moved"}))]
pub struct PatchBody {
    /// A JSON Patch (RFC 6902) of the document as `GET …/workflow` shows it: a list of `add`, `remove`, `replace`, `move`,
    /// `copy` and `test`.
    #[serde(deserialize_with = "::document::json::unique")]
    #[schema(value_type = Vec<PatchOperation>)]
    pub operations: Value,
    /// What it is for, which the journal keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether only to tell whether it is possible; false where it is left out. The query takes it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// One operation of a JSON Patch (RFC 6902). Paths are JSON Pointers (RFC 6901) into the document.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type; a library reads operations")]
pub struct PatchOperation {
    /// What is done.
    op: PatchOp,
    /// Where it is done.
    path: String,
    /// Where a `move` or a `copy` takes the value from.
    from: Option<String>,
    /// The value of an `add`, a `replace` or a `test`.
    #[schema(value_type = Object)]
    value: Option<Value>,
}

/// What an operation does.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "the description is made of the type; a library reads operations")]
pub enum PatchOp {
    /// Adds a value: a field, or an element before the one at the path; `-` is behind the last.
    Add,
    /// Removes the value.
    Remove,
    /// Puts another value in place of the one that is there.
    Replace,
    /// Moves a value.
    Move,
    /// Copies a value.
    Copy,
    /// Refuses the whole patch unless the value is this one.
    Test,
}

/// What a patch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "checkpoint": "7", "workflow_hash": "9f2c", "warnings": []}))]
pub struct Patched {
    /// The id of the execution.
    pub execution_id: String,
    /// The checkpoint after the patch; to a dry run, the one that it was tried at.
    pub checkpoint: String,
    /// The hash of the document that the execution runs by.
    pub workflow_hash: String,
    /// What the static checks advise against, and what of the patch does not count at once.
    pub warnings: Vec<ExecutionWarning>,
}

impl Patched {
    /// A patch after which an execution runs by a document, or would.
    pub fn of(state: &execution::Execution, workflow: &Workflow, later: &[Later]) -> Self {
        let later = later.iter().map(ExecutionWarning::from);
        Self {
            execution_id: state.id().to_string(),
            checkpoint: state.seq.to_string(),
            workflow_hash: workflow.hash.clone(),
            warnings: later.chain(ExecutionWarning::of_document(workflow)).collect(),
        }
    }
}

/// The document that an execution runs by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionWorkflow {
    /// The id of the execution.
    pub execution_id: String,
    /// The id of the workflow.
    pub workflow_id: String,
    /// The version that it was started with; null for a document that was sent along.
    pub workflow_version: Option<u64>,
    /// The hash of the document.
    pub workflow_hash: String,
    /// Whether a patch has changed it since.
    pub patched: bool,
    /// The checkpoint that it is read at.
    pub checkpoint: String,
    /// The document, which a patch changes.
    #[schema(value_type = super::Document)]
    pub workflow: Value,
}

impl ExecutionWorkflow {
    /// The document of an execution.
    pub fn of(state: &execution::Execution, workflow: &Workflow) -> Self {
        Self {
            execution_id: state.id().to_string(),
            workflow_id: state.started.workflow_id.to_string(),
            workflow_version: Some(state.started.workflow_version).filter(|version| *version > 0),
            workflow_hash: state.workflow_hash().to_owned(),
            patched: state.patched.is_some(),
            checkpoint: state.seq.to_string(),
            workflow: (*workflow.document).clone(),
        }
    }
}

/// One thing in the way of a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InTheWay {
    /// Why it is in the way, such as `node_removed` or `route_changed`.
    pub code: String,
    /// The node; null where it is the start of the execution.
    pub node: Option<String>,
    /// Number of its visit; null where it is about the node as a whole.
    pub visit: Option<u32>,
    /// The checkpoint whose turn recorded it.
    pub checkpoint: String,
    /// The type of the event that recorded it.
    pub event: String,
    /// When that was.
    pub at: Timestamp,
    /// What is in the way and what is possible, for people.
    pub message: String,
}

impl From<&Obstacle> for InTheWay {
    fn from(one: &Obstacle) -> Self {
        Self {
            code: one.why.to_string(),
            node: one.node.as_ref().map(ToString::to_string),
            visit: one.visit,
            checkpoint: one.checkpoint.to_string(),
            event: one.event.clone(),
            at: Timestamp(one.at),
            message: one.message.clone(),
        }
    }
}

impl From<&Obstacle> for Fault {
    fn from(one: &Obstacle) -> Self {
        let when = format!("checkpoint {} recorded it (`{}`)", one.checkpoint, one.event);
        Self {
            code: one.why.to_string(),
            node: one.node.as_ref().map(ToString::to_string),
            message: one.message.clone(),
            hint: Some(format!("{when}; roll back to before that, or fork the execution there")),
            ..Self::default()
        }
    }
}
