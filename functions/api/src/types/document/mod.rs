//! The workflow document, for the OpenAPI document alone: the server reads documents by `document::parse`, which says
//! more exactly what is wrong with one. A test holds the two together.

pub mod agent;
pub mod config;
mod node;
mod parts;

pub use node::{DocumentNode, NodeCommon};
pub use parts::{Compensation, Condition, Delivery, Edge, Join, OnConditionError, OnError, Overlap, Retry, Settings};

use serde_json::Value;
use utoipa::ToSchema;

/// A workflow, in the form in which workflows are stored. What is sent may also be written in the other dialects that
/// are read (workflow format, §6), such as `source` and `target` for `from` and `to`, or `connections` for `edges`; the
/// static checks, `POST /v1/workflows/validate`, say what is wrong with a document, in whatever dialect it is.
#[derive(ToSchema)]
#[schema(example = json!({"id": "greet", "nodes": [{"id": "start", "type": "manual_trigger"}],
    "output": "'Hello, ' + input.name"}))]
pub struct Document {
    /// Where editors find the JSON Schema of the format, such as `GET /v1/schema` of a host; it changes nothing.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The id of the workflow: 1 to 64 of `A-Z a-z 0-9 _ -`; derived from `name` where absent.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub id: Option<String>,
    /// The name of the workflow, for people; its id where absent.
    pub name: Option<String>,
    /// What the workflow is for, for people.
    pub description: Option<String>,
    /// JSON Schema 2020-12 that inputs must satisfy; only references into itself are followed.
    pub input_schema: Option<Value>,
    /// The nodes.
    #[schema(min_items = 1)]
    pub nodes: Vec<DocumentNode>,
    /// The edges between the nodes.
    pub edges: Option<Vec<Edge>>,
    /// CEL for the result of an execution; the output of the node that ended its path where absent.
    pub output: Option<String>,
    /// Bounds and policies of executions.
    pub settings: Option<Settings>,
    /// Data of the author's own.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}
