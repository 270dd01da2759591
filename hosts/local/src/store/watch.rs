//! Tasks that wait for a change of an execution. A commit pays one atomic read for it while none waits.

use super::limits;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use stepwell_core::id::ExecutionId;
use tokio::sync::Notify;

/// The tasks that wait, by execution.
#[derive(Default)]
pub struct Watch {
    /// Number of waiting tasks over all executions.
    waiting: AtomicUsize,
    by_id: Mutex<HashMap<ExecutionId, Arc<Notify>>>,
}

impl Watch {
    /// Waits for a change of an execution, at most for [`limits::WATCH`]. `is_newer` is asked once the task is
    /// registered, so that no change slips by in between; where it is true, the wait ends at once.
    pub async fn wait(&self, id: &ExecutionId, is_newer: impl Future<Output = bool>) {
        let seat = Seat::take(self, id);
        let woken = seat.notify.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        if !is_newer.await {
            let _ = tokio::time::timeout(limits::WATCH, woken).await;
        }
    }

    /// Wakes the tasks that wait for this execution.
    pub fn wake(&self, id: &ExecutionId) {
        if self.waiting.load(SeqCst) > 0
            && let Some(notify) = self.lock().get(id)
        {
            notify.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExecutionId, Arc<Notify>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One waiting task. The last one of an execution removes the map's entry when it leaves.
struct Seat<'a> {
    watch: &'a Watch,
    id: ExecutionId,
    notify: Arc<Notify>,
}

impl<'a> Seat<'a> {
    fn take(watch: &'a Watch, id: &ExecutionId) -> Self {
        watch.waiting.fetch_add(1, SeqCst);
        let notify = watch.lock().entry(id.clone()).or_default().clone();
        Self { watch, id: id.clone(), notify }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut by_id = self.watch.lock();
        // Two are left: the map's own and this one.
        if Arc::strong_count(&self.notify) <= 2 {
            by_id.remove(&self.id);
        }
        self.watch.waiting.fetch_sub(1, SeqCst);
    }
}
