//! What keeps a cache from taking in what is no longer so: a load reads from the store while commits change it, and what
//! was read may be old by the time it would enter the cache.

use std::{collections::HashMap, hash::Hash};

/// The loads into a cache that are under way, by key. The cache holds it under the lock of its entries: a load begins
/// before it reads, every change is told under the lock under which it becomes visible, and what was read enters the
/// cache only where [`Loads::end`] allows it. Whatever the cache drops meanwhile for want of room, nothing older than
/// the last change enters it.
pub struct Loads<K> {
    open: HashMap<K, Open>,
}

struct Open {
    /// Number of loads under way.
    loads: usize,
    /// Number of changes since the first of them began.
    changes: u64,
}

impl<K> Default for Loads<K> {
    fn default() -> Self {
        Self { open: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Loads<K> {
    /// Begins a load, before it reads. Returns its ticket, which [`Self::end`] takes back, whatever came of the load.
    pub fn begin(&mut self, key: &K) -> u64 {
        let open = self.open.entry(key.clone()).or_insert(Open { loads: 0, changes: 0 });
        open.loads += 1;
        open.changes
    }

    /// Notes that something newer than what a load may have read was committed or removed.
    pub fn changed(&mut self, key: &K) {
        if let Some(open) = self.open.get_mut(key) {
            open.changes += 1;
        }
    }

    /// Ends a load. True where nothing has changed since it began, so that what it read is the newest.
    pub fn end(&mut self, key: &K, ticket: u64) -> bool {
        let Some(open) = self.open.get_mut(key) else { return false };
        let unchanged = open.changes == ticket;
        open.loads -= 1;
        if open.loads == 0 {
            self.open.remove(key);
        }
        unchanged
    }

    /// Whether no load is under way.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_counts_unless_something_changed_since_it_began() {
        let mut loads = Loads::default();
        let (first, other) = (loads.begin(&"a"), loads.begin(&"b"));
        loads.changed(&"a");
        let second = loads.begin(&"a");
        assert!(!loads.end(&"a", first), "the change came after it began");
        assert!(loads.end(&"a", second) && loads.end(&"b", other));
        loads.changed(&"a");
        let third = loads.begin(&"a");
        assert!(loads.end(&"a", third) && loads.is_idle(), "nothing is left behind");
    }
}
