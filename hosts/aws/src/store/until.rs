//! Until when this process knows each document to be kept, so that a start asks for more only where that is not enough.

use crate::limits;
use document::time::Time;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Until when this process knows each document to be kept, by hash.
#[derive(Default)]
pub(super) struct Needed(Mutex<HashMap<String, Time>>);

impl Needed {
    pub(super) fn until(&self, hash: &str) -> Option<Time> {
        self.all().get(hash).copied()
    }

    pub(super) fn put(&self, hash: &str, until: Time) {
        let mut all = self.all();
        if all.len() >= limits::WORKFLOWS {
            all.clear();
        }
        all.insert(hash.to_owned(), until);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Time>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
