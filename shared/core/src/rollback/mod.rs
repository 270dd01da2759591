//! Rollback: an execution goes back to a checkpoint, and what it did since is undone (execution model, §6).
//!
//! The plan is made from the whole journal ([`plan`]), since a state knows only the latest visit of each node. A turn
//! records it, and from then on the rules undo one thing after the other, the latest first.

mod asked;
mod carried;
mod fork;
mod left;
mod node;
mod past;
mod plan;
mod point;
mod rolling;
mod seen;
mod taken;

pub use asked::{After, Rollback};
pub use carried::Carried;
pub use fork::{fork, fork_of, state_at};
pub use node::to_node;
pub use plan::{Unreachable, lineage, plan};
pub use point::{Fork, Point};
pub use rolling::{Ended, Passed, Plan, Rolling, Seen, Undo, What};
pub use seen::Undoing;
