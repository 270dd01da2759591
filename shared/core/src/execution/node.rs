//! The parts of an execution's state: its nodes, edges and loops.

use super::talk::Talk;
use crate::{error::Error, id::InteractionId, payload::Payload};
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where an edge stands in the present iteration of the loop around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeState {
    /// Not resolved: the node that the edge leaves has not finished.
    #[default]
    Open,
    /// The edge's port was taken, and its condition is true.
    Live,
    /// The edge activates nothing: another port was taken, its condition is false, or its source was skipped.
    Dead,
}

/// Where a node stands in the present iteration of the loop around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// Number of the latest visit, from 1; 0 where the node was only skipped.
    pub visit: u32,
    /// What the node is doing.
    pub phase: Phase,
    /// The live edges along which the node's input comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<EdgeIx>,
    /// Number of the attempt that is due, runs or ran last, from 1 within the visit.
    pub attempt: u32,
    /// Number of attempts that ended, over all visits.
    pub attempts: u32,
    /// Attempts of the visit that no longer count against the node's `retry`, since somebody retried the execution.
    #[serde(default, skip_serializing_if = "is_none_so_far")]
    pub forgiven: u32,
    /// Of an agent, positions of the models that have no quota any more. They are not asked again in the visit, unless somebody
    /// retries the execution or patches its workflow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_up: Vec<u32>,
    /// When the latest visit began.
    pub activated_at: Time,
    /// Number of the turn that began the latest visit; 0 where that was one of the execution that this one is forked from.
    pub activated_seq: u64,
    /// When the latest attempt was due; none for the first of a visit, which is due when that begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Time>,
    /// When the attempt of a node that waits fails with `timeout`; none where nothing bounds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_at: Option<Time>,
    /// When the latest visit's outcome was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Number of the turn that recorded the latest outcome, or that resolved the edges out of the node.
    #[serde(default)]
    pub finished_seq: u64,
    /// Milliseconds that the last attempt ran; none where nobody measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The port taken; none where the node has not finished, or failed and nothing has handled it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// What stands in place of the input of this visit, where a backtrack gave one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub given: Option<Payload>,
    /// What an agent and its model said to each other in this visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Arc<Talk>>,
    /// The latest output. It is kept when the node is visited again, until that visit has an output of its own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub output: Option<Payload>,
    /// Whether a loop around the node began another iteration since the output was made. Whatever can name the node is in
    /// that loop too and sees it no more, but for the document's own `output`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// How many aborts that people chose for the visit were taken back, since somebody retried the execution.
    #[serde(default, skip_serializing_if = "is_none_so_far")]
    pub taken_back: u32,
    /// What the node was doing when the execution ended, by which a retry takes it up; none where it was doing nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Phase>,
    /// The port of an outcome whose way on could not be decided, so that the node failed: a retry decides it again, and
    /// does not run the node again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<String>,
    /// Why the latest attempt failed; none once another visit begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// What a node is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Phase {
    /// The node was not reached in this iteration.
    Idle,
    /// The node is to run: at once, or after the delay of a retry.
    Due {
        /// The earliest time for the attempt; none for at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// An `at_most_once` attempt runs, and no other worker may run it before the deadline.
    Intended {
        /// After this time the attempt's outcome is unknown.
        deadline: Time,
    },
    /// A `wait` node waits for a time or an event.
    Waiting {
        /// When the wait ends by itself; none where only an event ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// Name of the event that ends the wait; none where it waits for a time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// When the wait began.
        since: Time,
    },
    /// An interaction is open, and the node waits for its answer.
    Asking {
        /// The open interaction.
        interaction_id: InteractionId,
    },
    /// The children of a `map` or `workflow` node run.
    Children,
    /// The body of a `loop` node runs.
    Looping,
    /// The node's outcome is recorded, but its edges are not resolved: resuming the execution does that, or the same
    /// turn.
    Unrouted,
    /// The node is done, and the edges out of it are resolved.
    Finished,
    /// The node does not run, because its join can no longer be satisfied.
    Skipped,
    /// A `break` or the end of the execution came before the node was done.
    Dropped,
    /// The node failed, nothing handled the failure, and the execution ended.
    Failed,
}

impl Phase {
    /// Whether the node can still act: it is due, runs, waits, or its edges are not resolved.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Idle | Self::Finished | Self::Skipped | Self::Dropped | Self::Failed)
    }
}

/// The state of a loop since it was last entered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    /// Number of the visit in which the loop was entered; 0 in states of earlier releases.
    #[serde(default, skip_serializing_if = "is_none_so_far")]
    pub visit: u32,
    /// Iterations begun. The one that runs is iteration `begun - 1`, as `loop.iteration` counts.
    pub begun: u64,
    /// How many items the list of a `for_each` has; none for a `while`, and in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The list of a `for_each`; none for a `while`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub items: Option<Payload>,
    /// Iterations after which the loop is over, where a template said so when it was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<u64>,
    /// The values of the iterations before the one that runs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Payload>,
    /// The `break` node that ended the loop; none where it goes on, or ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<NodeId>,
}

impl NodeState {
    /// Every value that the node keeps.
    pub fn payloads(&self) -> impl Iterator<Item = &Payload> {
        let said = self.talk.iter().flat_map(|talk| talk.payloads());
        self.output.iter().chain(&self.given).chain(said)
    }

    /// Replaces every value that the node keeps.
    pub fn replace_payloads(&mut self, by: &dyn Fn(&Payload) -> Payload) {
        self.output.iter_mut().chain(&mut self.given).for_each(|payload| *payload = by(payload));
        self.talk.iter_mut().for_each(|talk| Arc::make_mut(talk).replace_payloads(by));
    }
}

fn is_none_so_far(number: &u32) -> bool {
    *number == 0
}
