//! What hot requests read, kept in memory for some seconds: a row that is read with each request would be bounded by what
//! DynamoDB gives one key. What is not there is never kept, so that what was made just now counts at once.

use document::time::Time;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by key, each for so many seconds.
pub(super) struct Briefly<T> {
    kept: Mutex<HashMap<String, (Time, T)>>,
    seconds: f64,
    most: usize,
}

impl<T: Clone> Briefly<T> {
    /// Keeps up to `most` values.
    pub fn new(seconds: f64, most: usize) -> Self {
        Self { kept: Mutex::default(), seconds, most }
    }

    /// The value of a key, where it was read so short a time ago.
    pub fn get(&self, key: &str, now: Time) -> Option<T> {
        let kept = self.all();
        let (read_at, value) = kept.get(key)?;
        // A clock that was set back makes nothing last longer.
        let fresh = *read_at <= now && now < read_at.after_seconds(self.seconds);
        fresh.then(|| value.clone())
    }

    /// Keeps a value that was read at a time: before the call, so that what changes meanwhile lasts no longer.
    pub fn put(&self, key: &str, value: T, read_at: Time) {
        let mut kept = self.all();
        // Forgetting everything bounds the memory; what is needed is read again.
        if kept.len() >= self.most && !kept.contains_key(key) {
            kept.clear();
        }
        kept.insert(key.to_owned(), (read_at, value));
    }

    /// Drops the value of a key, which this process changes.
    pub fn forget(&self, key: &str) {
        self.all().remove(key);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (Time, T)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_for_its_seconds_and_others_make_room() {
        let known = Briefly::new(5.0, 2);
        let at = |seconds: i64| Time(seconds * 1_000);
        known.put("a", 1, at(10));
        let seen = |key: &str, seconds: i64| known.get(key, at(seconds));
        assert_eq!([seen("a", 10), seen("a", 14), seen("a", 15), seen("a", 9)], [Some(1), Some(1), None, None]);
        known.put("a", 2, at(11));
        known.forget("a");
        assert_eq!(seen("a", 11), None);
        for (value, key) in (1..).zip(["a", "b", "c"]) {
            known.put(key, value, at(20));
        }
        assert_eq!([seen("a", 20), seen("b", 20), seen("c", 20)], [None, None, Some(3)]);
    }
}
