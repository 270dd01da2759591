//! Executions on their way to another host.

use super::{Document, words};
use engine::moving;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stepwell_core::execution::Status;
use utoipa::ToSchema;

/// A part of an execution: turns of its journal that follow one another, and what they need. It has no secrets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"execution_id": "01985f3e-8a51-7c3a-b8f2-6a1e0c9d4b77", "of": 12, "after": 0,
    "documents": [{"id": "greet", "nodes": [], "edges": []}], "turns": [{"seq": 1, "at": 1769850000000u64, "events": []}],
    "complete": false}))]
pub struct ExportPiece {
    /// The execution.
    pub execution_id: String,
    /// How many turns of it travel in all parts together.
    pub of: u64,
    /// The number of the turn that the first one of this part follows; 0 at the beginning.
    pub after: u64,
    /// The normalized documents that the turns name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Document>)]
    pub documents: Vec<Value>,
    /// Offloaded values that the turns refer to, by the SHA-256 of their JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub values: Map<String, Value>,
    /// The turns as the journal keeps them. What an export gave is sent unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<BTreeMap<String, Value>>)]
    pub turns: Vec<Value>,
    /// Lines that nodes wrote until the last of these turns. What an export gave is sent unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<MovedLine>)]
    pub logs: Vec<Value>,
    /// Whether everything is there once this is, so that the execution goes on. An export leaves it to whoever imports:
    /// of an execution with children all others are sent first.
    #[serde(default)]
    pub complete: bool,
}

/// A line that a node wrote, on its way to another host.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type; hosts keep lines as they are")]
pub struct MovedLine {
    /// The node.
    node: String,
    /// Number of its visit.
    visit: u32,
    /// Number of the attempt, from 1.
    attempt: u32,
    /// When the line was written, in milliseconds since 1970.
    at: i64,
    /// How much the line matters.
    level: words::LogLevel,
    /// The text.
    message: String,
}

/// What an import led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "01985f3e-8a51-7c3a-b8f2-6a1e0c9d4b77", "taken": "added", "turns": 13,
    "arrives": false, "status": "waiting_human"}))]
pub struct Imported {
    /// The execution.
    pub execution_id: String,
    /// What became of the part.
    pub taken: Taken,
    /// How many turns are here now; after a dry run, how many there would be.
    pub turns: u64,
    /// Whether it still comes: it stands still until its last part is here, with `complete`.
    pub arrives: bool,
    /// The status of the execution; null where it is not here yet, as after a dry run.
    #[schema(value_type = Option<words::ExecutionStatus>)]
    pub status: Option<Status>,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It added something.
    Added,
    /// All of it was here, and nothing changed.
    Unchanged,
}

impl From<moving::Piece> for ExportPiece {
    fn from(piece: moving::Piece) -> Self {
        let moving::Piece { execution_id, of, after, documents, values, turns, logs, complete } = piece;
        Self { execution_id: execution_id.to_string(), of, after, documents, values, turns, logs, complete }
    }
}

impl From<ExportPiece> for moving::Piece {
    fn from(piece: ExportPiece) -> Self {
        let ExportPiece { execution_id, of, after, documents, values, turns, logs, complete } = piece;
        Self { execution_id: execution_id.into(), of, after, documents, values, turns, logs, complete }
    }
}

impl Imported {
    /// The answer about an execution.
    pub fn of(id: String, outcome: &moving::Outcome) -> Self {
        let state = outcome.state.as_ref();
        Self {
            execution_id: id,
            taken: match outcome.taken {
                moving::Taken::Added => Taken::Added,
                moving::Taken::Unchanged => Taken::Unchanged,
            },
            turns: outcome.turns,
            arrives: state.is_none_or(|state| state.arrives()),
            status: state.map(|state| state.status()),
        }
    }
}
