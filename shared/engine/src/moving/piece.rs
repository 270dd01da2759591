//! What travels from host to host.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use stepwell_core::{
    event::{Event, Turn},
    id::ExecutionId,
};

/// A part of one execution: turns that follow one another, and what they need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The execution.
    pub execution_id: ExecutionId,
    /// How many turns of it travel in all pieces together.
    pub of: u64,
    /// The number of the turn that the first one of this piece follows; 0 at the beginning.
    pub after: u64,
    /// The normalized documents that the turns name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Value>,
    /// Offloaded values that the turns refer to, by the SHA-256 of their JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// The turns as the journal keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Value>,
    /// The lines that nodes wrote until the last of these turns, and after the one before them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<Value>,
    /// Whether everything is there once this is, so that the execution goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
}

impl Piece {
    /// The number of the last turn that is there once this piece is.
    pub fn to(&self) -> u64 {
        self.after.saturating_add(self.turns.len() as u64)
    }
}

/// The hashes of the documents that turns name. Every event that names one belongs here.
pub fn documents(turns: &[Turn]) -> BTreeSet<&str> {
    let events = turns.iter().flat_map(|turn| &turn.events);
    let named = events.filter_map(|event| match event {
        Event::ExecutionStarted(started) => Some(started.workflow_hash.as_str()),
        Event::WorkflowPatched(patched) => Some(patched.hash.as_str()),
        _ => None,
    });
    named.collect()
}
