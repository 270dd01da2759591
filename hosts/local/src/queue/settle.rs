//! One call of the handler, and what becomes of its messages: acknowledged, handed out again, or buried as dead
//! letters.

use super::Dispatcher;
use crate::{
    asker::Asker,
    store::{
        limits,
        messages::{self, Item},
        writer::{Failure, Job, Known},
    },
};
use document::time::Time;
use engine::{
    fair::Place,
    port::{Delivery, Receipt, StoreError, Verdict, Why},
};
use futures::FutureExt;
use rusqlite::Connection;
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering::Relaxed},
};

impl Dispatcher {
    /// Hands messages of one execution to the handler and does as its verdicts say.
    pub(super) async fn handle(self: &Arc<Self>, items: Vec<Item>) {
        let Some(started) = self.started.get() else { return };
        let count = items.len() as i64;
        self.metrics.active.fetch_add(count, Relaxed);
        let waited: Vec<(u32, Place)> = items.iter().map(|item| (item.failures, item.place.clone())).collect();
        let deliveries: Vec<Delivery> = items.into_iter().map(|item| item.delivery).collect();
        // A panic of the handler is a failure of its messages, not the end of the worker.
        let place = waited.first().map(|(_, place)| place.clone());
        let handling = self.turns.by_turns(|| place.clone(), Asker::queue(started.handler.handle(&deliveries)));
        let answer = AssertUnwindSafe(handling).catch_unwind().await;
        let verdicts = answer.unwrap_or_else(|panic| {
            let error = told(&*panic);
            tracing::error!(error, "a handler panicked");
            vec![failed(format!("the handler panicked: {error}")); deliveries.len()]
        });
        let mut verdicts = verdicts.into_iter();
        let mut acks = Vec::new();
        for (delivery, (failures, place)) in deliveries.into_iter().zip(waited) {
            let verdict = verdicts.next().unwrap_or_else(|| failed("the handler gave no verdict".into()));
            let item = Item { delivery, failures, place, since: Time(0) };
            // A commit may have acknowledged the message already: then its row is gone, and there is nothing to delete.
            match verdict {
                Verdict::Acknowledge => {
                    if self.state().lanes.settle(item.delivery.receipt) {
                        acks.push(item.delivery.receipt);
                    }
                }
                Verdict::Return { after_seconds, why } => self.give_back(item, after_seconds, why).await,
            }
        }
        if let Some(place) = place.filter(|_| !acks.is_empty()) {
            // If this is lost, the messages come again after a restart and are found stale.
            let _ = self.send(&place, Box::new(Acknowledge(acks)));
        }
        self.metrics.active.fetch_sub(count, Relaxed);
        self.metrics.depth.fetch_sub(count, Relaxed);
        self.metrics.handled.fetch_add(count as u64, Relaxed);
    }

    /// Returns a message to the queue. One that failed waits longer with each failure, and is buried at the last.
    async fn give_back(self: &Arc<Self>, mut item: Item, after_seconds: f64, why: Why) {
        if !self.state().lanes.settle(item.delivery.receipt) {
            return; // A commit acknowledged it: there is no row to come back to.
        }
        let mut after = after_seconds.clamp(0.0, f64::from(u32::MAX));
        tracing::debug!(execution = %item.delivery.message.execution, %why, "a message is handed out again");
        if let Why::Failed(error) = why {
            self.metrics.failed.fetch_add(1, Relaxed);
            item.failures += 1;
            after = after.max(limits::RETRY_SECONDS * f64::from(item.failures));
            let (receipt, attempts) = (item.delivery.receipt, item.failures);
            if attempts >= engine::limits::DELIVERIES && self.bury(&item, &error).await {
                return;
            }
            let _ = self.send(&item.place, Box::new(Failed { receipt, attempts, error }));
        }
        item.delivery.deliveries += 1;
        let at = (self.clock)().after_seconds(after);
        self.state().returned.offer(at.0, item.delivery.receipt, item);
        self.rings.notify_one();
    }

    /// Makes a message a dead letter: marks its execution as stuck, then deletes its row. A crash between the two marks
    /// the execution again. False where one of them failed: the message is then handed out again.
    async fn bury(&self, item: &Item, error: &str) -> bool {
        let Some(started) = self.started.get() else { return false };
        let marking = Asker::queue(started.handler.dead(&item.delivery.message, error));
        let marking = AssertUnwindSafe(marking).catch_unwind().await;
        match marking {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                tracing::error!(why, execution = %item.delivery.message.execution, "a dead letter could not be recorded");
                return false;
            }
            Err(panic) => {
                tracing::error!(why = told(&*panic), "recording a dead letter panicked");
                return false;
            }
        }
        self.metrics.dead.fetch_add(1, Relaxed);
        let job = Bury { item: item.clone(), error: error.to_owned(), at: (self.clock)() };
        self.send(&item.place, Box::new(job)).is_ok()
    }
}

/// The verdict on a message whose handling failed.
fn failed(error: String) -> Verdict {
    Verdict::Return { after_seconds: 0.0, why: Why::Failed(error) }
}

/// The text of a panic.
fn told(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The job that deletes the rows of messages that no commit acknowledged.
pub struct Acknowledge(pub Vec<Receipt>);

impl Job for Acknowledge {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        Ok(messages::acknowledge(db, &self.0)?)
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::warn!(%error, "messages could not be acknowledged; they come again after a restart");
        }
    }
}

/// The job that notes a failure in a message's row, so that a restart does not begin to count anew.
struct Failed {
    receipt: Receipt,
    attempts: u32,
    error: String,
}

impl Job for Failed {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        Ok(messages::note_failure(db, self.receipt, self.attempts, &self.error)?)
    }

    fn done(self: Box<Self>, _: Result<(), StoreError>) {}
}

/// The job that moves a message from the queue to the dead letters.
struct Bury {
    item: Item,
    error: String,
    at: Time,
}

impl Job for Bury {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        Ok(messages::bury(db, &self.item.delivery, &self.error, self.at)?)
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::error!(%error, "a dead letter could not be stored; its message comes again after a restart");
        }
    }
}
