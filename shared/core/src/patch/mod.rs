//! Live patch: whether an execution that has come this far can go on by another document.
//!
//! It can where its past is one that the new document could have led to. The proof walks the turns that led to the present
//! state ([`prove`]): each outcome is taken as it was recorded, and every choice that the rules made of it - ports, edges,
//! joins, iterations, further attempts - must be the one that they make by the new document. What is the same in both
//! documents is taken as it is; what differs is decided anew, by the rules themselves. What stands in the way is told with
//! the node and the turn that recorded it ([`Obstacle`]).
//!
//! A node that has not come to an end may change its config: the new one counts for its next attempt. One that waits keeps
//! it, since what it waits for is out in the world; so does a tool of an agent that people are asked about.

mod again;
mod begun;
mod differs;
mod failures;
mod forked;
mod later;
mod loops;
mod obstacle;
mod walk;

pub use later::{Later, counts_later};
pub use obstacle::{Obstacle, Why};
pub use walk::prove;
