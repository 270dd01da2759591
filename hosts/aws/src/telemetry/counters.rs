//! What functions count. A process handles one invocation at a time, so what was added during one is its own.

use super::emf::{Figure, Unit};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Messages of the step queue that were handled.
    Steps,
    /// Messages handed back, to be handed out again.
    Returned,
    /// Turns that another one was quicker than.
    Conflicts,
    /// Requests to AWS that were made again.
    Retries,
    /// Messages recorded as given up.
    DeadLetters,
    /// Executions that schedules started.
    Scheduled,
    /// Executions that the supervisor looked after.
    LookedAfter,
}

const ALL: [(Counter, &str); 7] = [
    (Counter::Steps, "steps"),
    (Counter::Returned, "returned"),
    (Counter::Conflicts, "conflicts"),
    (Counter::Retries, "retries"),
    (Counter::DeadLetters, "dead_letters"),
    (Counter::Scheduled, "scheduled"),
    (Counter::LookedAfter, "looked_after"),
];

static COUNTED: [AtomicU64; ALL.len()] = [const { AtomicU64::new(0) }; ALL.len()];

/// Adds to a counter.
pub fn counted(counter: Counter, more: u64) {
    COUNTED[counter as usize].fetch_add(more, Relaxed);
}

/// The counters at a moment.
pub(super) struct Snapshot([u64; ALL.len()]);

impl Snapshot {
    pub(super) fn take() -> Self {
        Self(std::array::from_fn(|at| COUNTED[at].load(Relaxed)))
    }

    /// What was added since.
    pub(super) fn since(&self) -> impl Iterator<Item = Figure> {
        let now = Self::take();
        let added: Vec<u64> = now.0.iter().zip(self.0).map(|(now, then)| now.wrapping_sub(then)).collect();
        ALL.into_iter().zip(added).map(|((_, name), added)| Figure::new(name, Unit::Count, added as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_its_place_in_the_table() {
        for (at, (counter, _)) in ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, at, "{counter:?}");
        }
        assert_eq!(Counter::LookedAfter as usize + 1, ALL.len(), "the last variant is the last row");
    }
}
