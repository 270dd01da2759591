//! Stand-ins for SQS, S3, Step Functions and Secrets Manager: in memory, and through the choke point.

use super::wire::Wire;
use ::aws::ports::{Blobs, Queue};
use async_trait::async_trait;
use shared::{
    effect::Message,
    id::{ExecutionId, InteractionId},
    port::{Delivery, Receipt, Secret, StoreError, Verdict},
    time::Time,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};

/// Seconds after which a message that was handed out and not acknowledged comes again.
const VISIBILITY_SECONDS: f64 = 20.0;

/// A message on the queue.
#[derive(Clone, Debug)]
struct Queued {
    receipt: Receipt,
    message: Message,
    visible_at: Time,
    deliveries: u32,
}

/// What was delivered to people and callers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivered {
    /// Questions whose alarm clock was started.
    pub opened: BTreeSet<InteractionId>,
    /// Task tokens that were completed.
    pub completed: BTreeSet<String>,
    /// Executions whose caller was told.
    pub answered: BTreeSet<ExecutionId>,
}

/// Everything beside the table that outlives a process.
pub struct Services {
    world: Mutex<Kept>,
    wire: Arc<Wire>,
}

#[derive(Default)]
pub(super) struct Kept {
    clock: Option<Time>,
    queue: Vec<Queued>,
    receipts: Receipt,
    blobs: BTreeMap<String, Vec<u8>>,
    twice: bool,
    pub sent: u64,
    pub secrets: HashMap<(String, String), Secret>,
    pub delivered: Delivered,
    pub outside: crate::sim::script::Outside,
    pub executions: BTreeSet<ExecutionId>,
}

impl Services {
    pub(super) fn new(clock: Option<Time>, wire: Arc<Wire>) -> Self {
        Self { world: Mutex::new(Kept { clock, ..Kept::default() }), wire }
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.world.lock().expect("nothing panics while it holds the lock")
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The clock.
    pub fn now(&self) -> Time {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.kept().clock.unwrap_or_else(|| Time(since().as_millis() as i64))
    }

    /// Moves the clock, never back.
    pub fn advance(&self, to: Time) {
        let mut kept = self.kept();
        kept.clock = kept.clock.map(|now| now.max(to));
    }

    /// Every message is sent twice from now on, or once.
    pub fn send_twice(&self, twice: bool) {
        self.kept().twice = twice;
    }

    /// Forgets what was sent and whom it was about, but no value.
    pub fn forget(&self) {
        let mut kept = self.kept();
        kept.queue.clear();
        kept.sent = 0;
        kept.delivered = Delivered::default();
        kept.outside = Default::default();
        kept.executions.clear();
    }

    /// Messages sent so far.
    pub fn sent(&self) -> u64 {
        self.kept().sent
    }

    /// What people and callers were told.
    pub fn delivered(&self) -> Delivered {
        self.kept().delivered.clone()
    }

    /// Executions that had a turn committed.
    pub fn executions(&self) -> Vec<ExecutionId> {
        self.kept().executions.iter().cloned().collect()
    }

    /// When the next message may be handed out.
    pub fn next_visible(&self) -> Option<Time> {
        self.kept().queue.iter().map(|queued| queued.visible_at).min()
    }

    /// Hands out up to so many messages that are due.
    pub fn take(&self, most: usize) -> Vec<Delivery> {
        let now = self.now();
        let mut kept = self.kept();
        let due = kept.queue.iter_mut().filter(|queued| queued.visible_at <= now).take(most);
        due.map(|queued| {
            queued.deliveries += 1;
            queued.visible_at = now.after_seconds(VISIBILITY_SECONDS);
            let (receipt, message, deliveries) = (queued.receipt, queued.message.clone(), queued.deliveries);
            Delivery { receipt, message, deliveries, trace: None }
        })
        .collect()
    }

    /// Takes acknowledged messages off, and lets returned ones be seen again.
    pub fn obey(&self, verdicts: Vec<(Receipt, Verdict)>) {
        let now = self.now();
        let mut kept = self.kept();
        for (receipt, verdict) in verdicts {
            match verdict {
                Verdict::Acknowledge => kept.queue.retain(|queued| queued.receipt != receipt),
                Verdict::Return { after_seconds, .. } => {
                    let at = now.after_seconds(after_seconds);
                    kept.queue.iter_mut().filter(|it| it.receipt == receipt).for_each(|it| it.visible_at = at);
                }
            }
        }
    }
}

fn transient(told: &str) -> StoreError {
    StoreError::Transient(told.into())
}

#[async_trait]
impl Queue for Services {
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError> {
        let effect = async {
            let now = self.now();
            let mut kept = self.kept();
            for (message, at) in messages {
                kept.sent += 1;
                for _ in 0..if kept.twice { 2 } else { 1 } {
                    kept.receipts += 1;
                    let (receipt, message) = (kept.receipts, message.clone());
                    let visible_at = at.unwrap_or(now);
                    kept.queue.push(Queued { receipt, message, visible_at, deliveries: 0 });
                }
            }
            Ok(())
        };
        self.wire.pass("SendMessageBatch", transient, effect).await
    }

    async fn postpone(&self, _: &[(String, u32)]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn keep(&self, _: &[String]) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Blobs for Services {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let effect = async {
            self.kept().blobs.insert(key.into(), bytes);
            Ok(())
        };
        self.wire.pass("PutObject", transient, effect).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let effect = async { Ok(self.kept().blobs.get(key).cloned()) };
        self.wire.pass("GetObject", transient, effect).await
    }

    async fn remove(&self, prefix: &str) -> Result<(), StoreError> {
        let effect = async {
            self.kept().blobs.retain(|key, _| !key.starts_with(prefix));
            Ok(())
        };
        self.wire.pass("DeleteObjects", transient, effect).await
    }
}
