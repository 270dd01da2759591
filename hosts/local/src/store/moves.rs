//! Which executions this process moves: all of its folder, or some with everything below them. The messages and timers
//! of all others stay rows of the database, for a process that moves those.

use rusqlite::Connection;
use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};
use stepwell_core::id::ExecutionId;

/// The executions that are moved. Its clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct Moves(Arc<RwLock<Option<HashSet<ExecutionId>>>>);

impl Moves {
    /// Moves nothing from now on but what is added.
    pub fn only_added(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Moves an execution too, with all below it. Changes nothing where all are moved.
    pub fn add(&self, id: &ExecutionId) {
        if let Some(roots) = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            roots.insert(id.clone());
        }
    }

    /// Whether every execution is moved.
    pub fn all(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Whether an execution is moved: it or one above it was added. One that does not exist has none above it.
    pub fn takes(&self, db: &Connection, id: &ExecutionId) -> rusqlite::Result<bool> {
        let roots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(roots) = &*roots else { return Ok(true) };
        Ok(roots.contains(id) || ancestry(db, id)?.iter().any(|one| roots.contains(one)))
    }
}

/// An execution and those above it, the nearest first; empty where it does not exist.
pub fn ancestry(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Vec<ExecutionId>> {
    db.prepare_cached(
        "WITH RECURSIVE line(id, parent, height) AS (
           SELECT id, parent, 0 FROM executions WHERE id = ?1
           UNION ALL SELECT above.id, above.parent, height + 1 FROM executions above JOIN line ON above.run = line.parent)
         SELECT id FROM line ORDER BY height",
    )?
    .query_map([id.as_str()], |row| row.get::<_, String>(0))?
    .map(|id| id.map(Into::into))
    .collect()
}

/// The keys of an execution and of all below it.
pub const FAMILY: &str = "WITH RECURSIVE family(run, id) AS (
    SELECT run, id FROM executions WHERE id = ?1
    UNION ALL SELECT below.run, below.id FROM executions below JOIN family ON below.parent = family.run)";
