//! What is said about the nodes of an execution.

use crate::execution::{Execution, NodeState, Phase};
use document::{NodeKind, Spawning, Workflow, id::NodeId};

document::closed_set!(
    /// What a node of an execution is doing.
    NodeStatus {
        /// The node was not reached yet.
        Pending = "pending",
        /// The node is due to run, or runs.
        Running = "running",
        /// The node failed, and another attempt is due later.
        Retrying = "retrying",
        /// The node waits for a time, an event or its children.
        Waiting = "waiting",
        /// The node waits for people.
        WaitingHuman = "waiting_human",
        /// The node has its outcome.
        Completed = "completed",
        /// The last attempt of the node failed.
        Failed = "failed",
        /// The node does not run, because its join can no longer be satisfied.
        Skipped = "skipped",
        /// A `break` or the end of the execution came before the node was done.
        Cancelled = "cancelled",
    }
);

/// What a node is doing. A node without a state was not reached yet.
pub fn node_status(state: Option<&NodeState>) -> NodeStatus {
    let Some(state) = state else { return NodeStatus::Pending };
    match &state.phase {
        Phase::Idle => NodeStatus::Pending,
        Phase::Due { at: None } | Phase::Intended { .. } | Phase::Looping => NodeStatus::Running,
        Phase::Due { at: Some(_) } => NodeStatus::Retrying,
        Phase::Waiting { .. } | Phase::Children => NodeStatus::Waiting,
        Phase::Asking { .. } => NodeStatus::WaitingHuman,
        Phase::Finished | Phase::Unrouted if state.port.as_deref() == Some("error") => NodeStatus::Failed,
        Phase::Finished | Phase::Unrouted => NodeStatus::Completed,
        Phase::Skipped => NodeStatus::Skipped,
        Phase::Dropped => NodeStatus::Cancelled,
        Phase::Failed => NodeStatus::Failed,
    }
}

/// Milliseconds that the last attempt ran. Where nobody measured it, the time from when it was due to its end: what lies
/// between two attempts is no time of the node's.
pub fn duration_ms(state: &NodeState) -> Option<u64> {
    let due = state.due_at.unwrap_or(state.activated_at);
    let whole = || state.finished_at.map(|end| end.since(due).as_millis() as u64);
    state.duration_ms.or_else(whole)
}

/// How many children a `map` or `workflow` node has, in its latest attempt, and what became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildCounts {
    /// How many there are in all.
    pub count: u32,
    /// How many completed.
    pub completed: u32,
    /// How many ended in another way.
    pub failed: u32,
    /// How many of a `map` may fail without failing the node; none for a `workflow` node.
    pub tolerated: Option<u64>,
}

/// Counts the children of a node; none where it has planned none.
pub fn children(execution: &Execution, workflow: &Workflow, node: &NodeId) -> Option<ChildCounts> {
    let children = execution.children.get(node)?;
    let (ended, failed) = (children.ended.len(), children.failed.len());
    Some(ChildCounts {
        count: children.count,
        completed: ended - failed,
        failed,
        tolerated: children.tolerated.or_else(|| tolerated(workflow, node)),
    })
}

/// How many children of a `map` may fail without failing it, as far as the document says it; none for a node of another
/// type.
pub fn tolerated(workflow: &Workflow, node: &NodeId) -> Option<u64> {
    match &workflow.node(node.as_str())?.kind {
        NodeKind::Children(Spawning::Map(map)) => map.tolerated_failures.literal(),
        NodeKind::Children(Spawning::Workflow(_))
        | NodeKind::Route(_)
        | NodeKind::Compute(_)
        | NodeKind::Run(_)
        | NodeKind::Wait(_)
        | NodeKind::Agent(_)
        | NodeKind::Lend(_) => None,
    }
}
