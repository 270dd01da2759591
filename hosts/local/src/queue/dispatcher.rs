//! Hands ready messages to a handler.

use super::{Item, lanes::Lanes, timers, timers::TimerKey, window::Window};
use crate::store::{
    limits,
    metrics::Metrics,
    readers::Readers,
    writer::{Job, Writer},
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Delivery, Receipt, StoreError, Verdict};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_core::effect::Message;
use tokio::{runtime::Handle, sync::Notify};

/// Who handles messages.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Messages of one execution, in order; a verdict for each. A panic counts as a failure of all of them.
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict>;
    /// A message failed for good: its execution is to be marked stuck. An error means that it could not be; the
    /// message is then handed out again.
    async fn dead(&self, message: &Message, error: &str) -> Result<(), String>;
}

/// The dispatcher. It hands nothing out before it is started.
pub struct Dispatcher {
    state: Mutex<State>,
    /// Rows below it are from before; the others were handed over when they were written.
    first: Receipt,
    receipts: AtomicU64,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: fn() -> Time,
    /// Rings when something may be due earlier than was known.
    pub(super) rings: Notify,
    idle: Notify,
    pub(super) started: OnceLock<Started>,
    pub(super) window: usize,
}

/// What it needs to run.
pub struct Started {
    runtime: Handle,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) writer: Writer,
}

/// What is in memory.
pub struct State {
    pub(super) lanes: Lanes,
    pub(super) delayed: Window<Item>,
    pub(super) returned: Window<Item>,
    pub(super) timers: Window<TimerKey>,
}

impl Dispatcher {
    /// With the number of the first receipt that no row in the queue has.
    pub fn new(first: Receipt, metrics: Arc<Metrics>, clock: fn() -> Time, window: usize) -> Self {
        let mut returned = Window::new(usize::MAX / 8);
        returned.extend(Some((i64::MAX, Vec::new())));
        let state =
            State { lanes: Lanes::default(), delayed: Window::new(window), returned, timers: Window::new(window) };
        Self {
            state: Mutex::new(state),
            first,
            receipts: AtomicU64::new(first),
            metrics,
            clock,
            rings: Notify::new(),
            idle: Notify::new(),
            started: OnceLock::new(),
            window,
        }
    }

    /// Reads what the queue holds from before, and begins to hand out. Called once, in a runtime.
    pub async fn start(
        self: &Arc<Self>,
        handler: Arc<dyn Handler>,
        writer: Writer,
        readers: &Readers,
    ) -> Result<(), StoreError> {
        if self.started.set(Started { runtime: Handle::current(), handler, writer }).is_err() {
            return Err(StoreError::Permanent("the dispatcher was started before".into()));
        }
        self.revive_all(self.first as i64, readers).await?;
        tokio::spawn(timers::run(self.clone()));
        self.pump();
        Ok(())
    }

    async fn revive_all(self: &Arc<Self>, before: i64, readers: &Readers) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let rows = readers
                .read(move |db| {
                    db.prepare_cached(
                        "SELECT id, attempts, body FROM queue WHERE due IS NULL AND id > ?1 AND id < ?2
                         ORDER BY id LIMIT ?3",
                    )?
                    .query_map([after, before, limits::START_ROWS as i64], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, row.get::<_, String>(2)?))
                    })?
                    .collect::<Result<Vec<_>, _>>()
                })
                .await?;
            let Some((last, ..)) = rows.last() else { return Ok(()) };
            after = *last;
            let items = rows.into_iter().filter_map(|(id, failures, body)| timers::revive(id, failures, &body));
            self.committed(&[], items.collect());
        }
    }

    /// A message with a number of its own.
    pub fn item(&self, message: Message) -> Item {
        Item { delivery: Delivery { receipt: self.number(), message, deliveries: 1, trace: None }, failures: 0 }
    }

    /// A number that nothing else has.
    pub(super) fn number(&self) -> u64 {
        self.receipts.fetch_add(1, Relaxed)
    }

    /// A write is durable: these were acknowledged by it, those are ready.
    pub fn committed(self: &Arc<Self>, acks: &[Receipt], ready: Vec<Item>) {
        if acks.is_empty() && ready.is_empty() {
            return;
        }
        {
            let mut state = self.state();
            state.lanes.committed(acks);
            for item in ready {
                self.count_in();
                state.lanes.push(item);
            }
        }
        self.pump();
    }

    /// A durable message is due later.
    pub fn delay(&self, at: Time, item: Item) {
        let number = item.delivery.receipt;
        self.state().delayed.offer(at.0, number, item);
        self.rings.notify_one();
    }

    /// A durable timer is set.
    pub fn timer(&self, at: Time, key: TimerKey) {
        let number = self.number();
        self.state().timers.offer(at.0, number, key);
        self.rings.notify_one();
    }

    /// Timers that could not be fired.
    pub(super) fn timers_again(&self, keys: Vec<TimerKey>, at: Time) {
        for key in keys {
            self.timer(at, key);
        }
    }

    /// Stops handing out, and waits until nothing is being handled, or for so long. True where nothing is.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.state().lanes.stopped = true;
        self.rings.notify_one();
        let idle = async {
            loop {
                let woken = self.idle.notified();
                if self.state().lanes.is_idle() {
                    return;
                }
                woken.await;
            }
        };
        tokio::time::timeout(grace, idle).await.is_ok()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state().lanes.stopped
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_in(&self) {
        self.metrics.depth.fetch_add(1, Relaxed);
    }

    pub(super) async fn send(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        match self.started.get() {
            Some(started) => started.writer.send(job).await,
            None => Err(StoreError::Transient("the dispatcher has not started".into())),
        }
    }

    /// Spawns what there is work for.
    pub(super) fn pump(self: &Arc<Self>) {
        let Some(started) = self.started.get() else { return };
        let spawn = self.state().lanes.spawn();
        for _ in 0..spawn.workers {
            started.runtime.spawn(self.clone().work());
        }
        for item in spawn.io {
            started.runtime.spawn(self.clone().work_io(item));
        }
    }

    async fn work(self: Arc<Self>) {
        self.state().lanes.started();
        loop {
            let Some(batch) = self.state().lanes.take() else { break };
            let Some(first) = batch.first() else { continue };
            let id = first.delivery.message.execution.clone();
            self.handle(batch).await;
            self.state().lanes.finish(&id);
        }
        self.idle.notify_waiters();
    }

    async fn work_io(self: Arc<Self>, item: Item) {
        self.handle(vec![item]).await;
        self.state().lanes.finish_io();
        self.pump();
        self.idle.notify_waiters();
    }
}
