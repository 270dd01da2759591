//! The queue: durable rows in the store, and this dispatcher, which hands them to handlers without polling.
//! Messages of one execution are handled one call at a time and so batch up; nodes that do I/O run beside them.

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

/// A message in memory; its row lives until it is acknowledged.
#[derive(Clone, Debug)]
pub struct Item {
    /// As a handler gets it.
    pub delivery: Delivery,
    /// How often its handling failed.
    pub failures: u32,
}
