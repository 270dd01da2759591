//! Stand-ins in memory for SQS, S3, Secrets Manager and the addresses that nodes call. All calls pass the choke point.

use super::{clocks::Clocks, wire::Wire};
use crate::sim::script::{self, Outside};
use ::aws::{
    limits,
    services::ports::{Blobs, Queue},
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Delivery, Page, Receipt, Runner, Secret, Secrets, StoreError, Verdict, Window};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    effect::Message,
    id::ExecutionId,
    task::{LogLevel, LogLine, Report, Task, Work},
};

/// Seconds for which a message that was handed out is hidden. If it is not acknowledged by then, it comes again.
const VISIBILITY_SECONDS: f64 = 20.0;

/// A message on the queue.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    receipt: Receipt,
    pub(super) message: Message,
    pub(super) visible_at: Time,
    pub(super) deliveries: u32,
    /// The clock whose end takes the message off again, as long as it was not handed out. None: nothing takes it off.
    pub(super) clock: Option<String>,
}

/// Everything apart from the table that outlives a process.
pub struct Services {
    world: Mutex<Kept>,
    wire: Arc<Wire>,
}

/// What the stand-ins keep.
#[derive(Default)]
pub(super) struct Kept {
    /// The time at which the clock stands. None: the clock of this machine counts.
    pub(super) clock: Option<Time>,
    pub(super) queue: Vec<Queued>,
    /// The last receipt that was given.
    receipts: Receipt,
    pub(super) blobs: BTreeMap<String, Vec<u8>>,
    /// Whether each message that is sent arrives twice.
    twice: bool,
    /// How many messages were sent.
    sent: u64,
    secrets: HashMap<(String, String), Secret>,
    outside: Outside,
    /// Executions that messages were for.
    pub(super) receivers: BTreeSet<ExecutionId>,
    pub(super) clocks: Clocks,
}

impl Kept {
    /// Puts a message on the queue, to be seen from `visible_at` on. One of a clock is taken off if the clock is
    /// stopped.
    pub(super) fn enqueue(&mut self, message: Message, visible_at: Time, clock: Option<&str>) {
        self.receivers.insert(message.execution.clone());
        self.receipts += 1;
        let (receipt, clock) = (self.receipts, clock.map(str::to_owned));
        self.queue.push(Queued { receipt, message, visible_at, deliveries: 0, clock });
    }

    /// Takes the messages off the queue that a clock has not sent yet.
    pub(super) fn silence(&mut self, clock: &str) {
        self.queue.retain(|queued| queued.deliveries > 0 || queued.clock.as_deref() != Some(clock));
    }
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

    /// The time by the world's clock.
    pub fn now(&self) -> Time {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.kept().clock.unwrap_or_else(|| Time(since().as_millis() as i64))
    }

    /// Moves the clock forward to a time; a time that has passed changes nothing.
    pub fn advance(&self, to: Time) {
        let mut kept = self.kept();
        kept.clock = kept.clock.map(|now| now.max(to));
    }

    /// Says whether each message that is sent from now on arrives twice.
    pub fn send_twice(&self, twice: bool) {
        self.kept().twice = twice;
    }

    /// Forgets messages, clocks and requests, so that a new run begins. Values and secrets stay.
    pub fn forget(&self) {
        let mut kept = self.kept();
        kept.queue.clear();
        kept.sent = 0;
        kept.outside = Outside::default();
        kept.receivers.clear();
        kept.clocks = Clocks::default();
    }

    /// How many messages were sent since the run began.
    pub fn sent(&self) -> u64 {
        self.kept().sent
    }

    /// The keys of all objects in the bucket.
    pub fn objects(&self) -> Vec<String> {
        self.kept().blobs.keys().cloned().collect()
    }

    /// Has an object lie under another key, as an earlier release wrote it.
    pub fn rename(&self, from: &str, to: &str) {
        let mut kept = self.kept();
        let object = kept.blobs.remove(from).expect("it is there");
        kept.blobs.insert(to.into(), object);
    }

    /// Executions to which a message was ever sent.
    pub fn receivers(&self) -> Vec<ExecutionId> {
        self.kept().receivers.iter().cloned().collect()
    }

    /// The time from which the next message may be handed out.
    pub fn next_visible(&self) -> Option<Time> {
        self.kept().queue.iter().map(|queued| queued.visible_at).min()
    }

    /// Hands out messages that are due, `most` at most.
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

    /// Takes acknowledged messages off the queue, and shows returned ones again after their delay.
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

/// The queue as one process sends to it. SQS takes the seconds after which a message is to come, which the process counts
/// by its own clock: so a message that came early by another clock is put off, whatever the clocks say.
pub(super) struct Sender {
    services: Arc<Services>,
    /// Milliseconds by which the process's clock is ahead.
    ahead: i64,
}

impl Sender {
    pub(super) fn new(services: Arc<Services>, ahead: i64) -> Self {
        Self { services, ahead }
    }
}

/// The error of a call that the choke point failed.
pub(super) fn transient(told: &str) -> StoreError {
    StoreError::Transient(told.into())
}

#[async_trait]
impl Queue for Sender {
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError> {
        let services = &self.services;
        let effect = async {
            let now = services.now();
            let mut kept = services.kept();
            for (message, at) in messages {
                kept.sent += 1;
                let visible_at = at.map_or(now, |at| Time(at.0 - self.ahead));
                let longest = now.after_seconds(f64::from(limits::QUEUE_DELAY_SECONDS));
                assert!(visible_at <= longest, "SQS delays no longer");
                for _ in 0..if kept.twice { 2 } else { 1 } {
                    kept.enqueue(message.clone(), visible_at, None);
                }
            }
            Ok(())
        };
        services.wire.pass("SendMessageBatch", transient, effect).await
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

    async fn remove_one(&self, key: &str) -> Result<(), StoreError> {
        let effect = async {
            self.kept().blobs.remove(key);
            Ok(())
        };
        self.wire.pass("DeleteObjects", transient, effect).await
    }
}

#[async_trait]
impl Secrets for Services {
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let effect = async { Ok(self.kept().secrets.get(&(owner.to_owned(), name.to_owned())).cloned()) };
        self.wire.pass("GetSecretValue", transient, effect).await
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        let effect = async {
            self.kept().secrets.insert((owner.to_owned(), name.to_owned()), secret.clone());
            Ok(())
        };
        self.wire.pass("PutSecretValue", transient, effect).await
    }

    async fn secret_names(&self, owner: &str, _: &Window) -> Result<Page<String>, StoreError> {
        let effect = async {
            let kept = self.kept();
            let names = kept.secrets.keys().filter(|(of, _)| of == owner).map(|(_, name)| name.clone()).collect();
            Ok(Page { items: names, next_cursor: None })
        };
        self.wire.pass("ListSecrets", transient, effect).await
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        let effect = async { Ok(self.kept().secrets.remove(&(owner.to_owned(), name.to_owned())).is_some()) };
        self.wire.pass("DeleteSecret", transient, effect).await
    }
}

#[async_trait]
impl Runner for Services {
    async fn run(&self, task: &Task, _: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        let (asked, key) = self.kept().outside.asked(task);
        let mut report = script::answer(task, asked, key);
        if matches!(task.work, Work::Code(_)) {
            report.logs.push(LogLine { at: self.now(), level: LogLevel::Info, message: "it ran".into() });
        }
        report
    }
}
