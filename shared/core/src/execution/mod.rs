//! The state of one execution: the fold of its events. Clones are cheap: what is large is shared.

mod bits;
mod status;

pub use bits::Bits;
pub use status::Status;

use crate::{
    error::Error,
    event::Started,
    id::{Activation, ExecutionId, InteractionId},
    interaction::Interaction,
    payload::Payload,
};
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What an execution is a child of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent.
    pub execution_id: ExecutionId,
    /// Its `map` or `workflow` activation.
    pub activation: Activation,
    /// The attempt that started it, from 1.
    #[serde(default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
    /// From 0.
    pub index: u32,
    /// 1 for the child of an execution that has no parent.
    pub depth: u32,
}

/// The state after a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// What does not change.
    pub started: Arc<Started>,
    /// When it was accepted.
    pub started_at: Time,
    /// When its last turn was decided.
    pub updated_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// The number of its last turn.
    pub seq: u64,
    /// Grows at each rollback.
    pub epoch: u32,
    /// Held back by `max_concurrency`.
    pub held: bool,
    /// Asked to pause.
    pub paused: bool,
    /// How often it was resumed, by a person or from a pause.
    pub resume_count: u32,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Status>,
    /// Why it is stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Error>,
    /// The turn that says so: what was activated until then is not asked for again, but by hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stuck_seq: u64,
    /// Its result.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub output: Option<Payload>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    /// Nodes outside loops that are done, for the progress.
    #[serde(default)]
    pub done: u32,
    /// Nodes outside loops that were skipped, for the progress.
    #[serde(default)]
    pub skipped: u32,
    /// Nodes that were visited or skipped.
    pub nodes: BTreeMap<NodeId, Arc<NodeState>>,
    /// By `EdgeIx`.
    pub edges: Arc<Vec<EdgeState>>,
    /// Loops that were entered, by node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loops: BTreeMap<NodeId, Arc<LoopState>>,
    /// `map` and `workflow` nodes' children, by node, latest attempt of the latest visit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<NodeId, Arc<Children>>,
    /// Every interaction ever opened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<Arc<Interaction>>,
    /// Signals that no `wait` has taken, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(String, Payload)>,
}

/// Where an edge stands in the present iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeState {
    /// Its source has not finished.
    #[default]
    Open,
    /// Its port was taken and its condition is true.
    Live,
    /// It will not be.
    Dead,
}

/// Where a node stands in the present iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// The latest visit; 0 where it was only skipped.
    pub visit: u32,
    /// What it is doing.
    pub phase: Phase,
    /// The live edges that its input comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<EdgeIx>,
    /// The attempt that runs or ran last, from 1.
    pub attempt: u32,
    /// Attempts over all visits.
    pub attempts: u32,
    /// When the latest visit was activated.
    pub activated_at: Time,
    /// The turn that activated it.
    pub activated_seq: u64,
    /// When the attempt that waits ends at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_at: Option<Time>,
    /// When it finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// The turn that recorded its outcome.
    #[serde(default)]
    pub finished_seq: u64,
    /// How long the last attempt took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The port taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The latest output; kept from visit to visit.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub output: Option<Payload>,
    /// The latest error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// What a node is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Phase {
    /// Not reached in this iteration.
    Idle,
    /// To run now, or at `at` (a retry's delay).
    Due {
        /// None: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// `at_most_once`: an attempt runs; nobody else may before the deadline.
    Intended {
        /// After it the outcome is unknown.
        deadline: Time,
    },
    /// A `wait` waits.
    Waiting {
        /// Until then at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// For this event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// Since then.
        since: Time,
    },
    /// An interaction is open.
    Asking {
        /// Which.
        interaction_id: InteractionId,
    },
    /// Children run.
    Children,
    /// A loop's body runs.
    Looping,
    /// Its outcome is recorded; its edges are resolved when the execution is resumed.
    Unrouted,
    /// It is done, and so are its edges.
    Finished,
    /// Its join cannot be satisfied.
    Skipped,
    /// A `break` or the execution's end came first.
    Dropped,
    /// It failed for good and nothing handled it.
    Failed,
}

impl Phase {
    /// Whether something is still to come from it.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Idle | Self::Finished | Self::Skipped | Self::Dropped | Self::Failed)
    }
}

/// A loop that runs, or ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    /// Iterations begun since it was entered; the one that runs has this number less one.
    pub begun: u64,
    /// The list of a `for_each`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub items: Option<Payload>,
    /// The outputs of the iterations before the one that runs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Payload>,
    /// The `break` node that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<NodeId>,
}

/// Children of a `map` or `workflow` node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Children {
    /// The visit they belong to.
    pub visit: u32,
    /// The attempt they belong to, from 1: each has children of its own.
    #[serde(default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
    /// How many there will be.
    pub count: u32,
    /// Items of a map; the input of a workflow's children.
    pub items: Payload,
    /// All with a smaller index have been asked for.
    pub started: u32,
    /// Bit i: child i ended.
    pub ended: Bits,
    /// Bit i: child i failed or was cancelled.
    pub failed: Bits,
}

impl Execution {
    /// Its id.
    pub fn id(&self) -> &ExecutionId {
        &self.started.execution_id
    }

    /// A node's state, where it was reached.
    pub fn node(&self, id: &NodeId) -> Option<&NodeState> {
        self.nodes.get(id).map(|state| &**state)
    }

    /// The activation of a node's latest visit.
    pub fn activation(&self, node: &NodeId) -> Activation {
        Activation { epoch: self.epoch, node: node.clone(), visit: self.node(node).map_or(0, |state| state.visit) }
    }

    /// Whether a node waits for the children that an attempt of an activation started.
    pub fn waits_for_children(&self, activation: &Activation, attempt: u32) -> bool {
        let waits = |node: &NodeState| {
            node.phase == Phase::Children && node.visit == activation.visit && node.attempt.max(1) == attempt
        };
        self.epoch == activation.epoch && self.node(&activation.node).is_some_and(waits)
    }

    /// Whether a node was activated before the execution got stuck: its message may be the one that cannot be
    /// processed, and waits among the dead letters until somebody moves it back.
    pub fn is_stuck_at(&self, node: &NodeState) -> bool {
        self.stuck.is_some() && node.activated_seq <= self.stuck_seq
    }

    /// The interaction of that id.
    pub fn interaction(&self, id: &str) -> Option<&Arc<Interaction>> {
        self.interactions.iter().rev().find(|one| one.interaction_id.as_str() == id)
    }

    /// Interactions that can still be answered.
    pub fn open_interactions(&self) -> impl Iterator<Item = &Arc<Interaction>> {
        self.interactions.iter().filter(|one| one.is_open())
    }

    /// What it is doing (execution model, §3).
    pub fn status(&self) -> Status {
        if let Some(end) = self.end {
            return end;
        }
        if self.stuck.is_some() {
            return Status::Stuck;
        }
        if self.paused {
            return Status::Paused;
        }
        if self.held {
            return Status::Pending;
        }
        // A loop alone has an iteration to begin: what is left of a long turn.
        let mut status = Status::Running;
        for node in self.nodes.values() {
            match node.phase {
                Phase::Due { at: None } | Phase::Intended { .. } | Phase::Unrouted => return Status::Running,
                Phase::Asking { .. } => status = Status::WaitingHuman,
                Phase::Due { .. } | Phase::Waiting { .. } | Phase::Children if status == Status::Running => {
                    status = Status::Waiting;
                }
                _ => {}
            }
        }
        status
    }

    /// Every value it keeps, to be fetched or offloaded by a host.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all: Vec<&Payload> = vec![&self.started.input];
        all.extend(self.started.item.iter());
        all.extend(self.started.inherited.iter().map(|(_, payload)| payload));
        all.extend(self.output.iter());
        all.extend(self.nodes.values().filter_map(|node| node.output.as_ref()));
        all.extend(self.loops.values().flat_map(|state| state.items.iter().chain(&state.outputs)));
        all.extend(self.children.values().map(|children| &children.items));
        all.extend(self.signals.iter().map(|(_, payload)| payload));
        all
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
