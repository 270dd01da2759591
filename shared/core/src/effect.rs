//! Effects: what a host does outside the execution once a turn is committed. A host does every effect at least once for
//! as long as it is still open, so each is harmless when it is repeated.

use crate::id::{Activation, ExecutionId, InteractionId};
use document::{id::WorkflowId, time::Time};
use serde::{Deserialize, Serialize};

/// Something to do outside of the execution. Storing is no effect: the commit that records the turn stores everything.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Put a message on the step queue.
    Send {
        /// The message, which names the execution that handles it.
        message: Message,
        /// The earliest time at which a worker may get the message; none for at once.
        at: Option<Time>,
    },
    /// Set a timer, in place of one with the same activation and purpose. When it fires, the host sends
    /// [`Work::Timer`].
    SetTimer {
        /// The visit to the node that waits for the timer.
        activation: Activation,
        /// What happens when the timer fires.
        purpose: Purpose,
        /// When the timer fires.
        at: Time,
    },
    /// Drop a timer that is no longer needed. A host that cannot drop it lets it fire: the rules refuse it as stale.
    DropTimer {
        /// The visit to the node that the timer was set for.
        activation: Activation,
        /// Which of the activation's timers is dropped.
        purpose: Purpose,
    },
    /// Tell the people who are asked that an interaction is open, or that it escalated.
    OpenInteraction(InteractionId),
    /// Tell the people who were asked that an interaction is over.
    CloseInteraction(InteractionId),
    /// Tell the caller who waits for the execution's end, such as a Step Functions task, how it ended.
    AnswerCaller,
    /// Let the oldest executions go on that are held back, as many as `max_concurrency` has room for, and of each line no
    /// more than one at a time ([`keeps_back`](crate::admission::keeps_back)). What counts is the limit of the workflow's
    /// latest saved version, as of now: [`in_force`](crate::admission::in_force).
    Admit {
        /// The workflow, which belongs to the same owner as this execution.
        workflow: WorkflowId,
    },
}

/// What happens when a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The `seconds`, the `until` or the event's timeout of a `wait` node is over.
    Wait,
    /// The deadline of an interaction (its own `timeout_seconds`) has passed.
    Deadline,
    /// The people who are asked and have not answered are reminded.
    Remind,
    /// The `timeout_seconds` of a node that waits (`wait`, `human`, `map` or `workflow`) has passed.
    Attempt,
}

/// A message on the step queue. It holds only references: its receiver loads the execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The execution that handles the message.
    #[serde(rename = "x")]
    pub execution: ExecutionId,
    /// What the receiver is to do.
    #[serde(flatten)]
    pub work: Work,
}

/// What a message asks its receiver to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "w", rename_all = "snake_case")]
pub enum Work {
    /// Run one attempt of one node.
    Step {
        /// The visit to the node that the attempt belongs to.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the attempt, counted from 1 within the visit.
        #[serde(rename = "n")]
        attempt: u32,
        /// Whether the node does I/O. The receiver then keeps it from holding up the other messages of a batch.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        io: bool,
    },
    /// React to a timer that fired.
    Timer {
        /// The visit to the node that the timer was set for.
        #[serde(rename = "a")]
        activation: Activation,
        /// What the timer was set for.
        #[serde(rename = "p")]
        purpose: Purpose,
    },
    /// End the execution because its own timeout has passed.
    Timeout,
    /// Start children of the message's execution, which is their parent.
    StartChildren {
        /// The visit to the `map` or `workflow` node that starts them.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the node's attempt that the children belong to, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// Index of the first child to start, from 0.
        from: u32,
        /// One past the index of the last child to start.
        to: u32,
    },
    /// Record that a child of the message's execution, which is its parent, has ended.
    ChildEnded {
        /// The visit to the `map` or `workflow` node that started the child.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the node's attempt that started the child, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// The child's index among its siblings, from 0.
        index: u32,
        /// Why the child did not complete, for people; none where it completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Record whether people are asked in a child of the message's execution, which is its parent, or below that child.
    ChildAsks {
        /// The visit to the `map` or `workflow` node that started the child.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the node's attempt that started the child, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// The child's index among its siblings, from 0.
        index: u32,
        /// Whether a person is asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks: bool,
        /// Number of the child's turn since which that is so: of several messages the latest counts.
        #[serde(rename = "s")]
        seq: u64,
    },
    /// Tell children of the message's execution, which is their parent, what it wants of them.
    TellChildren {
        /// The visit to the `map` or `workflow` node that started them.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the node's attempt that the children belong to, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// What they are to do.
        control: ChildControl,
        /// Index of the first child to tell, from 0.
        from: u32,
        /// One past the index of the last child to tell.
        to: u32,
    },
    /// Pause, resume, cancel or retry, as the parent of the message's execution asks.
    Control {
        /// What the message's execution, which is a child, is to do.
        control: ChildControl,
    },
    /// Make the plan of the rollback that the execution asked for.
    RollBack,
    /// Undo the next thing of the rollback that is under way.
    Undo(Undoing),
    /// Record that a child of the message's execution, which is its parent, is undone whole, or cannot be.
    ChildUndone {
        /// The parent's epoch in which the child was asked.
        #[serde(rename = "e")]
        epoch: u32,
        /// The visit to the `map` or `workflow` node that started the child.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the node's attempt that started the child, from 1.
        #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
        attempt: u32,
        /// The child's index among its siblings, from 0.
        index: u32,
        /// Why it is stuck, for people; none where it is undone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Number of the child's turn that says so; 0 where it is undone, and in messages of earlier releases.
        #[serde(default, skip_serializing_if = "crate::id::is_no_turn")]
        seq: u64,
    },
    /// Send a message about a question to one receiver.
    Deliver(Delivering),
    /// Add to a conversation what an agent said that came to its end in this turn of the message's execution.
    Remember {
        /// The visit to the agent.
        #[serde(rename = "a")]
        activation: Activation,
        /// Number of the turn.
        #[serde(rename = "s")]
        seq: u64,
    },
    /// Go on: what held the execution back does so no more.
    Admit,
}

impl Work {
    /// Whether its receiver sends a request or runs code of the document, which takes its time: other messages of the
    /// execution must not wait for it.
    pub fn is_io(&self) -> bool {
        matches!(self, Self::Step { io: true, .. } | Self::Undo(_) | Self::Deliver(_))
    }
}

/// One attempt to undo one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoing {
    /// The epoch of the rollback.
    #[serde(rename = "e")]
    pub epoch: u32,
    /// The position in the rollback's plan, from 0.
    #[serde(rename = "k")]
    pub number: usize,
    /// Number of the attempt, from 1.
    #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
}

/// One try to send a message about a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivering {
    /// The question.
    #[serde(rename = "q")]
    pub interaction: InteractionId,
    /// Position of the receiver in the question's deliveries, from 0.
    #[serde(rename = "d")]
    pub delivery: usize,
    /// The number of the message to this receiver, from 1.
    #[serde(rename = "m")]
    pub number: u32,
    /// Number of the attempt, from 1.
    #[serde(rename = "n", default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
}

/// What a parent tells its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the controls of the execution model")]
pub enum ChildControl {
    Pause,
    Resume,
    Cancel,
    Retry,
}
