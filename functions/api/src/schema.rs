//! The shapes of answers, for the OpenAPI document. Tests read real answers and the examples below into these types,
//! which refuse unknown fields (except for problems), so that the document cannot drift from what is served.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Defines structs that are read strictly and described in the OpenAPI document.
macro_rules! shapes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "the names are those of the API")]
        pub struct $name { $($(#[$field_meta])* pub $field: $kind),* }
    )*};
}

/// RFC 9457 problem details. Some codes add members, such as `execution_status`, `decision` or `warnings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "urn:stepwell:problem:not_found", "title": "Not Found", "status": 404,
    "detail": "there is no execution 7", "code": "not_found"}))]
#[allow(missing_docs, reason = "the names are those of the API")]
pub struct ProblemDetails {
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: String,
    #[serde(default)]
    pub errors: Vec<Fault>,
}

shapes! {
    /// One of several errors; `path` is a JSON Pointer.
    Fault {
        code: String, path: String, message: String, #[serde(default)] hint: Option<String>,
        #[serde(default)] severity: Option<String>, #[serde(default)] node: Option<String>,
    }
    /// The service lives.
    #[schema(example = json!({"status": "ok", "version": "0.1.0", "host": {}}))]
    Health { status: String, version: String, #[schema(value_type = Object)] host: Value }
    /// A saved version.
    #[schema(example = json!({"id": "greet", "version": 1, "hash": "9f86d081", "warnings": []}))]
    Saved { id: String, version: u64, hash: String, warnings: Vec<Fault> }
    /// A saved workflow.
    #[schema(example = json!({"id": "greet", "name": "Greet", "version": 1, "hash": "9f86d081",
        "saved_at": "2026-01-31T09:00:00.000Z", "deleted": false, "document": {"id": "greet", "nodes": []}}))]
    Workflow {
        id: String, name: String, version: u64, hash: String, saved_at: String, deleted: bool,
        #[schema(value_type = Object)] document: Value,
    }
    /// A row of the list of workflows: the latest version.
    #[schema(example = json!({"id": "greet", "name": "Greet", "description": null, "version": 1, "hash": "9f86d081",
        "saved_at": "2026-01-31T09:00:00.000Z"}))]
    WorkflowRow {
        id: String, name: String, description: Option<String>, version: u64, hash: String, saved_at: String,
    }
    /// Part of a list.
    WorkflowPage { items: Vec<WorkflowRow>, next_cursor: Option<String> }
    /// What the static checks say.
    #[schema(example = json!({"valid": true, "errors": [], "warnings": []}))]
    Checked { valid: bool, errors: Vec<Fault>, warnings: Vec<Fault> }
    /// An accepted start.
    #[schema(example = json!({"execution_id": "0198", "status": "pending", "links": {"self": "/v1/executions/0198",
        "nodes": "/v1/executions/0198/nodes", "history": "/v1/executions/0198/history",
        "events": "/v1/executions/0198/events", "logs": "/v1/executions/0198/logs"}}))]
    Accepted { execution_id: String, status: String, links: Links }
    /// Where more is to be read.
    Links { #[serde(rename = "self")] own: String, nodes: String, history: String, events: String, logs: String }
    /// An execution.
    #[schema(example = json!({"execution_id": "0198", "workflow_id": "greet", "workflow_version": 1,
        "status": "completed", "progress": 100, "current_nodes": [], "started_at": "2026-01-31T09:00:00.000Z",
        "updated_at": "2026-01-31T09:00:00.004Z", "completed_at": "2026-01-31T09:00:00.004Z",
        "started_by": "ann@example.com", "input": {"name": "Ann"}, "output": {"text": "Hello Ann"}, "error": null,
        "pending_interactions": [], "checkpoint": "2", "resume_count": 0, "loop_counters": {}, "parent": null,
        "cost": {"turns": 2}, "message": "Completed.", "metadata": {}, "links": {"self": "/v1/executions/0198",
        "nodes": "/v1/executions/0198/nodes", "history": "/v1/executions/0198/history",
        "events": "/v1/executions/0198/events", "logs": "/v1/executions/0198/logs"}}))]
    Execution {
        execution_id: String, workflow_id: String, workflow_version: Option<u64>, status: String, progress: f64,
        current_nodes: Vec<String>, started_at: String, updated_at: String, completed_at: Option<String>,
        started_by: Option<String>, input: Value, output: Value, error: Option<ExecutionError>,
        pending_interactions: Vec<Interaction>, checkpoint: String, resume_count: u32,
        #[schema(value_type = Object)] loop_counters: Map<String, Value>, parent: Option<Parent>, cost: Cost,
        message: String, #[schema(value_type = Object)] metadata: Map<String, Value>, links: Links,
    }
    /// Why an execution or a node failed.
    ExecutionError {
        code: String, message: String, node: Option<String>, attempt: Option<u32>,
        #[serde(default)] details: Option<Value>,
    }
    /// What an execution is a child of.
    Parent { execution_id: String, node: String, visit: u32, attempt: u32, index: u32 }
    /// What an execution has cost so far; beyond its turns only on hosts that pay by use.
    Cost {
        turns: u64, #[serde(default)] write_units: Option<f64>, #[serde(default)] read_units: Option<f64>,
        #[serde(default)] messages: Option<u64>, #[serde(default)] objects: Option<u64>,
        #[serde(default)] alarms: Option<u64>, #[serde(default)] usd: Option<f64>,
    }
    /// Part of a list, newest first.
    ExecutionPage { items: Vec<Execution>, next_cursor: Option<String> }
    /// A node of an execution.
    Node {
        node: String, name: String, status: String, visits: u32, attempts: u32, input: Value, output: Value,
        port: Option<String>, error: Option<ExecutionError>, started_at: Option<String>, completed_at: Option<String>,
        duration_ms: Option<u64>, logs: Vec<LogLine>,
    }
    /// All nodes, in the document's order.
    Nodes { items: Vec<Node> }
    /// A captured line; `node` on `/logs`.
    LogLine {
        #[serde(default)] node: Option<String>, visit: u32, attempt: u32, at: String, level: String, message: String,
    }
    /// Part of a list.
    LogPage { items: Vec<LogLine>, next_cursor: Option<String> }
    /// The journal, oldest first.
    #[schema(example = json!({"execution_id": "0198", "history": [{"checkpoint": "1", "node": "start",
        "timestamp": "2026-01-31T09:00:00.000Z", "state_summary": "Workflow greet started; next: hello.",
        "by": "ann@example.com", "events": []}], "total": 2, "next_cursor": null}))]
    History { execution_id: String, history: Vec<Turn>, total: u64, next_cursor: Option<String> }
    /// A turn.
    Turn {
        checkpoint: String, node: Option<String>, timestamp: String, state_summary: String, by: Option<String>,
        #[schema(value_type = Vec<Object>)] events: Vec<Value>,
    }
    /// The state as it was after a turn.
    Checkpoint {
        checkpoint: String, node: Option<String>, timestamp: String, state_summary: String, by: Option<String>,
        state: Execution, nodes: Vec<Node>,
    }
    /// What a resume that answered a question led to.
    #[schema(example = json!({"execution_id": "0198", "status": "completed", "message": "Completed.",
        "completed": true, "paused_again": false, "remaining_nodes": []}))]
    Resumed {
        execution_id: String, status: String, message: String, completed: bool, paused_again: bool,
        remaining_nodes: Vec<String>,
    }
    /// A question to people.
    Interaction {
        interaction_id: String, execution_id: String, workflow_id: String, node: String, kind: String, status: String,
        question: String, details: Option<String>, schema: Option<Value>, options: Vec<Choice>, assignees: Vec<String>,
        deadline: Option<String>, created_at: String, decided_at: Option<String>, decision: Option<String>,
        responses: Vec<Response>, responses_needed: u64, #[schema(value_type = Vec<Object>)] deliveries: Vec<Value>,
        #[serde(default)] content: Option<Value>, #[serde(default)] authorization: Option<Value>,
        #[serde(default)] on_error: bool,
    }
    /// An option of a decision.
    Choice { id: String, label: String }
    /// One person's response.
    Response {
        by: String, via: String, entered_by: Option<String>, at: String, decision: String, answer: Value,
        comment: Option<String>, shown_sha256: String,
    }
    /// Part of a list, soonest deadline first.
    InteractionPage { items: Vec<Interaction>, next_cursor: Option<String> }
    /// What an answer did.
    #[schema(example = json!({"status": "pending", "decision": null, "responses_needed": 1}))]
    Responded { status: String, decision: Option<String>, responses_needed: u64 }
    /// A new token; it is shown this once.
    #[schema(example = json!({"token": "sw_4f2a", "name": "ci", "owner": "acme", "subject": "ci@example.com",
        "scopes": ["read", "run"], "expires_at": null}))]
    NewToken {
        token: String, name: String, owner: String, subject: String, scopes: Vec<String>, expires_at: Option<String>,
    }
}
