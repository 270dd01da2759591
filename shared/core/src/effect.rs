//! What is to be done outside once a turn is committed. Done at least once while still open.

use crate::id::{Activation, ExecutionId, InteractionId};
use document::{id::WorkflowId, time::Time};
use serde::{Deserialize, Serialize};

/// Something to do outside. Storage is no effect: only what leaves the process is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Put a message on the queue, not before `at` where given.
    Send {
        /// For whom and what.
        message: Message,
        /// None: now.
        at: Option<Time>,
    },
    /// Set a timer (replacing one of the same activation and purpose). When it fires, the host sends `Work::Timer`.
    SetTimer {
        /// Whose.
        activation: Activation,
        /// What it is for.
        purpose: Purpose,
        /// When.
        at: Time,
    },
    /// A timer is no longer needed. A host that cannot drop it lets it fire: it will be stale.
    DropTimer {
        /// Whose.
        activation: Activation,
        /// What it is for.
        purpose: Purpose,
    },
    /// Tell people that an interaction is open.
    OpenInteraction(InteractionId),
    /// Tell people that an interaction is over.
    CloseInteraction(InteractionId),
    /// Tell the caller who waits for the execution's end, such as a Step Functions task.
    AnswerCaller,
    /// Another execution of this workflow may start (`max_concurrency`).
    Admit {
        /// Of the same owner.
        workflow: WorkflowId,
        /// How many of it may be under way.
        limit: u64,
    },
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The end of a `wait`.
    Wait,
    /// The deadline of an interaction.
    Deadline,
    /// The `timeout_seconds` of a node that waits, for whatever it waits.
    Attempt,
}

/// A message on the queue. Small: a receiver loads the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The execution that handles it.
    #[serde(rename = "x")]
    pub execution: ExecutionId,
    /// What is to be done.
    #[serde(flatten)]
    pub work: Work,
}

/// What a message asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "w", rename_all = "snake_case")]
pub enum Work {
    /// Run one attempt of one node.
    Step {
        /// Of this activation.
        #[serde(rename = "a")]
        activation: Activation,
        /// From 1.
        #[serde(rename = "n")]
        attempt: u32,
        /// Whether the node does I/O and should not hold up others of its batch.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        io: bool,
    },
    /// A timer fired.
    Timer {
        /// Whose.
        #[serde(rename = "a")]
        activation: Activation,
        /// What it was for.
        #[serde(rename = "p")]
        purpose: Purpose,
    },
    /// The execution's own timeout passed.
    Timeout,
    /// Start children `from..to` of this (parent) execution.
    StartChildren {
        /// The `map` or `workflow` activation.
        #[serde(rename = "a")]
        activation: Activation,
        /// The attempt whose children they are, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// The first index.
        from: u32,
        /// One past the last index.
        to: u32,
    },
    /// A child of this (parent) execution ended.
    ChildEnded {
        /// The `map` or `workflow` activation.
        #[serde(rename = "a")]
        activation: Activation,
        /// The attempt that started it, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// Its index.
        index: u32,
        /// Why it did not complete; none where it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The parent was paused, resumed or cancelled.
    Control {
        /// What is asked of this (child) execution.
        control: Control,
    },
    /// An execution held back by `max_concurrency` may go on.
    Admit,
}

/// What a parent asks of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the controls of the execution model")]
pub enum Control {
    Pause,
    Resume,
    Cancel,
}
