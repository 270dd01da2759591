//! Parsed workflows in memory.

use crate::limits;
use document::Workflow;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Parsed workflows by hash; those in it are in the table.
#[derive(Default)]
pub struct Workflows(Mutex<HashMap<String, Arc<Workflow>>>);

impl Workflows {
    pub(super) fn get(&self, hash: &str) -> Option<Arc<Workflow>> {
        self.lock().get(hash).cloned()
    }

    pub(super) fn put(&self, workflow: &Arc<Workflow>) {
        let mut all = self.lock();
        if all.len() >= limits::WORKFLOWS && !all.contains_key(&workflow.hash) {
            // Any one will do: it is parsed again when it is needed.
            let some = all.keys().next().cloned();
            some.and_then(|hash| all.remove(&hash));
        }
        all.insert(workflow.hash.clone(), workflow.clone());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Workflow>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
