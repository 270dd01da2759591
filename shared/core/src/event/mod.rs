//! What has happened, recorded for good. The journal's format: names and shapes here never change meaning;
//! new fields have defaults, so that every earlier journal folds (see `tests/golden`).

mod started;

pub use started::Started;

use crate::{
    error::Error,
    id::InteractionId,
    interaction::{Interaction, Response},
    payload::Payload,
};
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};

/// One command decided. Its sequence number is the checkpoint's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// From 1, without a gap.
    pub seq: u64,
    /// When it was decided.
    pub at: Time,
    /// Who asked for it, where a person or a caller did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// In order.
    pub events: Vec<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The execution was accepted.
    ExecutionStarted(Box<Started>),
    /// An execution that was held back by `max_concurrency` may go on.
    ExecutionAdmitted,
    /// A node is to run.
    NodeActivated {
        /// The node.
        node: NodeId,
        /// From 1; grows for the life of the execution.
        visit: u32,
        /// The live edges that its input comes from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        via: Vec<EdgeIx>,
    },
    /// The trigger that started the execution ran: its output is the input.
    NodeTriggered {
        /// The trigger.
        node: NodeId,
        /// The live edges out of it.
        live: Vec<EdgeIx>,
    },
    /// An `at_most_once` attempt is about to run; until the deadline nobody else may.
    AttemptIntended {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// From 1.
        attempt: u32,
        /// After it the outcome is unknown.
        deadline: Time,
    },
    /// A node succeeded.
    NodeSucceeded {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// The attempt that succeeded.
        attempt: u32,
        /// The port taken.
        port: String,
        /// What `ctx` shows.
        output: Payload,
        /// How long the attempt took.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_ms: Option<u64>,
        /// The live edges out of it; none while paused (then `NodeRouted` follows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<Vec<EdgeIx>>,
    },
    /// An attempt failed and another follows.
    AttemptFailed {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// From 1.
        attempt: u32,
        /// Why.
        error: Error,
        /// Nobody knows what happened outside.
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
        /// When the next attempt is due.
        retry_at: Time,
    },
    /// A node failed for good. `NodeRouted` says what follows, or the execution ends.
    NodeFailed {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// The last attempt.
        attempt: u32,
        /// Why.
        error: Error,
        /// Nobody knows what happened outside.
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
    },
    /// The edges out of a node that finished earlier, or that failed and is handled, are resolved.
    NodeRouted {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// `error`, `success`, … : the port that the edges follow.
        port: String,
        /// The output where it is other than recorded before.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
        output: Option<Payload>,
        /// The live edges.
        live: Vec<EdgeIx>,
    },
    /// Nodes whose join can no longer be satisfied: their edges are dead.
    NodesSkipped {
        /// In topological order.
        nodes: Vec<NodeId>,
    },
    /// An expression failed where that does not end anything.
    Warning {
        /// The node whose edge, rule or loop it is.
        node: NodeId,
        /// `condition_error`, `rule_error`, `loop_condition_error`.
        code: String,
        /// For people.
        message: String,
    },
    /// A loop was entered.
    LoopEntered {
        /// The loop.
        node: NodeId,
        /// The list of a `for_each`.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
        items: Option<Payload>,
    },
    /// An iteration begins; where one ended before, its value is the output along the edges back.
    LoopIterated {
        /// The loop.
        node: NodeId,
        /// The live edges out of its port `loop`.
        live: Vec<EdgeIx>,
    },
    /// A `break` ended the loop around it; what was open in the body is dropped.
    LoopBroken {
        /// The loop.
        node: NodeId,
        /// The `break` node, whose output is the iteration's value.
        by: NodeId,
    },
    /// A `wait` node waits.
    WaitStarted {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// When it ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// The event that ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// When its attempt ends at the latest (the node's `timeout_seconds`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_at: Option<Time>,
    },
    /// A signal came in.
    SignalReceived {
        /// The event's name.
        name: String,
        /// What it carries.
        data: Payload,
    },
    /// A kept signal was handed to a `wait`.
    SignalConsumed {
        /// The event's name; the oldest of that name.
        name: String,
        /// The `wait` node.
        node: NodeId,
    },
    /// A question stands open.
    InteractionOpened {
        /// All of it.
        interaction: Box<Interaction>,
        /// When its attempt ends at the latest (the node's `timeout_seconds`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_at: Option<Time>,
    },
    /// A person voted, and more votes are needed.
    InteractionVoted {
        /// On which.
        interaction_id: InteractionId,
        /// The vote.
        response: Box<Response>,
    },
    /// An interaction is over.
    InteractionClosed {
        /// Which.
        interaction_id: InteractionId,
        /// `answered`, `timed_out` or `cancelled`.
        status: String,
        /// The port taken, where it was decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<String>,
        /// The deciding response.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<Box<Response>>,
    },
    /// An interaction passed its deadline and others are asked too.
    InteractionEscalated {
        /// Which.
        interaction_id: InteractionId,
        /// Who may answer from now on.
        assignees: Vec<String>,
        /// The new deadline.
        deadline: Option<Time>,
    },
    /// A `map` or `workflow` node knows its children.
    ChildrenPlanned {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// How many there will be.
        count: u32,
        /// Items of a map, in order; the input of a workflow's children.
        items: Payload,
        /// When its attempt ends at the latest (the node's `timeout_seconds`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_at: Option<Time>,
    },
    /// Children up to (not including) `to` are to be started.
    ChildrenStarted {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// All with a smaller index have been asked for.
        to: u32,
    },
    /// Children ended.
    ChildrenEnded {
        /// The node.
        node: NodeId,
        /// Its visit.
        visit: u32,
        /// Indices of those that completed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        completed: Vec<u32>,
        /// Indices of those that failed or were cancelled.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<u32>,
    },
    /// No node starts until it is resumed.
    ExecutionPaused {
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It goes on.
    ExecutionResumed {
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A message of it could not be processed.
    ExecutionStuck {
        /// `dead_letter` or `compensation_failed`.
        error: Error,
    },
    /// It completed.
    ExecutionCompleted {
        /// Its result.
        output: Payload,
    },
    /// It failed.
    ExecutionFailed {
        /// Why.
        error: Error,
    },
    /// It was cancelled.
    ExecutionCancelled {
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Turn {
    /// The values that its events keep, to be fetched by a host before they can be read.
    pub fn payloads(&self) -> Vec<&Payload> {
        self.events.iter().flat_map(Event::payloads).collect()
    }
}

impl Event {
    fn payloads(&self) -> Vec<&Payload> {
        match self {
            Self::ExecutionStarted(started) => {
                let inherited = started.inherited.iter().map(|(_, payload)| payload);
                [&started.input].into_iter().chain(&started.item).chain(inherited).collect()
            }
            Self::NodeSucceeded { output, .. }
            | Self::ExecutionCompleted { output, .. }
            | Self::SignalReceived { data: output, .. }
            | Self::ChildrenPlanned { items: output, .. } => vec![output],
            Self::NodeRouted { output, .. } | Self::LoopEntered { items: output, .. } => output.iter().collect(),
            _ => Vec::new(),
        }
    }
}
