//! The queue. Its messages are durable rows in the store; the dispatcher hands them to a handler without polling.
//! Messages of one execution are handled in one call at a time, so that they share a load and a commit; nodes that do
//! I/O run beside them.

mod dispatcher;
mod lanes;
mod settle;
#[cfg(test)]
mod tests;
mod timers;
mod window;

pub use dispatcher::{Dispatcher, Handler};
pub use settle::acknowledge;
pub use timers::{TimerKey, insert, purpose};

use engine::port::Delivery;

/// A message in memory. Its row in the table `queue` stays until the message is acknowledged.
#[derive(Clone, Debug)]
pub struct Item {
    /// The message as a handler gets it, with its receipt, which is the key of its row.
    pub delivery: Delivery,
    /// How often its handling failed, in earlier processes too.
    pub failures: u32,
}
