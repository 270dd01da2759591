//! A line of entries that wait.

use std::collections::VecDeque;

/// Entries that wait, of which the line says who is next.
pub trait Line: Default {
    /// What waits.
    type Entry;
    /// Takes out the entry that is next; none where none waits.
    fn take(&mut self) -> Option<Self::Entry>;
    /// Whether none waits.
    fn is_empty(&self) -> bool;
}

/// First come, first served.
impl<T> Line for VecDeque<T> {
    type Entry = T;

    fn take(&mut self) -> Option<T> {
        self.pop_front()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}
