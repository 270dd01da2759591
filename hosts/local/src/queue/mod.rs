//! The queue. Its messages are durable rows in the store; the dispatcher hands them to a handler without polling.
//! Messages of one execution are handled in one call at a time, so that they share a load and a commit; nodes that do
//! I/O run beside them.

mod adopt;
#[cfg(test)]
mod clock_tests;
mod dispatcher;
mod lanes;
#[cfg(test)]
mod lanes_tests;
mod settle;
mod start;
#[cfg(test)]
mod tests;
mod timers;
mod window;

pub use adopt::Adopt;
pub use dispatcher::{Dispatcher, Handler};
