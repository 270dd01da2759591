//! The event of a patch.

use crate::execution::EdgeState;
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The execution runs by another document from here on. What it did so far is what the new document would have had it do,
/// so of the state only that changes which is counted by positions in the document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patched {
    /// The hash of the new document, by which hosts find it.
    pub hash: String,
    /// The JSON Patch (RFC 6902) that was asked for.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub operations: Value,
    /// What it is for, for people; none where the caller said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where the edges of the new document stand, by their positions in it.
    pub edges: Vec<EdgeState>,
    /// The edges along which the input of each node came, by their positions in the new document; nodes that are not
    /// named have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub via: BTreeMap<NodeId, Vec<EdgeIx>>,
    /// Nodes that the new document would have reached already, and along which edges: an `any` is won by the first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub won: BTreeMap<NodeId, Vec<EdgeIx>>,
    /// Nodes that were skipped and are no longer, or are no longer there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<NodeId>,
    /// Nodes that are skipped, since no way leads to them any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<NodeId>,
    /// Failed nodes whose config is another one, so that their next attempt starts children anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outdated: Vec<NodeId>,
    /// Number of nodes outside of loops that are done.
    pub done_count: u32,
    /// Number of nodes outside of loops that are skipped.
    pub skipped_count: u32,
    /// When the execution fails with `timeout`, where `settings.timeout_seconds` is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
}
