//! The attempts that run, and what ends them once nothing waits for their outcome any more. A commit pays one atomic
//! read for it while none runs.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use stepwell_core::{
    execution::Execution,
    id::{Activation, ExecutionId},
};
use tokio::sync::Notify;

/// The attempts that run, by execution.
#[derive(Default)]
pub struct Attempts {
    /// Number of running attempts over all executions.
    running: AtomicUsize,
    by_id: Mutex<HashMap<ExecutionId, Vec<Arc<Attempt>>>>,
}

/// One running attempt.
struct Attempt {
    activation: Activation,
    number: u32,
    /// Notified once nothing waits for the outcome; the notice stays until it is taken.
    over: Notify,
}

impl Attempts {
    /// Resolves once nothing waits for the outcome of an attempt. `wanted` is asked once the attempt is registered, so
    /// that no commit slips by in between; where it is false, the attempt is over at once.
    pub async fn unwanted(
        &self,
        id: &ExecutionId,
        activation: &Activation,
        number: u32,
        wanted: impl Future<Output = bool>,
    ) {
        let place = Place::take(self, id, activation, number);
        if wanted.await {
            place.attempt.over.notified().await;
        }
    }

    /// Ends the attempts that a commit has made superfluous. `state` is what it committed.
    pub fn committed(&self, state: &Execution) {
        self.end(state.id(), |attempt| !state.awaits(&attempt.activation, attempt.number));
    }

    /// Ends all attempts of an execution that was removed.
    pub fn removed(&self, id: &ExecutionId) {
        self.end(id, |_| true);
    }

    fn end(&self, id: &ExecutionId, is_over: impl Fn(&Attempt) -> bool) {
        if self.running.load(SeqCst) == 0 {
            return;
        }
        for attempt in self.lock().get(id).into_iter().flatten().filter(|attempt| is_over(attempt)) {
            attempt.over.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExecutionId, Vec<Arc<Attempt>>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of an attempt in the registry, which it leaves however it ends.
struct Place<'a> {
    attempts: &'a Attempts,
    id: ExecutionId,
    attempt: Arc<Attempt>,
}

impl<'a> Place<'a> {
    fn take(attempts: &'a Attempts, id: &ExecutionId, activation: &Activation, number: u32) -> Self {
        let attempt = Arc::new(Attempt { activation: activation.clone(), number, over: Notify::new() });
        attempts.running.fetch_add(1, SeqCst);
        attempts.lock().entry(id.clone()).or_default().push(attempt.clone());
        Self { attempts, id: id.clone(), attempt }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut by_id = self.attempts.lock();
        if let Some(all) = by_id.get_mut(&self.id) {
            all.retain(|one| !Arc::ptr_eq(one, &self.attempt));
            if all.is_empty() {
                by_id.remove(&self.id);
            }
        }
        self.attempts.running.fetch_sub(1, SeqCst);
    }
}
