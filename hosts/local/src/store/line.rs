//! The requests that wait for the writer: what callers wait for, then the work of executions without a parent, then that
//! of children, and owners in turn within each.

use engine::fair::{Line as Ordered, Place, Ranks, Wheel};
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// What waits, and the one thread that waits for it. The line has no bound of its own: whoever puts something in waits
/// for its outcome or holds a message of the queue, and both are bounded.
pub struct Line<T> {
    waiting: Mutex<Waiting<T>>,
    filled: Condvar,
}

struct Waiting<T> {
    entries: Ranks<Wheel<VecDeque<T>>>,
    /// Whether the thread sleeps until something is put in.
    asleep: bool,
    closed: bool,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        let waiting = Waiting { entries: Ranks::default(), asleep: false, closed: false };
        Self { waiting: Mutex::new(waiting), filled: Condvar::new() }
    }
}

impl<T> Line<T> {
    /// Puts an entry in its place. False once the line is closed.
    pub fn put(&self, place: &Place, entry: T) -> bool {
        let mut waiting = self.lock();
        if waiting.closed {
            return false;
        }
        waiting.entries.line(place.rank).put(&place.owner, |line| line.push_back(entry));
        self.wake(waiting);
        true
    }

    /// Takes nothing in any more. What waits is handed out still.
    pub fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        self.wake(waiting);
    }

    /// Waits for the next entry; none once the line is closed and empty.
    pub fn wait(&self) -> Option<T> {
        let mut waiting = self.lock();
        loop {
            if let Some(entry) = waiting.entries.take() {
                return Some(entry);
            }
            if waiting.closed {
                return None;
            }
            waiting.asleep = true;
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next entry, if any waits.
    pub fn next(&self) -> Option<T> {
        self.lock().entries.take()
    }

    /// Takes nothing in any more, and lets go of what waits: nobody is there who would take it.
    pub fn abandon(&self) {
        self.close();
        while self.next().is_some() {}
    }

    /// Wakes the thread where it sleeps: to wake one that does not costs a call of the system.
    fn wake(&self, mut waiting: MutexGuard<'_, Waiting<T>>) {
        let asleep = std::mem::take(&mut waiting.asleep);
        drop(waiting);
        if asleep {
            self.filled.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
