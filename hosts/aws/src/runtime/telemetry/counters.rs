//! The counters behind an invocation's metrics. A process handles one invocation at a time, so whatever is added during
//! an invocation is its own.

use super::emf::{Figure, Unit};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Something that functions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Messages of the step queue that were handled.
    Steps,
    /// Messages that were handed back to the step queue, to come again.
    Returned,
    /// Commits that were refused because another was written first.
    Conflicts,
    /// Requests to AWS that were made again after a temporary failure.
    Retries,
    /// Dead letters that the supervisor recorded.
    DeadLetters,
    /// Executions that schedules started.
    Scheduled,
    /// Executions that the supervisor looked after.
    LookedAfter,
    /// Warnings that executions recorded while they ran.
    Warnings,
    /// Slices of jobs over many executions that the supervisor did.
    Slices,
    /// Questions that people answered.
    Answered,
    /// Seconds until these were answered, summed up.
    AnswerSeconds,
    /// Questions that their deadline ended.
    TimedOut,
    /// Questions that were withdrawn.
    Withdrawn,
    /// Messages about questions that a channel took.
    MessagesSent,
    /// Tries to send such messages that failed, or were refused.
    MessagesFailed,
}

/// Every counter with the name of its metric, in the order of the variants.
const ALL: [(Counter, &str); 15] = [
    (Counter::Steps, "steps"),
    (Counter::Returned, "returned"),
    (Counter::Conflicts, "conflicts"),
    (Counter::Retries, "retries"),
    (Counter::DeadLetters, "dead_letters"),
    (Counter::Scheduled, "scheduled"),
    (Counter::LookedAfter, "looked_after"),
    (Counter::Warnings, "warnings"),
    (Counter::Slices, "slices"),
    (Counter::Answered, "answered"),
    (Counter::AnswerSeconds, "answer_seconds"),
    (Counter::TimedOut, "timed_out"),
    (Counter::Withdrawn, "withdrawn"),
    (Counter::MessagesSent, "messages_sent"),
    (Counter::MessagesFailed, "messages_failed"),
];

/// The values of the counters since the process began, in the order of [`ALL`].
static COUNTED: [AtomicU64; ALL.len()] = [const { AtomicU64::new(0) }; ALL.len()];

/// Adds `more` to a counter.
pub fn counted(counter: Counter, more: u64) {
    COUNTED[counter as usize].fetch_add(more, Relaxed);
}

/// The values of all counters at one moment.
pub(super) struct Snapshot([u64; ALL.len()]);

impl Snapshot {
    pub(super) fn take() -> Self {
        Self(std::array::from_fn(|at| COUNTED[at].load(Relaxed)))
    }

    /// What was added to each counter since the snapshot.
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
        assert_eq!(Counter::MessagesFailed as usize + 1, ALL.len(), "the last variant is the last row");
    }
}
