//! Starts of executions.

use super::{Document, Links, words};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stepwell_core::{
    execution::{Execution, Status},
    view,
};
use utoipa::ToSchema;

/// What an execution of a saved workflow starts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartBody {
    /// The input of the execution; `{}` where absent.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub input: Option<Value>,
    /// The saved version to run; the latest one where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Data of the caller's own, up to 16 KB of JSON, by which lists of executions can be filtered.
    #[serde(
        default,
        deserialize_with = "::document::json::unique_object_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
}

/// What an execution of a document that is sent along starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineBody {
    /// The document to run; it is kept with its execution only.
    #[schema(value_type = Document)]
    #[serde(deserialize_with = "::document::json::unique")]
    pub workflow: Value,
    /// The input of the execution; `{}` where absent.
    #[serde(default, deserialize_with = "::document::json::unique_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub input: Option<Value>,
    /// Data of the caller's own, up to 16 KB of JSON, by which lists of executions can be filtered.
    #[serde(
        default,
        deserialize_with = "::document::json::unique_object_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
}

/// An accepted start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "status": "pending", "links": {"self": "/v1/executions/0198",
    "nodes": "/v1/executions/0198/nodes", "history": "/v1/executions/0198/history",
    "events": "/v1/executions/0198/events", "logs": "/v1/executions/0198/logs"}}))]
pub struct Accepted {
    /// The id of the execution.
    pub execution_id: String,
    /// The status of the execution: `pending` while it has run no node.
    #[schema(value_type = words::ExecutionStatus)]
    pub status: Status,
    /// Where more of the execution is to be read.
    pub links: Links,
}

impl Accepted {
    /// What the caller that starts an execution is told at once.
    pub fn of(execution: &Execution) -> Self {
        let id = execution.id().as_str();
        Self { execution_id: id.to_owned(), status: view::accepted_status(execution), links: Links::of(id) }
    }
}
