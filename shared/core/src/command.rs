//! Commands: what callers, workers and timers ask of an execution. The rules in `decide` answer each with a turn or
//! with a rejection.

use crate::{
    effect::{ChildControl, Delivering, Purpose, Undoing},
    event::{Patched, Request, Started, Unstick},
    id::{Activation, ExecutionId, InteractionId},
    interaction::{Answer, delivery},
    payload::Payload,
    rollback::{Plan, Rollback},
    task::Outcome,
};
use document::{Delivery, Retry, id::NodeId, time::Time};
use std::sync::Arc;

/// Something asked of one execution, which the rules may refuse.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin the execution. This is the only command that an execution which does not exist yet accepts.
    Start(Box<Started>),
    /// Let an execution go on that was held back at its start.
    Admit,
    /// Record that an `at_most_once` attempt is about to run, so that no other worker runs it too.
    Intend {
        /// The visit to the node that the attempt belongs to.
        activation: Activation,
        /// Number of the attempt, counted from 1 within the visit.
        attempt: u32,
        /// When the attempt's outcome counts as unknown if none was reported: its timeout plus a grace.
        deadline: Time,
    },
    /// Record the outcome of one attempt of a node.
    Report {
        /// The visit to the node that the attempt belongs to.
        activation: Activation,
        /// Number of the attempt, counted from 1 within the visit.
        attempt: u32,
        /// Whether the attempt succeeded, failed, or nobody knows.
        outcome: Outcome<Payload>,
        /// Milliseconds that the attempt ran; none where nobody measured it.
        duration_ms: Option<u64>,
    },
    /// Open what a node waits for (`wait`, `human`, `map`, `workflow`), or go on with the routing that an earlier turn
    /// left to a continuation message.
    Open {
        /// The visit to the node that waits or routes.
        activation: Activation,
    },
    /// React to a timer that fired.
    Timer {
        /// The visit to the node that the timer was set for.
        activation: Activation,
        /// What the timer was set for; an activation has at most one timer of each purpose.
        purpose: Purpose,
    },
    /// End the execution because `settings.timeout_seconds` has passed.
    Timeout,
    /// Hand an event from outside to a `wait` node, or keep it for one that comes later.
    Signal {
        /// The event's name, as the `event` of a `wait` has it.
        name: String,
        /// The event's data, which becomes the output of the `wait`.
        data: Payload,
    },
    /// Count or apply a person's answer to an interaction.
    Answer {
        /// The interaction that the answer belongs to.
        interaction_id: InteractionId,
        /// What the person said, and who the person is.
        answer: Box<Answer>,
    },
    /// Record how a try to send a message about a question ended.
    Told {
        /// Which try.
        delivering: Delivering,
        /// How it ended.
        told: delivery::Told,
    },
    /// Ask other people in place of those who are asked.
    Reassign {
        /// The question.
        interaction_id: InteractionId,
        /// Who asks.
        actor: Actor,
        /// Everybody who may answer from now on.
        assignees: Vec<String>,
        /// The caller's reason, for people; none where the caller gave none.
        reason: Option<String>,
    },
    /// Send the messages about a question again.
    TellAgain {
        /// The question.
        interaction_id: InteractionId,
        /// Who asks.
        actor: Actor,
        /// The one receiver that is meant; none for all.
        to: Option<String>,
    },
    /// Record that an answer is about to be passed on to a descendant. Its request is known from then on.
    PassOn {
        /// The descendant that asks.
        execution_id: ExecutionId,
        /// The question that the answer is for.
        interaction_id: InteractionId,
    },
    /// Record that children of a `map` or `workflow` node ended. Ends that arrive together make one turn, so that many
    /// children cost their parent few turns.
    ChildrenEnded {
        /// The visit to the `map` or `workflow` node.
        activation: Activation,
        /// Number of the attempt that started the children, from 1.
        attempt: u32,
        /// By which retry of the execution its children had been taken up, as whoever found these ends knows: an end from
        /// before counts no more.
        reopened: u32,
        /// For each child that ended, its index from 0, and why it did not complete (none where it completed).
        ends: Vec<(u32, Option<String>)>,
    },
    /// Record whether people are asked in children of a `map` or `workflow` node. What arrives together makes one turn.
    ChildrenAsked {
        /// The visit to the `map` or `workflow` node.
        activation: Activation,
        /// Number of the attempt that started the children, from 1.
        attempt: u32,
        /// What each child told.
        told: Vec<Told>,
    },
    /// Pause, resume, cancel or retry the execution.
    Control {
        /// Which of them is asked.
        control: Control,
        /// The caller's reason, for people; none where the caller gave none.
        reason: Option<String>,
    },
    /// End, as a child that was being undone and that the parent left as it is.
    LeaveUndone {
        /// The reason that is recorded, for people.
        reason: Option<String>,
    },
    /// Stand still or go on, as a child that is undone whole and whose parent does.
    StandStill {
        /// Whether it stands still.
        still: bool,
        /// The reason that is recorded, for people.
        reason: Option<String>,
    },
    /// Go on, as a child of a node that failed, and of which the parent is retried.
    TakeUp {
        /// Which retry of the parent that is.
        by_parent: u32,
        /// The reason that is recorded, for people.
        reason: Option<String>,
    },
    /// Run by another document from here on, as it was proved that the execution can.
    Patch {
        /// The new document, and what of the state follows from it.
        patched: Box<Patched>,
        /// The number of the execution's last turn that the proof knows: on any other state it is refused.
        seq: u64,
    },
    /// Go back to a checkpoint, as planned from the journal up to a turn.
    RollBack {
        /// What is asked.
        rollback: Box<Rollback>,
        /// How it is done.
        plan: Arc<Plan>,
        /// The number of the execution's last turn that the plan knows: on any other state it is refused.
        seq: u64,
    },
    /// Record that an `at_most_once` attempt to undo something is about to run.
    IntendUndo {
        /// Which attempt.
        undoing: Undoing,
        /// When its outcome counts as unknown.
        deadline: Time,
    },
    /// Record the outcome of an attempt to undo something.
    Undone {
        /// Which attempt.
        undoing: Undoing,
        /// How it ended.
        outcome: Outcome<Payload>,
        /// When another attempt follows a failed one, as the node that undoes says; none where none does.
        again: Option<Again>,
    },
    /// No longer await the outcome of an attempt that still ran when a rollback began.
    StopAwaiting {
        /// Which position of the plan is meant.
        undoing: Undoing,
        /// Whether the host knows that nobody runs the attempt any more. Otherwise its deadline has to be over.
        lost: bool,
    },
    /// Record that a child is undone whole, or cannot be.
    ChildUndone {
        /// The epoch of this execution in which the child was asked.
        epoch: u32,
        /// The visit to the `map` or `workflow` node that started the child.
        activation: Activation,
        /// Number of the attempt that started the child, from 1.
        attempt: u32,
        /// The child's index among its siblings, from 0.
        index: u32,
        /// Why it is stuck, for people; none where it is undone.
        error: Option<String>,
        /// Number of the child's turn that says so; 0 where it is undone.
        seq: u64,
    },
    /// Find the way out of what the execution is stuck in.
    Unstick {
        /// Which way.
        action: Unstick,
        /// The node that is meant; none where there is only one.
        node: Option<NodeId>,
        /// The output of a node that is skipped or marked as done.
        output: Option<Payload>,
        /// The caller's reason, for people; none where the caller gave none.
        reason: Option<String>,
    },
    /// Let an execution go on of which every turn has come from another host.
    Imported,
    /// Record that a message of the execution failed so often that nobody tries it again: the execution is stuck.
    DeadLetter {
        /// What the message was about, in words for people.
        about: String,
        /// The node that it was about, and which attempt of it; none where it was about the execution as a whole, or no attempt.
        at: (Option<NodeId>, Option<u32>),
        /// The error of the last try to process the message, for people.
        error: String,
    },
}

/// Who says whom a question is put to, and by what leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The subject, such as an e-mail address.
    pub subject: String,
    /// The names of the groups that the subject is a member of, without `group:`.
    pub groups: Vec<String>,
    /// Whether the subject may do so for questions that are put to others (the scope `run`).
    pub runs: bool,
    /// Whether the subject may do so as the requester of what a requester may not decide (the scope `admin`).
    pub administers: bool,
}

/// When an attempt to undo something is followed by another.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// The policy of retries.
    pub retry: Retry,
    /// Whether it may be done more than once.
    pub delivery: Delivery,
}

/// What a child tells its parent of its questions to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The child's index among its siblings, from 0.
    pub index: u32,
    /// Whether a person is asked in the child or below it.
    pub asks: bool,
    /// Number of the child's turn since which that is so.
    pub seq: u64,
}

/// A command together with who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The command itself.
    pub command: Command,
    /// The subject (such as an e-mail address) that asks, this execution or one above it; none where a worker, a timer or the
    /// rules of another execution do.
    pub by: Option<String>,
    /// The request that asks, where its client may send it again: it is done once. None: asking twice does it twice.
    pub request: Option<Request>,
    /// The checkpoint that the caller has seen, and means: on any other the command is refused. None: on any.
    pub checkpoint: Option<u64>,
    /// The execution above, where a child is asked in the name of whoever asked that one; none where it is asked itself.
    pub above: Option<ExecutionId>,
}

impl Asked {
    /// A command of a subject, which is done as often as it is asked.
    pub fn by(command: Command, by: Option<String>) -> Self {
        Self { command, by, request: None, checkpoint: None, above: None }
    }
}

impl From<Command> for Asked {
    fn from(command: Command) -> Self {
        Self::by(command, None)
    }
}

/// What is asked of an execution as a whole: by a caller of the API, or by its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// No node starts any more until it is resumed.
    Pause,
    /// What is due goes on.
    Resume,
    /// Everything that is open is closed, and the execution ends.
    Cancel,
    /// An execution that failed or was cancelled goes on where it ended.
    Retry,
}

impl From<ChildControl> for Control {
    fn from(told: ChildControl) -> Self {
        match told {
            ChildControl::Pause => Self::Pause,
            ChildControl::Resume => Self::Resume,
            ChildControl::Cancel => Self::Cancel,
            ChildControl::Retry => Self::Retry,
        }
    }
}
