//! Everything around the store of a play that outlives a process: the queue, timers, the clock, the outside world. It is
//! the same above every store, so what differs is the store's doing.
//!
//! Ids derive from the seed, the clock moves only where nothing is due, and which message comes next follows from what
//! the messages say and not from the order in which a store let them be sent: children are started at the same time.

use super::script::Death;
use crate::sim::script::Outside;
use document::{id::sha256_hex, time::Time};
use engine::port::{Delivery, Receipt, Verdict, Why};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    id::{Activation, ExecutionId, InteractionId, derive},
};

/// The time at which every play begins.
pub const BEGIN: Time = Time(1_800_000_000_000);
/// Seconds for which a message that was handed out is hidden. If it is not acknowledged by then, it comes again.
const VISIBILITY_SECONDS: f64 = 20.0;
/// How many of sixteen messages are sent twice, where messages are sent twice at all.
const TWICE: usize = 2;

/// A message on the queue.
struct Queued {
    receipt: Receipt,
    message: Message,
    visible_at: Time,
    deliveries: u32,
}

/// What is around the store.
pub struct Outer {
    seed: u64,
    kept: Mutex<Kept>,
    /// Wakes whoever waits for the end of the process.
    pub died: tokio::sync::Notify,
}

/// What it keeps.
pub struct Kept {
    /// The time.
    pub now: Time,
    /// What the outside world has been asked.
    pub outside: Outside,
    /// Executions of which a turn was committed.
    pub known: BTreeSet<ExecutionId>,
    /// Interactions that people see: they were told that it is open, and not that it is over.
    pub shown: BTreeSet<InteractionId>,
    /// The execution whose message is handled by a process that is to die, and when.
    pub death: Option<(ExecutionId, Death)>,
    made: u64,
    receipts: Receipt,
    queue: Vec<Queued>,
    timers: BTreeMap<(ExecutionId, Activation, Purpose), Time>,
}

impl Outer {
    /// What is around the store in the play of a seed.
    pub fn new(seed: u64) -> Self {
        let kept = Kept {
            now: BEGIN,
            outside: Outside::default(),
            known: BTreeSet::new(),
            shown: BTreeSet::new(),
            death: None,
            made: 0,
            receipts: 0,
            queue: Vec::new(),
            timers: BTreeMap::new(),
        };
        Self { seed, kept: Mutex::new(kept), died: tokio::sync::Notify::new() }
    }

    /// What it keeps, locked.
    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics while it holds the lock")
    }

    /// An id that no other play has.
    pub fn new_id(&self) -> ExecutionId {
        let mut kept = self.kept();
        kept.made += 1;
        derive(&["play", &self.seed.to_string(), &kept.made.to_string()]).into()
    }

    /// Hands out the next message, once time has passed until one is due; none where none will be.
    pub fn next(&self) -> Option<Delivery> {
        let mut kept = self.kept();
        kept.fire();
        if !kept.queue.iter().any(|queued| queued.visible_at <= kept.now) {
            let queued = kept.queue.iter().map(|queued| queued.visible_at);
            kept.now = queued.chain(kept.timers.values().copied()).min()?;
            kept.fire();
        }
        let now = kept.now;
        let due = kept.queue.iter_mut().filter(|queued| queued.visible_at <= now);
        let next = due.min_by_key(|queued| self.rank(&queued.message, queued.deliveries))?;
        next.deliveries += 1;
        next.visible_at = now.after_seconds(VISIBILITY_SECONDS);
        let Queued { receipt, message, deliveries, .. } = next;
        Some(Delivery { receipt: *receipt, message: message.clone(), deliveries: *deliveries, trace: None })
    }

    /// A text that looks random, and is the same for the same message in each play of a seed.
    fn rank(&self, message: &Message, deliveries: u32) -> String {
        sha256_hex(format!("{} {deliveries} {message:?}", self.seed).as_bytes())
    }

    /// Obeys the verdict on a message.
    ///
    /// # Errors
    /// Where the handling of the message failed.
    pub fn obey(&self, receipt: Receipt, verdict: &Verdict) -> Result<(), String> {
        let mut kept = self.kept();
        match verdict {
            Verdict::Acknowledge => kept.queue.retain(|queued| queued.receipt != receipt),
            Verdict::Return { why: Why::Failed(error), .. } => return Err(format!("a message failed: {error}")),
            Verdict::Return { after_seconds, why: Why::Early(_) | Why::Passing(_) } => {
                let at = kept.now.after_seconds(*after_seconds);
                kept.queue.iter_mut().filter(|queued| queued.receipt == receipt).for_each(|it| it.visible_at = at);
            }
        }
        Ok(())
    }

    /// Takes messages off the queue.
    pub fn acknowledge(&self, receipts: &[Receipt]) {
        self.kept().queue.retain(|queued| !receipts.contains(&queued.receipt));
    }

    /// Does what an execution's turns ask for.
    pub fn apply(&self, id: &ExecutionId, effects: &[Effect]) {
        let mut kept = self.kept();
        for effect in effects {
            match effect {
                Effect::Send { message, at } => {
                    // Odd seeds have a queue that delivers at least once.
                    let twice = self.seed % 2 == 1 && self.rank(message, 0).bytes().next() < Some(b'0' + TWICE as u8);
                    for _ in 0..if twice { 2 } else { 1 } {
                        kept.push(message.clone(), *at);
                    }
                }
                Effect::SetTimer { activation, purpose, at } => {
                    kept.timers.insert((id.clone(), activation.clone(), *purpose), *at);
                }
                Effect::DropTimer { activation, purpose } => {
                    kept.timers.remove(&(id.clone(), activation.clone(), *purpose));
                }
                Effect::OpenInteraction(one) => drop(kept.shown.insert(one.clone())),
                Effect::CloseInteraction(one) => drop(kept.shown.remove(one)),
                Effect::Admit { .. } | Effect::AnswerCaller => {}
            }
        }
    }
}

impl Kept {
    /// The times of the timers that are set for an activation of any execution and this purpose.
    pub fn timer(&self, activation: &Activation, purpose: Purpose) -> Vec<Time> {
        let of = self.timers.iter().filter(|((_, of, why), _)| of == activation && *why == purpose);
        of.map(|(_, at)| *at).collect()
    }

    fn push(&mut self, message: Message, at: Option<Time>) {
        self.receipts += 1;
        let visible_at = at.unwrap_or(self.now);
        self.queue.push(Queued { receipt: self.receipts, message, visible_at, deliveries: 0 });
    }

    /// Puts the messages of timers that are due on the queue.
    fn fire(&mut self) {
        let now = self.now;
        let due: Vec<_> = self.timers.extract_if(.., |_, at| *at <= now).map(|(key, _)| key).collect();
        for (execution, activation, purpose) in due {
            self.push(Message { execution, work: Work::Timer { activation, purpose } }, None);
        }
    }
}
