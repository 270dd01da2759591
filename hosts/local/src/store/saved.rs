//! The latest versions of saved workflows in memory: every start asks for one, and reading its document is slow.

use super::limits;
use engine::port::SavedWorkflow;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The latest versions by owner and id. Only this process writes to the database, so they stay true until it saves or
/// deletes a workflow itself.
#[derive(Default)]
pub struct Saved(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    latest: HashMap<(String, String), SavedWorkflow>,
    /// Number of workflows saved or deleted so far.
    changes: u64,
}

impl Saved {
    /// Returns the latest version where it is in memory. The error is the number of changes so far, for [`Saved::put`].
    pub fn get(&self, owner: &str, id: &str) -> Result<SavedWorkflow, u64> {
        let inner = self.lock();
        inner.latest.get(&(owner.to_owned(), id.to_owned())).cloned().ok_or(inner.changes)
    }

    /// Keeps a version that was read from the database, unless a workflow was saved or deleted since the number of
    /// changes was `changes`: the version may be older than that.
    pub fn put(&self, owner: &str, saved: &SavedWorkflow, changes: u64) {
        let mut inner = self.lock();
        if inner.changes != changes {
            return;
        }
        if inner.latest.len() >= limits::WORKFLOWS {
            // Which one goes does not matter: it is read again when it is needed.
            let some = inner.latest.keys().next().cloned();
            some.and_then(|key| inner.latest.remove(&key));
        }
        inner.latest.insert((owner.to_owned(), saved.id.to_string()), saved.clone());
    }

    /// Forgets a workflow that was saved or deleted, once that is durable.
    pub fn changed(&self, owner: &str, id: &str) {
        let mut inner = self.lock();
        inner.changes += 1;
        inner.latest.remove(&(owner.to_owned(), id.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::time::Time;

    fn version(version: u64) -> SavedWorkflow {
        let document = std::sync::Arc::default();
        SavedWorkflow { id: "w".into(), version, hash: "h".into(), document, saved_at: Time(0), deleted: false }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let saved = Saved::default();
        assert_eq!(saved.get("o", "w").map(|found| found.version), Err(0));
        saved.changed("o", "w");
        saved.put("o", &version(1), 0);
        assert_eq!(saved.get("o", "w").map(|found| found.version), Err(1));
        saved.put("o", &version(2), 1);
        assert_eq!(saved.get("o", "w").map(|found| found.version), Ok(2));
        assert_eq!(saved.get("other", "w").map(|found| found.version), Err(1));
        saved.changed("o", "w");
        assert_eq!(saved.get("o", "w").map(|found| found.version), Err(2));
    }
}
