//! The event of a node that knows its children.

use crate::payload::Payload;
use document::{id::NodeId, time::Time};
use serde::{Deserialize, Serialize};

/// What a `map` or `workflow` node has evaluated of its children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The `map` or `workflow` node.
    pub node: NodeId,
    /// Number of the node's visit.
    pub visit: u32,
    /// How many children the attempt has; their indices are `0..count`.
    pub count: u32,
    /// For a `map` the list of its items, one per child in order; for a `workflow` the input that all children
    /// share.
    pub items: Payload,
    /// When the attempt fails with `timeout` (the node's `timeout_seconds`); none where the node has no such bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_at: Option<Time>,
    /// Children that run at once, where a template of `max_concurrency` yielded the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u64>,
    /// Children that may fail, where a template of `tolerated_failures` or `stop_on_failure` yielded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated: Option<u64>,
}
