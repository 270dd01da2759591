//! The counters behind an invocation's metrics. A process handles one invocation at a time, so whatever is added during
//! an invocation is its own.

use super::emf::{Figure, Spread, Unit};
use crate::limits::SPREAD;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

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
    /// Ticks of a minute that the supervisor has done.
    Ticks,
    /// Executions that the supervisor looked after.
    LookedAfter,
    /// Executions that were removed because their retention was over.
    Removed,
    /// Warnings that executions recorded while they ran.
    Warnings,
    /// Slices of jobs over many executions that the supervisor did.
    Slices,
    /// Questions that were put to people.
    Asked,
    /// Questions that people answered.
    Answered,
    /// Questions that their deadline ended.
    TimedOut,
    /// Questions that were withdrawn.
    Withdrawn,
    /// Messages about questions that a channel took.
    MessagesSent,
    /// Tries to send such messages that failed, or were refused.
    MessagesFailed,
    /// Messages that came back after a channel had taken them.
    MessagesBounced,
    /// Executions without a parent that began.
    Started,
    /// Those that ended well, skipped ones too.
    Completed,
    /// Those that failed.
    Failed,
    /// Those that were cancelled.
    Cancelled,
}

/// Every counter with the name of its metric, in the order of the variants.
const ALL: [(Counter, &str); 22] = [
    (Counter::Steps, "steps"),
    (Counter::Returned, "returned"),
    (Counter::Conflicts, "conflicts"),
    (Counter::Retries, "retries"),
    (Counter::DeadLetters, "dead_letters"),
    (Counter::Scheduled, "scheduled"),
    (Counter::Ticks, "ticks"),
    (Counter::LookedAfter, "looked_after"),
    (Counter::Removed, "removed"),
    (Counter::Warnings, "warnings"),
    (Counter::Slices, "slices"),
    (Counter::Asked, "asked"),
    (Counter::Answered, "answered"),
    (Counter::TimedOut, "timed_out"),
    (Counter::Withdrawn, "withdrawn"),
    (Counter::MessagesSent, "messages_sent"),
    (Counter::MessagesFailed, "messages_failed"),
    (Counter::MessagesBounced, "messages_bounced"),
    (Counter::Started, "started"),
    (Counter::Completed, "completed"),
    (Counter::Failed, "failed"),
    (Counter::Cancelled, "cancelled"),
];

/// The values of the counters since the process began, in the order of [`ALL`].
static COUNTED: [AtomicU64; ALL.len()] = [const { AtomicU64::new(0) }; ALL.len()];

/// Adds `more` to a counter.
pub fn counted(counter: Counter, more: u64) {
    COUNTED[counter as usize].fetch_add(more, Relaxed);
}

/// The seconds until each question was answered that people have answered in this invocation.
static ANSWER_SECONDS: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// Notes how long people took to answer a question. Beyond as many as a line holds the others are counted alone.
pub fn answered_after(seconds: f64) {
    counted(Counter::Answered, 1);
    let mut all = ANSWER_SECONDS.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() < SPREAD {
        all.push(seconds);
    }
}

/// How long people took in this invocation, each time by itself, so that CloudWatch knows how the times are spread.
pub(super) fn answer_seconds() -> Spread {
    let values = std::mem::take(&mut *ANSWER_SECONDS.lock().unwrap_or_else(PoisonError::into_inner));
    Spread { name: "answer_seconds", unit: Unit::Seconds, values }
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
    fn times_to_answer_are_kept_one_by_one_up_to_what_a_line_holds() {
        answer_seconds();
        for seconds in 0..SPREAD + 5 {
            answered_after(seconds as f64);
        }
        let Spread { values, .. } = answer_seconds();
        assert_eq!((values.len(), values[1]), (SPREAD, 1.0));
        assert!(answer_seconds().values.is_empty(), "they are told once");
    }

    #[test]
    fn every_counter_has_its_place_in_the_table() {
        for (at, (counter, _)) in ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, at, "{counter:?}");
        }
        assert_eq!(Counter::Cancelled as usize + 1, ALL.len(), "the last variant is the last row");
    }
}
