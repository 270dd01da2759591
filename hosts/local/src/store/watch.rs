//! Who waits for a change of an execution. Costs one atomic read per commit when nobody does.

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

/// Waiters by execution.
#[derive(Default)]
pub struct Watch {
    waiting: AtomicUsize,
    by_id: Mutex<HashMap<ExecutionId, Arc<Notify>>>,
}

impl Watch {
    /// Waits until `is_newer` (asked once the waiter is registered, so that no change slips by), a wake, or a while.
    pub async fn wait(&self, id: &ExecutionId, is_newer: impl Future<Output = bool>) {
        let seat = Seat::take(self, id);
        let woken = seat.notify.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        if !is_newer.await {
            let _ = tokio::time::timeout(limits::WATCH, woken).await;
        }
    }

    /// An execution changed.
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

/// One waiter; the last to leave an execution takes its entry along.
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
        if Arc::strong_count(&self.notify) <= 2 {
            by_id.remove(&self.id);
        }
        self.watch.waiting.fetch_sub(1, SeqCst);
    }
}
