//! The event of a compensation that failed.

use crate::error::Error;
use document::{id::NodeId, time::Time};
use serde::{Deserialize, Serialize};

/// An attempt to undo something failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotUndone {
    /// The node that is undone.
    pub node: NodeId,
    /// Number of the node's visit.
    pub visit: u32,
    /// Number of the attempt to undo it, from 1.
    pub attempt: u32,
    /// Why it failed.
    pub error: Error,
    /// The earliest time of the next attempt; none where no other follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
    /// Whether nobody knows what the attempt did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}
