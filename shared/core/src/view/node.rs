//! What is said about the nodes of an execution.

use crate::execution::{NodeState, Phase};

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

/// Milliseconds that the last attempt ran. Where nobody measured it, the time from the start of the visit to its end.
pub fn duration_ms(state: &NodeState) -> Option<u64> {
    let whole = || state.finished_at.map(|end| end.since(state.activated_at).as_millis() as u64);
    state.duration_ms.or_else(whole)
}
