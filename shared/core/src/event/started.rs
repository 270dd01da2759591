//! The first event of every execution.

use super::is_false;
use crate::{execution::Parent, id::ExecutionId, payload::Payload};
use document::{
    Workflow,
    id::{NodeId, WorkflowId},
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The first event of every execution: all that does not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The journal's format; this release writes 1.
    pub format: u32,
    /// The execution.
    pub execution_id: ExecutionId,
    /// Its owner (tenant).
    pub owner: String,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The saved version; 0 for an inline document.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub workflow_version: u64,
    /// The hash of the document, by which hosts find it.
    pub workflow_hash: String,
    /// For the child of a map: the path of `map` nodes from the document to the body that it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<NodeId>,
    /// The trigger that started it; none for the child of a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<NodeId>,
    /// The execution's input.
    pub input: Payload,
    /// Free, for lists.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The subject who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// What it is a child of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// For the child of a map: its item.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub item: Option<Payload>,
    /// For the child of a map: outputs of the parent that its expressions name, as of the start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited: Vec<(NodeId, Payload)>,
    /// Hash of the request that bore the idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
    /// When it fails with `timeout` unless it has ended.
    pub deadline: Time,
    /// A caller waits for its end and is to be told (`Effect::AnswerCaller`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaited: bool,
    /// Held back by `max_concurrency` until `ExecutionAdmitted`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub held: bool,
    /// Why it was refused by `overlap`; it then ends at once with status `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

impl Started {
    /// The start of an execution that nobody else waits for, at the trigger that the API starts.
    pub fn new(execution_id: ExecutionId, workflow: &Workflow, input: Value, now: Time) -> Self {
        Self {
            format: 1,
            execution_id,
            owner: String::new(),
            workflow_id: workflow.id.clone(),
            workflow_version: 0,
            workflow_hash: workflow.hash.clone(),
            body: Vec::new(),
            trigger: workflow.trigger_for_api().map(|ix| workflow.nodes[ix].id.clone()),
            input: Payload::new(input),
            metadata: Map::new(),
            started_by: None,
            parent: None,
            item: None,
            inherited: Vec::new(),
            request_hash: None,
            deadline: now.after_seconds(workflow.settings.timeout_seconds),
            awaited: false,
            held: false,
            skipped: None,
        }
    }
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
