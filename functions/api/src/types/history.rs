//! The journal of an execution.

use super::{Execution, Node, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use stepwell_core::{event, view};
use utoipa::ToSchema;

/// A part of the journal, oldest turn first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"execution_id": "0198", "history": [{"checkpoint": "1", "node": "start",
    "timestamp": "2026-01-31T09:00:00.000Z", "state_summary": "Workflow greet started; next: hello.",
    "by": "ann@example.com", "events": []}], "total": 2, "next_cursor": null}))]
pub struct History {
    /// The id of the execution.
    pub execution_id: String,
    /// The turns of this part.
    pub history: Vec<Turn>,
    /// How many turns the journal has in all.
    pub total: u64,
    /// The parameter `cursor` of the request for the next part; null at the end of the journal.
    pub next_cursor: Option<String>,
}

/// A turn: one command that was decided, with everything that it recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Turn {
    /// Number of the turn, from 1, which is the id of the checkpoint after it.
    pub checkpoint: String,
    /// The node that the turn finished; null where it finished none.
    pub node: Option<String>,
    /// When the turn was decided.
    pub timestamp: Timestamp,
    /// What the turn did, in one sentence for people.
    pub state_summary: String,
    /// The subject that asked for the turn, of the execution or of one above it; null where a worker or a timer did.
    pub by: Option<String>,
    /// What the turn recorded, in order.
    #[schema(value_type = Vec<JournalEvent>)]
    pub events: Vec<Value>,
}

/// One thing that happened, as the journal has it. An offloaded value is shown as `{"$blob": sha256, "bytes": n}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JournalEvent {
    /// What happened, such as `node_succeeded`.
    pub r#type: String,
    /// What this type of event tells more.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

/// The state as it was after a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Checkpoint {
    /// Number of the turn, from 1.
    pub checkpoint: String,
    /// The node that the turn finished; null where it finished none.
    pub node: Option<String>,
    /// When the turn was decided.
    pub timestamp: Timestamp,
    /// What the turn did, in one sentence for people.
    pub state_summary: String,
    /// The subject that asked for the turn, of the execution or of one above it; null where a worker or a timer did.
    pub by: Option<String>,
    /// The execution as it was then.
    pub state: Execution,
    /// The nodes as they were then, without their log lines.
    pub nodes: Vec<Node>,
}

impl From<&event::Turn> for Turn {
    fn from(turn: &event::Turn) -> Self {
        Self {
            checkpoint: turn.seq.to_string(),
            node: view::finished_node(turn).map(ToString::to_string),
            timestamp: Timestamp(turn.at),
            state_summary: view::sentence(turn),
            by: turn.by.clone(),
            events: turn.events.iter().map(view::event).collect(),
        }
    }
}

impl Checkpoint {
    /// The checkpoint after a turn, with the state that the turn led to.
    pub fn of(turn: &event::Turn, state: Execution, nodes: Vec<Node>) -> Self {
        Self {
            checkpoint: turn.seq.to_string(),
            node: view::finished_node(turn).map(ToString::to_string),
            timestamp: Timestamp(turn.at),
            state_summary: view::sentence(turn),
            by: turn.by.clone(),
            state,
            nodes,
        }
    }
}
