//! Replay: what an execution would have done on another workflow, by the outcomes that it recorded. Nothing is written
//! and nothing is asked for: the rules decide on a state that nobody keeps.
//!
//! | word | means |
//! |---|---|
//! | **Recorded** | what a journal tells of each visit to a node, in order ([`Recorded`]) |
//! | **Replayed** | how far the rules come on it ([`replay()`]) |
//! | **Compared** | what differs between the two ([`compare()`]) |
//!
//! Nodes that route or compute are decided anew. Those that do I/O, wait, ask people or have children get the outcome
//! that was recorded of the same visit to the node of the same id and type. Where there is none, the replay goes on
//! beside the node and says so: it never guesses.

mod compare;
mod drive;
mod recall;
mod recorded;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

pub use compare::{Compared, Difference, RouteChange, Untold, compare};
pub use drive::{Replayed, replay, resumable};
pub use recorded::{Came, Recorded, Route};

use document::id::NodeId;
use serde::{Deserialize, Serialize};

/// A visit to a node, by which the visits of two executions are told to be the same: the number counts what led to the
/// present state alone, from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Visited {
    /// The node.
    pub node: NodeId,
    /// Which of its visits.
    pub visit: u32,
}
