//! What stands in the way of a patch.

use document::{id::NodeId, time::Time};

document::closed_set!(
    /// Why the past of an execution is not one of a new document.
    Why {
        /// The node is no longer there, and was visited.
        NodeRemoved = "node_removed",
        /// The node was visited, and is of another type now.
        TypeChanged = "type_changed",
        /// The node would lead elsewhere than it did.
        RouteChanged = "route_changed",
        /// The node would have had another output.
        OutputChanged = "output_changed",
        /// The node would not have been visited then.
        NotVisited = "not_visited",
        /// A failed attempt would have been dealt with in another way.
        FailureHandled = "failure_handled",
        /// The node waits, and what it waits for is out in the world.
        InUse = "in_use",
        /// The question is open, and would be another one.
        QuestionChanged = "question_changed",
        /// The loop would have gone another way.
        IterationChanged = "iteration_changed",
        /// The execution could not have been started so.
        NotStartable = "not_startable",
        /// What was recorded does not say what would have been.
        CannotTell = "cannot_tell",
    }
);

/// One thing in the way of a patch: a node, and the turn that recorded what the new document would not have led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// Why it is one.
    pub why: Why,
    /// The node; none where it is the execution's start.
    pub node: Option<NodeId>,
    /// Number of the node's visit; none where it is about the node as a whole.
    pub visit: Option<u32>,
    /// The number of the turn that stands in the way.
    pub checkpoint: u64,
    /// When that was.
    pub at: Time,
    /// The type of the event in that turn, as the journal has it.
    pub event: String,
    /// What is in the way and what would be possible, for people.
    pub message: String,
}
