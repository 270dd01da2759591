//! What of a checkpoint comes back.

use crate::{
    execution::{Children, EdgeState, LoopState, NodeState},
    id::ExecutionId,
    interaction::Interaction,
    payload::Payload,
};
use document::{id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The part of a living execution's state that a rollback brings back. What an execution has been through stays: its
/// interactions, warnings, requests and counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Number of the checkpoint.
    pub seq: u64,
    /// The epoch then.
    #[serde(default)]
    pub epoch: u32,
    /// The hash of the document in force then, where a patch had changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patched: Option<String>,
    /// When it was.
    pub at: Time,
    /// The first node that its turn finished; none where it finished none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Nodes outside of loops that were done.
    pub done: u32,
    /// Nodes outside of loops that were skipped.
    pub skipped: u32,
    /// The progress.
    pub progress: u16,
    /// The nodes.
    pub nodes: BTreeMap<NodeId, Arc<NodeState>>,
    /// The edges, by their positions in the document.
    pub edges: Arc<Vec<EdgeState>>,
    /// The loops.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loops: BTreeMap<NodeId, Arc<LoopState>>,
    /// The children.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<NodeId, Arc<Children>>,
    /// The questions that were open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Arc<Interaction>>,
}

impl Point {
    /// Every value that the point keeps.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all: Vec<&Payload> = self.nodes.values().flat_map(|node| node.payloads()).collect();
        all.extend(self.loops.values().flat_map(|state| state.items.iter().chain(&state.outputs)));
        all.extend(self.children.values().map(|children| &children.items));
        all
    }
}

/// Where a forked execution begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fork {
    /// The execution that it is forked from.
    pub execution_id: ExecutionId,
    /// The checkpoint.
    pub point: Point,
    /// The events from outside that were kept then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(String, Payload)>,
}

impl Fork {
    /// Every value that the fork takes along.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all = self.point.payloads();
        all.extend(self.signals.iter().map(|(_, payload)| payload));
        all
    }
}

impl Fork {
    /// Replaces every value that the fork takes along.
    pub fn replace_payloads(&mut self, by: &dyn Fn(&Payload) -> Payload) {
        let point = &mut self.point;
        for node in point.nodes.values_mut().map(Arc::make_mut) {
            node.replace_payloads(by);
        }
        for state in point.loops.values_mut().map(Arc::make_mut) {
            state.items.iter_mut().chain(&mut state.outputs).for_each(|payload| *payload = by(payload));
        }
        for kids in point.children.values_mut().map(Arc::make_mut) {
            kids.items = by(&kids.items);
        }
        self.signals.iter_mut().for_each(|(_, payload)| *payload = by(payload));
    }
}
