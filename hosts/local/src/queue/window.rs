//! The soonest of what is due later. All entries up to the horizon are here; the rest waits in the database.

use std::collections::BTreeMap;

/// A new horizon and the entries up to it: when they are due, their number, and what they are.
pub type PageOf<T> = Option<(i64, Vec<(i64, u64, T)>)>;

/// Entries by due time, in milliseconds, and a number that tells equal times apart.
pub struct Window<T> {
    entries: BTreeMap<(i64, u64), T>,
    horizon: i64,
    paging: bool,
    bound: usize,
}

impl<T> Window<T> {
    /// Knows nothing yet: asks for a page at once.
    pub fn new(bound: usize) -> Self {
        Self { entries: BTreeMap::new(), horizon: i64::MIN, paging: false, bound }
    }

    /// A new entry. Beyond the horizon it is left to a later page.
    pub fn offer(&mut self, at: i64, number: u64, entry: T) {
        if at <= self.horizon {
            self.entries.insert((at, number), entry);
            if self.entries.len() > self.bound * 4 {
                self.shrink();
            }
        }
    }

    /// Everything due.
    pub fn due(&mut self, now: i64) -> Vec<T> {
        let later = self.entries.split_off(&(now.saturating_add(1), 0));
        std::mem::replace(&mut self.entries, later).into_values().collect()
    }

    /// When to look again; none where nothing is to come.
    pub fn next(&self) -> Option<i64> {
        match self.entries.first_key_value() {
            Some(((at, _), _)) => Some(*at),
            None if self.horizon < i64::MAX && !self.paging => Some(i64::MIN),
            None => None,
        }
    }

    /// The horizon after which a page must be read now; the caller reads it. None while there is no need.
    pub fn wants(&mut self) -> Option<i64> {
        let wants = self.entries.is_empty() && self.horizon < i64::MAX && !self.paging;
        self.paging |= wants;
        wants.then_some(self.horizon)
    }

    /// A page: all entries after the old horizon up to the new one. None: it could not be read.
    pub fn extend(&mut self, page: PageOf<T>) {
        self.paging = false;
        if let Some((horizon, entries)) = page {
            self.horizon = horizon;
            self.entries.extend(entries.into_iter().map(|(at, number, entry)| ((at, number), entry)));
        }
    }

    /// Lets go of what is due last; equal times stay together.
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
