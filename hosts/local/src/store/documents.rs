//! Documents: a row for each hash, whoever uses it, and parsed workflows in memory.

use super::limits;
use document::Workflow;
use rusqlite::Connection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Parsed workflows in memory, by the hash of their document.
#[derive(Default)]
pub struct Workflows(Mutex<HashMap<String, Arc<Workflow>>>);

impl Workflows {
    pub(super) fn get(&self, hash: &str) -> Option<Arc<Workflow>> {
        self.lock().get(hash).cloned()
    }

    pub(super) fn put(&self, workflow: &Arc<Workflow>) {
        let mut all = self.lock();
        if all.len() >= limits::WORKFLOWS && !all.contains_key(&workflow.hash) {
            // Which one goes does not matter: it is parsed again when it is needed.
            let some = all.keys().next().cloned();
            some.and_then(|hash| all.remove(&hash));
        }
        all.insert(workflow.hash.clone(), workflow.clone());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Workflow>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a document unless the table has it.
pub(super) fn keep(db: &Connection, workflow: &Workflow) -> rusqlite::Result<()> {
    if !db.prepare_cached("SELECT 1 FROM documents WHERE hash = ?1")?.exists([&workflow.hash])? {
        db.prepare_cached("INSERT INTO documents(hash, body) VALUES (?1, ?2)")?
            .execute([&workflow.hash, &workflow.document.to_string()])?;
    }
    Ok(())
}
