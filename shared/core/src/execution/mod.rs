//! The state of one execution, which is the fold of its events (`evolve`). Clones are cheap: large parts are shared.

mod bits;
mod children;
mod instruction;
mod node;
mod talk;

pub use crate::{event::Parent, status::Status};
pub use bits::Bits;
pub use children::{Children, Kept};
pub use instruction::Instruction;
pub use node::{EdgeState, LoopState, NodeState, Phase};
pub use talk::{CallStatus, Said, Talk, ToolEnd};

use crate::{
    error::Error,
    event::{Request, Started},
    id::{Activation, ExecutionId},
    interaction::Interaction,
    payload::Payload,
    rollback::{After, Rolling},
};
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The state of an execution after a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// What the execution was started with; it never changes.
    pub started: Arc<Started>,
    /// When the execution was accepted.
    pub started_at: Time,
    /// When the execution's last turn was decided.
    pub updated_at: Time,
    /// When the execution ended, in whatever way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// Number of the last turn, which is the id of this checkpoint.
    pub seq: u64,
    /// Number of rollbacks so far: whatever bears another epoch is stale.
    pub epoch: u32,
    /// Whether `max_concurrency`, or another execution of its line, holds the execution back.
    pub held: bool,
    /// Whether the execution is paused.
    pub paused: bool,
    /// The latest pause, resume, cancel or retry of an execution that has children, who are told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructed: Option<Arc<Instruction>>,
    /// The hash of the document in force, where a patch changed it; none where it is that of the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patched: Option<String>,
    /// Whether all turns of an execution that comes from another host are here, and it goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub arrived: bool,
    /// How often the execution was retried after its end.
    #[serde(default, skip_serializing_if = "is_none_so_far")]
    pub retried: u32,
    /// Milliseconds for which the execution had ended, and did nothing, before a retry or a rollback had it go on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rested_ms: u64,
    /// For a child: by which retry of its parent it was taken up last, as it failed with it; 0 where by none.
    #[serde(default, skip_serializing_if = "crate::id::is_zero")]
    pub taken_up: u32,
    /// When the execution fails with `timeout`, where that was put off since its start; else [`Started::deadline`] counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Time>,
    /// How often the execution went on after it stood still: answers of people that decided, and ends of pauses.
    pub resume_count: u32,
    /// The rollback that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling: Option<Arc<Rolling>>,
    /// The greatest number of a visit to each node that a rollback left behind: numbers of visits only grow.
    #[serde(default, skip_serializing_if = "has_none")]
    pub visits: Arc<BTreeMap<NodeId, u32>>,
    /// For a child that was undone whole, since its parent went back: the epoch of the parent that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_for: Option<u32>,
    /// Children that were to be undone, and that people left as they are: each is told to end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<ExecutionId>,
    /// The terminal status; none until the execution has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Status>,
    /// Why the execution is stuck; none where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Error>,
    /// Number of the turn that recorded `stuck`. What was activated until then is not asked for again by itself: its
    /// message may be the one that cannot be processed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stuck_seq: u64,
    /// The execution's result, once it has completed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub output: Option<Payload>,
    /// Why the execution failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    /// Number of nodes outside of loops that are done; the progress is computed from it.
    #[serde(default)]
    pub done: u32,
    /// Number of nodes outside of loops that were skipped; the progress is computed from it.
    #[serde(default)]
    pub skipped: u32,
    /// The greatest progress so far, in tenths of a percent: it never falls, also where a node starts its children anew.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub progress: u16,
    /// The state of every node that was visited or skipped.
    pub nodes: BTreeMap<NodeId, Arc<NodeState>>,
    /// The state of every edge, by its position in the document (`EdgeIx`).
    pub edges: Arc<Vec<EdgeState>>,
    /// Nodes that are to be reached along these edges, since a patch says that they would have been before others were live.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub won: BTreeMap<NodeId, Vec<EdgeIx>>,
    /// The state of every loop that was entered, by its node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loops: BTreeMap<NodeId, Arc<LoopState>>,
    /// The children of `map` and `workflow` nodes, by node: those of the latest attempt of the latest visit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<NodeId, Arc<Children>>,
    /// For an execution with a parent: whether a person is asked here or in a descendant, as of the last turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
    /// Number of the turn that changed `asks` last, of which the parent is told; 0 where nobody was ever asked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asks_seq: u64,
    /// When a person ceased last to be asked in a child or below it, as far as the children have told; none where that
    /// has not happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_below_until: Option<Time>,
    /// Every interaction ever opened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interactions: Vec<Arc<Interaction>>,
    /// What the rules warned of, each warning once, oldest first. Those beyond `limits::KEPT_WARNINGS` are in the journal
    /// alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Arc<Vec<Warned>>,
    /// The latest requests that may be sent again, oldest first, at most [`limits::KEPT_REQUESTS`](crate::limits).
    #[serde(default, skip_serializing_if = "is_empty")]
    pub requests: Arc<Vec<Answered>>,
    /// Events from outside that no `wait` has taken, as name and data, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(String, Payload)>,
}

/// A warning that the rules recorded, as often as they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// The node that it is about.
    pub node: NodeId,
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// What was wrong and what happened instead, for people; of a long text its beginning.
    pub message: String,
    /// How often it was recorded.
    pub count: u64,
    /// When it was recorded first.
    pub at: Time,
}

/// A request that was done, and may come again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The request.
    #[serde(flatten)]
    pub request: Request,
    /// Number of the turn that did it.
    pub seq: u64,
}

impl Execution {
    /// It goes on after its end, which is none any more.
    pub(crate) fn rests_no_more(&mut self, now: Time) {
        let rested = self.completed_at.take().map_or(0, |end| now.since(end).as_millis() as u64);
        self.rested_ms = self.rested_ms.saturating_add(rested);
    }

    /// Whether nothing starts and no edge is resolved: the execution is paused, or goes back.
    pub fn stands_still(&self) -> bool {
        self.paused || self.rolling.is_some()
    }

    /// Whether it is a child that is undone whole, since its parent goes back and waits for that.
    pub fn is_being_undone(&self) -> bool {
        self.end.is_none() && self.was_to_be_undone()
    }

    /// Whether it is a child that is undone whole, or that ended before it was.
    pub fn was_to_be_undone(&self) -> bool {
        self.rolling.as_ref().is_some_and(|it| matches!(it.asked.after, After::Cancel { .. }))
    }

    /// Whether turns of an execution that comes from another host are still missing. Until all are there nothing in it
    /// moves: what it owes is known only by its last turn.
    pub fn arrives(&self) -> bool {
        self.started.imported.is_some() && !self.arrived
    }

    /// The execution's id.
    pub fn id(&self) -> &ExecutionId {
        &self.started.execution_id
    }

    /// The hash of the document in force.
    pub fn workflow_hash(&self) -> &str {
        self.patched.as_deref().unwrap_or(&self.started.workflow_hash)
    }

    /// When the execution fails with `timeout`, by `settings.timeout_seconds`.
    pub fn deadline(&self) -> Time {
        self.extended.unwrap_or(self.started.deadline)
    }

    /// The same for whoever looks for those whose time is over; none where the time does not count: the execution has
    /// ended, or goes back, and nobody knows how long that takes; or it has not wholly arrived.
    pub fn times_out_at(&self) -> Option<Time> {
        (self.end.is_none() && self.rolling.is_none() && !self.arrives()).then(|| self.deadline())
    }

    /// The state of a node; none where it was neither visited nor skipped.
    pub fn node(&self, id: &NodeId) -> Option<&NodeState> {
        self.nodes.get(id).map(|state| &**state)
    }

    /// The activation of a node's latest visit.
    pub fn activation(&self, node: &NodeId) -> Activation {
        Activation { epoch: self.epoch, node: node.clone(), visit: self.node(node).map_or(0, |state| state.visit) }
    }

    /// Whether the outcome of an attempt can still be recorded as the node's. Where it cannot, the attempt need not go on: the
    /// execution has ended, went back, or goes on without it.
    pub fn awaits(&self, activation: &Activation, attempt: u32) -> bool {
        let runs = |node: &NodeState| {
            let begun = matches!(node.phase, Phase::Due { .. } | Phase::Intended { .. });
            begun && node.visit == activation.visit && node.attempt == attempt
        };
        let present = self.epoch == activation.epoch && self.node(&activation.node).is_some_and(runs);
        // A rollback awaits the outcome of what it is to undo.
        let awaited = || self.rolling.as_ref().is_some_and(|rolling| rolling.awaited(activation).is_some());
        self.end.is_none() && (present || awaited())
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

    /// The interaction of that id, open or over.
    pub fn interaction(&self, id: &str) -> Option<&Arc<Interaction>> {
        self.interactions.iter().rev().find(|one| one.interaction_id.as_str() == id)
    }

    /// The request of that key, if it was done lately.
    pub fn request(&self, key: &str) -> Option<&Answered> {
        self.requests.iter().rev().find(|one| one.request.key == key)
    }

    /// The interactions that can still be answered.
    pub fn open_interactions(&self) -> impl Iterator<Item = &Arc<Interaction>> {
        self.interactions.iter().filter(|one| one.is_open())
    }

    /// Whether a person is asked in a child of a node, or below it, as far as the children have told.
    pub fn is_asked_below(&self, node: &NodeId) -> bool {
        let waits = self.node(node).is_some_and(|state| state.phase == Phase::Children);
        waits && self.children.get(node).is_some_and(|kids| !kids.asking.is_empty())
    }

    /// Whether a person is asked here or in a descendant.
    pub fn asks_people(&self) -> bool {
        let asks = |(id, node): (&NodeId, &Arc<NodeState>)| match node.phase {
            Phase::Asking { .. } => true,
            Phase::Children => self.is_asked_below(id),
            _ => false,
        };
        self.end.is_none() && self.nodes.iter().any(asks)
    }

    /// The execution's status, which follows from its state (execution model, §3).
    pub fn status(&self) -> Status {
        if let Some(end) = self.end {
            return end;
        }
        if self.arrives() {
            return Status::Pending;
        }
        if self.stuck.is_some() {
            return Status::Stuck;
        }
        if self.paused {
            return Status::Paused;
        }
        if self.rolling.is_some() {
            return Status::RollingBack;
        }
        if self.held {
            return Status::Pending;
        }
        // Work that is due now outweighs an open question, here or in a descendant, and a question outweighs a timer or a
        // child. A loop by itself counts as running: where nothing in its body is open, a continuation message begins
        // its next iteration.
        let mut status = Status::Running;
        for (id, node) in &self.nodes {
            match node.phase {
                Phase::Due { at: None } | Phase::Intended { .. } | Phase::Unrouted => return Status::Running,
                Phase::Asking { .. } => status = Status::WaitingHuman,
                Phase::Children if self.is_asked_below(id) => status = Status::WaitingHuman,
                Phase::Due { .. } | Phase::Waiting { .. } | Phase::Children if status == Status::Running => {
                    status = Status::Waiting;
                }
                _ => {}
            }
        }
        status
    }

    /// Every value that the state keeps. A host fetches those that are missing, and offloads those that are large.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all: Vec<&Payload> = vec![&self.started.input];
        all.extend(self.started.item.iter().chain(&self.started.args));
        all.extend(self.started.inherited.iter().map(|(_, payload)| payload));
        all.extend(self.started.forked.iter().flat_map(|fork| fork.payloads()));
        all.extend(self.output.iter());
        all.extend(self.nodes.values().flat_map(|node| node.payloads()));
        all.extend(self.rolling.iter().flat_map(|rolling| rolling.payloads()));
        all.extend(self.loops.values().flat_map(|state| state.items.iter().chain(&state.outputs)));
        all.extend(self.children.values().map(|children| &children.items));
        all.extend(self.signals.iter().map(|(_, payload)| payload));
        all
    }
}

fn is_nothing(progress: &u16) -> bool {
    *progress == 0
}

fn is_empty(requests: &Arc<Vec<Answered>>) -> bool {
    requests.is_empty()
}

fn has_none(visits: &Arc<BTreeMap<NodeId, u32>>) -> bool {
    visits.is_empty()
}

fn is_none_so_far(number: &u32) -> bool {
    *number == 0
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
