//! The queue as the store knows it. The store writes the rows of messages and timers, and reports them once they are
//! durable; how they are handed out is the queue's affair.

use super::{messages::Item, timers::TimerKey};
use document::time::Time;
use engine::{fair::Place, port::Receipt};
use std::sync::Arc;
use stepwell_core::effect::Message;

/// What hears of messages and timers whose rows are durable.
pub trait Queue: Send + Sync {
    /// Gives a message a receipt of its own, which becomes the key of its row.
    fn item(&self, message: Message, place: Place) -> Item;
    /// Called when a write is durable: it acknowledged the messages of `acks`, and those of `ready` may be handed out.
    /// It runs on the writer's thread, so it must be quick and never block.
    fn committed(self: Arc<Self>, acks: &[Receipt], ready: Vec<Item>);
    /// Takes a message whose row is durable and which is due at `at`.
    fn delay(&self, at: Time, item: Item);
    /// Takes a timer whose row is durable and which fires at `at`.
    fn timer(&self, at: Time, key: TimerKey);
}
