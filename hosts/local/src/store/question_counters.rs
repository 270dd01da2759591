//! What is counted of questions to people since the process started: how many ended, how long their answers took, and what
//! became of messages.

use engine::asked::{Asked, Sent};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use stepwell_core::interaction::{InteractionKind, InteractionStatus, channel::ChannelKind};

/// Seconds up to which answers are counted together: a minute, five, fifteen, an hour, four, a day, three, a week, thirty
/// days. The last bucket of all has those that took longer.
pub const BUCKETS: [f64; 9] = [60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0];

/// How long answers took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    /// How many took no longer than the bound of the same place in [`BUCKETS`].
    pub within: [u64; BUCKETS.len()],
    /// How many there are.
    pub count: u64,
    /// Seconds that all took together.
    pub seconds: f64,
}

impl Times {
    fn add(&mut self, seconds: f64) {
        for (within, most) in self.within.iter_mut().zip(BUCKETS) {
            *within += u64::from(seconds <= most);
        }
        self.count += 1;
        self.seconds += seconds;
    }
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// Questions that were put, by kind.
    pub opened: BTreeMap<InteractionKind, u64>,
    /// Questions that ended, by kind and by how they ended.
    pub over: BTreeMap<(InteractionKind, InteractionStatus), u64>,
    /// How long people took to answer, by kind.
    pub answers: BTreeMap<InteractionKind, Times>,
    /// Tries to send messages, by channel and by how they ended.
    pub messages: BTreeMap<(ChannelKind, Sent), u64>,
}

/// The counters, which any thread may add to.
#[derive(Debug, Default)]
pub struct Questions(Mutex<Counted>);

impl Questions {
    /// Adds what the turns of a commit say, once it is durable.
    pub fn add(&self, asked: &Asked) {
        if asked.is_empty() {
            return;
        }
        let mut counted = self.lock();
        for kind in &asked.opened {
            *counted.opened.entry(*kind).or_default() += 1;
        }
        for one in &asked.over {
            *counted.over.entry((one.kind, one.status)).or_default() += 1;
            if one.status == InteractionStatus::Answered {
                counted.answers.entry(one.kind).or_default().add(one.seconds);
            }
        }
        for message in &asked.messages {
            *counted.messages.entry(*message).or_default() += 1;
        }
    }

    /// The counters at this moment.
    pub fn counted(&self) -> Counted {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
