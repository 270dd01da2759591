//! The dispatcher: hands ready messages to a handler. What is ready it learns from commits, from timers, and at the
//! start from the rows that an earlier process left behind.

use super::{lanes::Lanes, window::Window};
use crate::store::{
    messages::Item,
    metrics::Metrics,
    moves::Moves,
    queue::Queue,
    timers::TimerKey,
    writer::{Job, Writer},
};
use async_trait::async_trait;
use document::time::Time;
use engine::{
    fair::{Gate, Place},
    port::{Delivery, Receipt, StoreError, Verdict},
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_core::{effect::Message, id::ExecutionId};
use tokio::{runtime::Handle, sync::Notify};

/// What messages are handed to: the step function, or a stand-in in tests.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles messages of one execution, in order, and returns a verdict for each. A panic counts as a failure of all
    /// of them.
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict>;
    /// Called for a message that failed [`engine::limits::DELIVERIES`] times: its execution is to be marked stuck. On
    /// an error, which says why that was not possible, the message is handed out again.
    async fn dead(&self, message: &Message, error: &str) -> Result<(), String>;
}

/// The dispatcher. It hands nothing out before [`Dispatcher::start`].
pub struct Dispatcher {
    state: Mutex<State>,
    /// The first receipt of this process. Rows with a lower one are left from an earlier process and are read at the
    /// start; the others are handed over when they are written.
    pub(super) first: Receipt,
    /// The next receipt.
    receipts: AtomicU64,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: fn() -> Time,
    /// Wakes the task of `timers`, when something may be due earlier than it knew.
    pub(super) rings: Notify,
    /// Wakes [`Dispatcher::stop`], when a worker or a node has ended.
    idle: Notify,
    pub(super) started: OnceLock<Started>,
    /// Who computes: handlers of messages, and requests of callers.
    pub(crate) turns: Arc<Gate>,
    /// Entries that a page of delayed messages or timers holds.
    pub(super) window: usize,
    /// Which executions' messages it hands out.
    pub(crate) moves: Moves,
}

/// What the dispatcher gets when it is started.
pub struct Started {
    pub(super) runtime: Handle,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) writer: Writer,
}

/// The messages and timers in memory. Returned messages wait here alone: their rows have no new time, so that a restart
/// hands them out at once.
pub struct State {
    pub(super) lanes: Lanes,
    pub(super) delayed: Window<Item>,
    pub(super) returned: Window<Item>,
    pub(super) timers: Window<TimerKey>,
}

impl Queue for Dispatcher {
    fn item(&self, message: Message, place: Place) -> Item {
        let delivery = Delivery { receipt: self.number(), message, deliveries: 1, trace: None };
        Item { delivery, failures: 0, place, since: Time(0) }
    }

    fn committed(self: Arc<Self>, acks: &[Receipt], ready: Vec<Item>) {
        if acks.is_empty() && ready.is_empty() {
            return;
        }
        {
            let mut state = self.state();
            state.lanes.committed(acks);
            let since = if ready.is_empty() { Time(0) } else { (self.clock)() };
            for item in ready {
                self.count_in();
                state.lanes.push(Item { since, ..item });
            }
        }
        self.pump();
    }

    fn delay(&self, at: Time, item: Item) {
        let number = item.delivery.receipt;
        self.state().delayed.offer(at.0, number, item);
        self.rings.notify_one();
    }

    fn timer(&self, at: Time, key: TimerKey) {
        let number = self.number();
        self.state().timers.offer(at.0, number, key);
        self.rings.notify_one();
    }
}

impl Dispatcher {
    /// Makes a dispatcher whose receipts begin at `first`, above those of all rows in the queue.
    pub fn new(first: Receipt, metrics: Arc<Metrics>, clock: fn() -> Time, window: usize) -> Self {
        // No page of returned messages is ever read: the window's bound is out of reach, and an empty page up to the
        // end of time leaves nothing to read.
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
            turns: Arc::new(Gate::to_processors()),
            window,
            moves: Moves::default(),
        }
    }

    /// For how long the message has been ready that has waited longest to be handled; none where none waits.
    pub fn oldest(&self) -> Option<Duration> {
        let oldest = self.state().lanes.oldest();
        oldest.map(|since| (self.clock)().since(since))
    }

    /// Returns a number that no message and no timer of this process has.
    pub(super) fn number(&self) -> u64 {
        self.receipts.fetch_add(1, Relaxed)
    }

    /// Takes back timers whose firing could not be written, to try again at `at`.
    pub(super) fn timers_again(&self, keys: Vec<TimerKey>, at: Time) {
        for key in keys {
            self.timer(at, key);
        }
    }

    /// Stops handing out, and waits until nothing is being handled, at most for `grace`. True where nothing is.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.state().lanes.stopped = true;
        self.rings.notify_one();
        let idle = async {
            loop {
                // The wake-up is taken before the look, so that one in between is not missed.
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

    pub(super) fn send(&self, place: &Place, job: Box<dyn Job>) -> Result<(), StoreError> {
        match self.started.get() {
            Some(started) => started.writer.send(place, job),
            None => Err(StoreError::Transient("the dispatcher has not started".into())),
        }
    }

    /// Spawns workers and I/O nodes for what is ready, as far as the limits allow.
    pub(super) fn pump(self: &Arc<Self>) {
        let Some(started) = self.started.get() else { return };
        let spawn = self.state().lanes.spawn();
        for id in spawn.executions {
            started.runtime.spawn(self.clone().work(id));
        }
        for item in spawn.io {
            started.runtime.spawn(self.clone().work_io(item));
        }
    }

    /// A worker: handles a batch of an execution, and then of whichever is next, until none is.
    async fn work(self: Arc<Self>, first: ExecutionId) {
        let mut next = Some(first);
        while let Some(id) = next {
            let batch = self.state().lanes.batch(&id);
            if !batch.is_empty() {
                self.handle(batch).await;
            }
            next = self.state().lanes.finish(&id);
        }
        self.idle.notify_waiters();
    }

    /// Handles one node that does I/O, and then lets the next one begin.
    async fn work_io(self: Arc<Self>, item: Item) {
        let owner = item.place.owner.clone();
        self.handle(vec![item]).await;
        self.state().lanes.finish_io(&owner);
        self.pump();
        self.idle.notify_waiters();
    }
}
