//! The leases that this process holds. While it has one, no other process starts an execution of the workflow.

use crate::limits;
use document::time::Time;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

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
