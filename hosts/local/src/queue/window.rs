//! The entries, messages or timers, that are due soonest. All that are due up to a time, the horizon, are in memory;
//! later ones wait in the database and come by pages.

use crate::store::messages::PageOf;
use std::collections::BTreeMap;

/// Entries by due time, in milliseconds since 1970, and by a number that tells equal times apart.
pub struct Window<T> {
    entries: BTreeMap<(i64, u64), T>,
    /// All entries that are due up to this time are in `entries`.
    horizon: i64,
    /// Whether a page is being read.
    paging: bool,
    /// Entries that stay when the window holds four times as many.
    bound: usize,
}

impl<T> Window<T> {
    /// An empty window that knows nothing yet, so that it wants a page at once.
    pub fn new(bound: usize) -> Self {
        Self { entries: BTreeMap::new(), horizon: i64::MIN, paging: false, bound }
    }

    /// Takes a new entry whose row is durable. One beyond the horizon is left to a later page.
    pub fn offer(&mut self, at: i64, number: u64, entry: T) {
        if at <= self.horizon {
            self.entries.insert((at, number), entry);
            if self.entries.len() > self.bound * 4 {
                self.shrink();
            }
        }
    }

    /// Takes out all entries that are due at `now`.
    pub fn due(&mut self, now: i64) -> Vec<T> {
        let later = self.entries.split_off(&(now.saturating_add(1), 0));
        std::mem::replace(&mut self.entries, later).into_values().collect()
    }

    /// When to look again: at the next entry's time, or at once where a page is wanted. None where nothing is to come.
    pub fn next(&self) -> Option<i64> {
        match self.entries.first_key_value() {
            Some(((at, _), _)) => Some(*at),
            None if self.horizon < i64::MAX && !self.paging => Some(i64::MIN),
            None => None,
        }
    }

    /// Where a page is needed, the horizon after which the caller must read it and give it to [`Self::extend`]. None
    /// while there is no need or a page is being read.
    pub fn wants(&mut self) -> Option<i64> {
        let wants = self.entries.is_empty() && self.horizon < i64::MAX && !self.paging;
        self.paging |= wants;
        wants.then_some(self.horizon)
    }

    /// Takes a page: all entries after the old horizon, up to the new one. None where it could not be read, so that it
    /// is wanted again.
    pub fn extend(&mut self, page: PageOf<T>) {
        self.paging = false;
        if let Some((horizon, entries)) = page {
            self.horizon = horizon;
            self.entries.extend(entries.into_iter().map(|(at, number, entry)| ((at, number), entry)));
        }
    }

    /// Lets go of the entries that are due last, and lowers the horizon to the last one that stays. Entries of equal
    /// times stay together, since a page begins after the horizon.
    fn shrink(&mut self) {
        if let Some(((last, _), _)) = self.entries.iter().nth(self.bound) {
            let last = *last;
            let beyond = self.entries.split_off(&(last.saturating_add(1), 0));
            if !beyond.is_empty() {
                self.horizon = last;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_it_lets_go_comes_back_by_a_page() {
        let mut window = Window::new(2);
        assert_eq!(window.next(), Some(i64::MIN));
        assert_eq!(window.wants(), Some(i64::MIN));
        assert_eq!(window.wants(), None, "one page at a time");
        window.extend(Some((i64::MAX, vec![])));
        assert_eq!(window.next(), None);
        for at in 0..9 {
            window.offer(at, 0, at);
        }
        assert_eq!(window.due(100), [0, 1, 2], "two and the one at the horizon");
        assert_eq!(window.wants(), Some(2));
        window.offer(5, 1, 50);
        window.extend(Some((6, vec![(3, 0, 3), (6, 0, 6)])));
        window.offer(5, 2, 51);
        assert_eq!(window.next(), Some(3));
        assert_eq!(window.due(5), [3, 51]);
    }
}
