//! Executions.

use super::{ExecutionWarning, Interaction, Timestamp, Values, words};
use ::document::Workflow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use stepwell_core::{error, execution, execution::Status, view};
use utoipa::ToSchema;

/// An execution: one run of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "workflow_id": "greet", "workflow_version": 1,
    "status": "completed", "progress": 100, "current_nodes": [], "started_at": "2026-01-31T09:00:00.000Z",
    "updated_at": "2026-01-31T09:00:00.004Z", "completed_at": "2026-01-31T09:00:00.004Z",
    "started_by": "ann@example.com", "input": {"name": "Ann"}, "output": {"text": "Hello Ann"}, "error": null,
    "pending_interactions": [], "warnings": [], "checkpoint": "2", "resume_count": 0, "loop_counters": {}, "parent": null,
    "cost": {"turns": 2}, "message": "Completed.", "metadata": {}, "links": {"self": "/v1/executions/0198",
    "nodes": "/v1/executions/0198/nodes", "history": "/v1/executions/0198/history",
    "events": "/v1/executions/0198/events", "logs": "/v1/executions/0198/logs"}}))]
pub struct Execution {
    /// The id of the execution.
    pub execution_id: String,
    /// The workflow that the execution runs.
    pub workflow_id: String,
    /// The saved version of the workflow; null for a document that was sent along.
    pub workflow_version: Option<u64>,
    /// What the execution is doing, or how it ended.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// The share of the nodes that are done, in percent, with what is done of loops and of nodes with children: 0 to 100,
    /// with one decimal at most. It never falls.
    #[schema(value_type = f64, minimum = 0, maximum = 100)]
    pub progress: Number,
    /// The nodes that run, are due, or wait.
    pub current_nodes: Vec<String>,
    /// When the execution was accepted.
    pub started_at: Timestamp,
    /// When the last turn of the execution was decided.
    pub updated_at: Timestamp,
    /// When the execution ended, in whatever way.
    pub completed_at: Option<Timestamp>,
    /// The subject that started the execution, such as an e-mail address.
    pub started_by: Option<String>,
    /// What the execution was started with.
    pub input: Value,
    /// The result of the execution; null until it has completed.
    pub output: Value,
    /// Why the execution failed or is stuck.
    pub error: Option<ExecutionError>,
    /// The questions to people that are open, here and in descendants. Of descendants, 50 are shown at most.
    pub pending_interactions: Vec<Interaction>,
    /// What is probably not meant: about the document, and what was wrong while the execution ran.
    #[serde(default)]
    pub warnings: Vec<ExecutionWarning>,
    /// Number of the last turn, which is the id of this checkpoint.
    pub checkpoint: String,
    /// How often the execution went on after it stood still.
    pub resume_count: u32,
    /// For each loop, by its path (`outer/inner`), the iterations begun since it was last entered.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub loop_counters: Map<String, Value>,
    /// The node that started the execution as its child.
    pub parent: Option<Parent>,
    /// What the execution has cost so far.
    pub cost: Cost,
    /// What the execution is doing, in one sentence for people.
    pub message: String,
    /// Data of the caller that started the execution.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// What its requests may reach although it is not public, where the operator said so for this execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_allow: Option<String>,
    /// Where more of the execution is to be read.
    pub links: Links,
}

/// Why an execution or a node failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionError {
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// What went wrong and what to do next, for people.
    pub message: String,
    /// The node that failed; null for an error of the execution itself.
    pub node: Option<String>,
    /// Number of the node's attempt that failed, from 1.
    pub attempt: Option<u32>,
    /// More for programs, such as the response of an `http_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// What an execution is a child of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parent {
    /// The parent execution.
    pub execution_id: String,
    /// The `map` or `workflow` node of the parent.
    pub node: String,
    /// Number of the node's visit, from 1.
    pub visit: u32,
    /// Number of the node's attempt, from 1.
    pub attempt: u32,
    /// Which child of that attempt this one is, from 0.
    pub index: u32,
}

/// What an execution has cost so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    /// Turns in the journal.
    pub turns: u64,
    /// What else it has used, on hosts that are paid by use.
    #[serde(flatten)]
    #[schema(value_type = Usage)]
    pub usage: Map<String, Value>,
}

/// What an execution has used on a host that is paid by use; absent elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Write units of DynamoDB.
    pub write_units: Option<f64>,
    /// Read units of DynamoDB.
    pub read_units: Option<f64>,
    /// Messages of SQS.
    pub messages: Option<u64>,
    /// Objects put into S3.
    pub objects: Option<u64>,
    /// Pauses and long timers of Step Functions.
    pub alarms: Option<u64>,
    /// All of this in US dollars, by the list price.
    pub usd: Option<f64>,
}

/// Where more of an execution is to be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    /// The execution itself.
    #[serde(rename = "self")]
    pub own: String,
    /// What each node has done.
    pub nodes: String,
    /// The turns of the journal.
    pub history: String,
    /// The events of the journal as a stream.
    pub events: String,
    /// The lines that nodes logged.
    pub logs: String,
}

impl Execution {
    /// An execution in the state it is in. What it used of a host that is paid by use is left out.
    pub fn of(execution: &execution::Execution, workflow: &Workflow, values: &mut Values) -> Self {
        let started = &execution.started;
        let open = execution.open_interactions();
        let counters = view::loop_counters(execution, workflow);
        Self {
            execution_id: execution.id().to_string(),
            workflow_id: started.workflow_id.to_string(),
            workflow_version: Some(started.workflow_version).filter(|version| *version > 0),
            status: execution.status(),
            progress: view::progress(execution, workflow),
            current_nodes: view::current_nodes(execution, workflow).iter().map(ToString::to_string).collect(),
            started_at: Timestamp(execution.started_at),
            updated_at: Timestamp(execution.updated_at),
            completed_at: execution.completed_at.map(Timestamp),
            started_by: started.started_by.clone(),
            input: values.show(&started.input),
            output: execution.output.as_ref().map(|output| values.show(output)).unwrap_or_default(),
            error: view::error(execution).map(ExecutionError::from),
            pending_interactions: open.map(|one| Interaction::of(one, execution, workflow)).collect(),
            warnings: ExecutionWarning::of(execution, workflow),
            checkpoint: execution.seq.to_string(),
            resume_count: execution.resume_count,
            loop_counters: counters.into_iter().map(|(path, begun)| (path, begun.into())).collect(),
            parent: started.parent.as_ref().map(Parent::from),
            cost: Cost { turns: execution.seq, usage: Map::new() },
            message: view::message(execution, workflow),
            metadata: started.metadata.clone(),
            http_allow: None,
            links: Links::of(execution.id().as_str()),
        }
    }
}

impl Links {
    /// The paths of an execution.
    pub fn of(id: &str) -> Self {
        let own = format!("/v1/executions/{id}");
        Self {
            nodes: format!("{own}/nodes"),
            history: format!("{own}/history"),
            events: format!("{own}/events"),
            logs: format!("{own}/logs"),
            own,
        }
    }
}

impl From<&error::Error> for ExecutionError {
    fn from(error: &error::Error) -> Self {
        Self {
            code: error.code.clone(),
            message: error.message.clone(),
            node: error.node.as_ref().map(ToString::to_string),
            attempt: error.attempt,
            details: error.details.clone(),
        }
    }
}

impl From<&execution::Parent> for Parent {
    fn from(parent: &execution::Parent) -> Self {
        Self {
            execution_id: parent.execution_id.to_string(),
            node: parent.activation.node.to_string(),
            visit: parent.activation.visit,
            attempt: parent.attempt,
            index: parent.index,
        }
    }
}
