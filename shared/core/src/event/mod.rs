//! Events: what has happened in an execution, recorded for good, as journals have it. Names and shapes never change their
//! meaning, and new fields have defaults: journals of every earlier release still fold (`tests/golden` holds some).

mod agent;
mod not_undone;
mod patched;
mod payloads;
mod people;
mod planned;
mod said;
mod skip;
mod started;
mod turn;
mod unstick;

pub use agent::{AgentAnswered, AgentOpened, AgentToolEnded};
pub use not_undone::NotUndone;
pub use patched::Patched;
pub use people::{Closed, Reassigned, Reminded, ToldAgain, TriedToTell};
pub use planned::Planned;
pub use said::Said;
pub use started::{Imported, InLine, Parent, Started};
pub use turn::{Request, Turn};
pub use unstick::Unstick;

use crate::{
    error::Error,
    id::{ExecutionId, InteractionId},
    interaction::{Interaction, Response},
    payload::Payload,
    rollback::{Ended, Plan, Rollback},
};
use document::{graph::EdgeIx, id::NodeId, time::Time};
use serde::{Deserialize, Serialize};
use skip::{is_false, is_zero};
use std::{collections::BTreeMap, sync::Arc};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The execution was accepted.
    ExecutionStarted(Box<Started>),
    /// An execution that was held back, by `max_concurrency` or another one of its line, may go on.
    ExecutionAdmitted,
    /// A node is visited: its join was satisfied, and it is due to run.
    NodeActivated {
        /// The node that is due.
        node: NodeId,
        /// Number of the visit, counted from 1 over the whole life of the execution, loops included.
        visit: u32,
        /// The live edges along which the node's input comes; empty for a node at which the execution begins.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        via: Vec<EdgeIx>,
    },
    /// The trigger that started the execution ran. Its output is the execution's input.
    NodeTriggered {
        /// The trigger node.
        node: NodeId,
        /// The live edges out of the trigger.
        live: Vec<EdgeIx>,
    },
    /// An `at_most_once` attempt is about to run. No other worker may run it before the deadline.
    AttemptIntended {
        /// The node that is about to run.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Number of the attempt, counted from 1 within the visit.
        attempt: u32,
        /// After this time the attempt's outcome is unknown, and the node fails with `outcome_unknown`.
        deadline: Time,
    },
    /// A node succeeded: its outcome is recorded.
    NodeSucceeded {
        /// The node that succeeded.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Number of the attempt that succeeded, from 1.
        attempt: u32,
        /// The port that the outcome takes; only edges out of this port can be live.
        port: String,
        /// The node's output, as `ctx.<node>.output` shows it.
        output: Payload,
        /// Milliseconds that the attempt ran; none where nobody measured it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_ms: Option<u64>,
        /// The live edges out of the node. None where the execution is paused: `NodeRouted` follows when it is resumed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<Vec<EdgeIx>>,
    },
    /// An attempt failed, and another one follows by the node's `retry` or by a person's answer.
    AttemptFailed {
        /// The node whose attempt failed.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Number of the attempt that failed, from 1.
        attempt: u32,
        /// Why the attempt failed.
        error: Error,
        /// True where nobody knows what the attempt did outside (a timeout, a crash, a broken connection).
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
        /// The earliest time at which the next attempt may run.
        retry_at: Time,
    },
    /// The last attempt of a node failed. `NodeRouted` or a question follows where that is handled, else the end.
    NodeFailed {
        /// The node that failed.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Number of the last attempt, from 1.
        attempt: u32,
        /// Why the node failed.
        error: Error,
        /// True where nobody knows what the last attempt did outside.
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
    },
    /// The edges out of a node are resolved after its outcome was recorded: it was paused, or its failure is handled.
    NodeRouted {
        /// The node whose edges are resolved.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// The port that the edges follow, such as `error` or `success`.
        port: String,
        /// The node's output, where it differs from what was recorded before.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
        output: Option<Payload>,
        /// The live edges out of the node.
        live: Vec<EdgeIx>,
    },
    /// The joins of these nodes can no longer be satisfied: they do not run, and all edges out of them are dead.
    NodesSkipped {
        /// The skipped nodes, predecessors before their successors.
        nodes: Vec<NodeId>,
    },
    /// An expression could not be evaluated, and the execution goes on.
    Warning {
        /// The node whose edge, rule or loop condition holds the expression.
        node: NodeId,
        /// `condition_error`; in journals of earlier releases also `rule_error` and `loop_condition_error`.
        code: String,
        /// What was wrong and what happened instead, for people.
        message: String,
    },
    /// A loop was entered, before its first iteration. Entered again, it counts from 0.
    LoopEntered {
        /// The `loop` node.
        node: NodeId,
        /// The list that a `for_each` iterates over; none for a `while`.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
        items: Option<Payload>,
        /// How many items the list has; none for a `while`, and in journals of earlier releases.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
        /// Iterations after which the loop is over, where a template of `max_iterations` yielded the number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<u64>,
    },
    /// An iteration of a loop begins. The fold keeps the value of the one before: the output along the edges back.
    LoopIterated {
        /// The `loop` node.
        node: NodeId,
        /// Which iteration since the loop was entered, counted from 1 as people count; 0 in journals of earlier releases.
        #[serde(default, skip_serializing_if = "is_zero")]
        iteration: u64,
        /// The live edges out of the loop's port `loop`, into its body.
        live: Vec<EdgeIx>,
    },
    /// A `break` node ended the loop around it. What was due, running or waiting in the body is dropped.
    LoopBroken {
        /// The `loop` node.
        node: NodeId,
        /// The `break` node. Its output is the value of the last iteration.
        by: NodeId,
    },
    /// A `wait` node begins to wait.
    WaitStarted {
        /// The `wait` node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// When the wait ends by itself; none where only an event ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// Name of the event that ends the wait; none where it waits for a time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
        /// When the attempt fails with `timeout` (the node's `timeout_seconds`); none where the node has no such bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_at: Option<Time>,
    },
    /// An event from outside came in. It is kept until a `wait` consumes it.
    SignalReceived {
        /// The event's name.
        name: String,
        /// The event's data.
        data: Payload,
    },
    /// A `wait` took the oldest kept event of a name. The node succeeds with the event's data.
    SignalConsumed {
        /// The event's name.
        name: String,
        /// The `wait` node.
        node: NodeId,
    },
    /// An interaction was opened: a person is asked.
    InteractionOpened {
        /// The interaction as it is asked, its templates rendered.
        interaction: Box<Interaction>,
        /// When the attempt fails with `timeout` (the node's `timeout_seconds`); none where the node has no such bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_at: Option<Time>,
    },
    /// A person voted, and the threshold is not reached yet.
    InteractionVoted {
        /// The interaction that the vote belongs to.
        interaction_id: InteractionId,
        /// Who voted, for what, and when.
        response: Box<Response>,
    },
    /// An interaction is over: answered, timed out, or no longer needed.
    InteractionClosed(Box<Closed>),
    /// An interaction passed its deadline, and the people of `escalate_to` are asked too.
    InteractionEscalated {
        /// The interaction that escalated.
        interaction_id: InteractionId,
        /// Everybody who may answer from now on, those asked first included; empty for anyone of the owner.
        assignees: Vec<String>,
        /// The new deadline of the interaction.
        deadline: Option<Time>,
    },
    /// A try to send a message about an interaction ended.
    InteractionTold(Box<TriedToTell>),
    /// Those who have not answered an interaction are reminded.
    InteractionReminded(Reminded),
    /// Other people are asked in an interaction.
    InteractionReassigned(Box<Reassigned>),
    /// The messages about an interaction are sent again.
    InteractionToldAgain(ToldAgain),
    /// A `map` or `workflow` node has evaluated what its children are. None is started by this event.
    ChildrenPlanned(Box<Planned>),
    /// A message asks to start further children.
    ChildrenStarted {
        /// The `map` or `workflow` node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// All children with an index below this one have been asked for.
        to: u32,
    },
    /// Children of a node ended; each child counts once, however often its end is told.
    ChildrenEnded {
        /// The `map` or `workflow` node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Indices of the children that completed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        completed: Vec<u32>,
        /// Indices of the children that failed, or ended in another way than completed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<u32>,
    },
    /// Children of a node told whether people are asked in them or below them, each as of one of its turns.
    ChildrenAsked {
        /// The `map` or `workflow` node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// Children in which a person is asked: index, and number of the turn, so that an older word changes nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        asking: Vec<(u32, u64)>,
        /// Children in which nobody is asked any more, likewise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ceased: Vec<(u32, u64)>,
    },
    /// An agent began: what it remembers, and which tools servers have.
    AgentOpened(Box<AgentOpened>),
    /// A model answered an agent.
    AgentAnswered(Box<AgentAnswered>),
    /// A tool call of a model's latest answer ended.
    AgentToolEnded(Box<AgentToolEnded>),
    /// An answer to a question of a descendant is passed on to it. The turn's request is known here from then on.
    AnswerPassedOn {
        /// The descendant that asks.
        execution_id: ExecutionId,
        /// The question that the answer is for.
        interaction_id: InteractionId,
    },
    /// The execution is paused: no node starts until it is resumed.
    ExecutionPaused(Said),
    /// The execution goes on after a pause.
    ExecutionResumed(Said),
    /// An execution that failed or was cancelled takes up what failed and what its end dropped.
    ExecutionRetried {
        /// The caller's reason, for people; none where the caller gave none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// For a child: the execution above it that was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        above: Option<ExecutionId>,
        /// When the execution fails with `timeout` (`settings.timeout_seconds`), which begins afresh.
        deadline: Time,
        /// When the attempts of nodes that wait on fail with `timeout`, by node.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        timeouts: BTreeMap<NodeId, Time>,
        /// The nodes of which an `at_most_once` attempt was under way: it is not made again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        begun: Vec<NodeId>,
        /// The nodes of which an attempt may have been cut off by the end: the next one follows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cut_off: Vec<NodeId>,
        /// The failed nodes that go on with the children or iterations that they have, in the same attempt.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reopened: Vec<NodeId>,
        /// For a child: which retry of its parent takes it up; 0 where no failed node of the parent does.
        #[serde(default, skip_serializing_if = "crate::id::is_zero")]
        by_parent: u32,
    },
    /// The execution runs by another document from here on.
    WorkflowPatched(Box<Patched>),
    /// The execution is to go back. Nothing starts any more; the journal is read for what is to be undone.
    #[allow(missing_docs)]
    RollbackAsked { rollback: Rollback },
    /// The execution goes back: whatever bears an older epoch is stale from here on.
    RollbackBegun {
        /// What was asked for.
        rollback: Rollback,
        /// The new epoch.
        epoch: u32,
        /// How it is done.
        plan: Arc<Plan>,
    },
    /// An attempt that still ran when a rollback began has ended. Only its compensation asks for that.
    AwaitedEnded {
        /// The node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// What came of it.
        ended: Ended,
    },
    /// An `at_most_once` attempt to undo something is about to run. After the deadline its outcome is unknown.
    #[allow(missing_docs)]
    CompensationIntended { deadline: Time },
    /// An attempt to undo something failed.
    CompensationFailed(Box<NotUndone>),
    /// Something is undone.
    Compensated {
        /// The node.
        node: NodeId,
        /// Number of the node's visit.
        visit: u32,
        /// For a child of the node, its index.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<u32>,
        /// Number of the attempt to undo it that succeeded, from 1.
        attempt: u32,
        /// True where nothing had to be done, or where somebody said that it is done.
        #[serde(default, skip_serializing_if = "is_false")]
        skipped: bool,
    },
    /// All is undone, and the state is that of the checkpoint.
    RolledBack {
        /// When the execution fails with `timeout` (`settings.timeout_seconds`), which begins afresh.
        deadline: Time,
    },
    /// Somebody found the way out of what the execution was stuck in.
    ExecutionUnstuck {
        /// What was chosen.
        action: Unstick,
        /// Why, and of which execution above.
        #[serde(flatten)]
        said: Said,
        /// Number of the turn in which a child got stuck, to which it is passed on. None where it counts for this execution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        below: Option<u64>,
    },
    /// Every turn of an execution that came from another host is there, and it goes on here from now on.
    ExecutionImported,
    /// A message of it failed so often that it became a dead letter (`dead_letter`), or something could not be undone.
    #[allow(missing_docs)]
    ExecutionStuck { error: Error },
    /// The execution completed, with this result.
    #[allow(missing_docs)]
    ExecutionCompleted { output: Payload },
    /// The execution failed, for this reason and at the node that it names: what else was due is dropped.
    #[allow(missing_docs)]
    ExecutionFailed { error: Error },
    /// The execution was cancelled: what else was due is dropped.
    ExecutionCancelled(Said),
}
