//! The leases that this process holds. While it has one, no other process starts an execution of the workflow.

use crate::limits;
use document::time::Time;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// The leases under which this process starts executions, by guard: a ticket, and when it ends.
#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<String, (String, Time)>>);

impl Leases {
    pub(super) fn put(&self, guard: String, ticket: String, until: Time, now: Time) {
        let mut all = self.all();
        // Whoever did not come back for so long does not commit any more.
        all.retain(|_, (_, until)| until.after_seconds(limits::FENCE_SECONDS as f64) > now);
        all.insert(guard, (ticket, until));
    }

    pub(super) fn until(&self, guard: &str) -> Option<Time> {
        self.all().get(guard).map(|(_, until)| *until)
    }

    /// The ticket of the lease that this process has of a guard.
    pub(super) fn ticket(&self, guard: &str) -> Option<String> {
        self.all().get(guard).map(|(ticket, _)| ticket.clone())
    }

    pub(super) fn drop(&self, guard: &str, ticket: &str) {
        let mut all = self.all();
        if all.get(guard).is_some_and(|(by, _)| by == ticket) {
            all.remove(guard);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (String, Time)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose ticket a lease has that this process waits for, and since when it has seen that one.
pub(super) struct Seen {
    by: String,
    since: Instant,
}

impl Default for Seen {
    fn default() -> Self {
        Self { by: String::new(), since: Instant::now() }
    }
}

impl Seen {
    /// The ticket of a lease that was there for longer than a lease lasts, whatever the clock of its holder says; empty
    /// where there is none.
    pub(super) fn stale(&self) -> &str {
        let long = self.since.elapsed().as_secs_f64() > limits::LEASE_SECONDS;
        if long { &self.by } else { "" }
    }

    pub(super) fn note(&mut self, by: Option<&str>) {
        let by = by.unwrap_or_default();
        if by != self.by {
            *self = Self { by: by.to_owned(), since: Instant::now() };
        }
    }
}
