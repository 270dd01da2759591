//! Deletes an ended execution with all its data, and the values and documents that nothing else uses.

use super::{
    hub::Hub,
    writer::{Failure, Job, Known},
};
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;

/// Selects an execution and all its descendants.
const FAMILY: &str = "
WITH RECURSIVE family(run) AS (
  SELECT run FROM executions WHERE id = ?1
  UNION SELECT executions.run FROM executions JOIN family ON executions.parent = family.run)
SELECT executions.run, executions.id FROM family JOIN executions USING (run)";

/// The tables whose column `run` names an execution.
const TABLES: [&str; 8] =
    ["document_uses", "turns", "snapshots", "interactions", "logs", "blob_uses", "timers", "executions"];

/// The job that removes an ended execution. It tells the cache on the writer's thread, between the commits before and
/// after it, and whether or not its caller still waits.
pub struct Removal {
    pub id: ExecutionId,
    /// The executions that are gone, descendants included.
    pub gone: Vec<ExecutionId>,
    pub hub: Arc<Hub>,
    pub reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Job for Removal {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        self.gone = family(db, &self.id)?;
        known.forget();
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if outcome.is_ok() {
            for id in &self.gone {
                self.hub.cache.remove(id);
                // A watcher wakes, looks again, and finds no execution.
                self.hub.watch.wake(id);
            }
        }
        let _ = self.reply.send(outcome);
    }
}

/// Removes an ended execution and its descendants within the writer's transaction. Returns the ids of the executions that are gone.
fn family(db: &Connection, id: &ExecutionId) -> Result<Vec<ExecutionId>, Failure> {
    let ended: Option<bool> = db
        .prepare_cached("SELECT completed_at IS NOT NULL FROM executions WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    match ended {
        None => return Ok(Vec::new()),
        Some(false) => return Err(Failure::Refused(StoreError::Conflict)),
        Some(true) => {}
    }
    whatever(db, id)
}

/// Removes an execution and its descendants, whatever they are doing. Returns the ids of the executions that are gone.
pub fn whatever(db: &Connection, id: &ExecutionId) -> Result<Vec<ExecutionId>, Failure> {
    let family: Vec<(i64, String)> = db
        .prepare_cached(FAMILY)?
        .query_map([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (run, id) in &family {
        // What the execution uses is read before its rows go; afterwards the values that nobody uses any more can go
        // too.
        let used: Vec<String> = db
            .prepare_cached("SELECT sha256 FROM blob_uses WHERE run = ?1")?
            .query_map([run], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let documents: Vec<String> = db
            .prepare_cached("SELECT hash FROM document_uses WHERE run = ?1")?
            .query_map([run], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for table in TABLES {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE run = ?1"))?.execute([run])?;
        }
        for sha256 in used {
            db.prepare_cached(
                "DELETE FROM blobs WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM blob_uses WHERE sha256 = ?1)",
            )?
            .execute([sha256])?;
        }
        for hash in documents {
            db.prepare_cached(
                "DELETE FROM documents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM document_uses WHERE hash = ?1)
                 AND NOT EXISTS (SELECT 1 FROM workflows WHERE hash = ?1)",
            )?
            .execute([hash])?;
        }
        db.prepare_cached("DELETE FROM dead_letters WHERE execution_id = ?1")?.execute([id])?;
    }
    Ok(family.into_iter().map(|(_, id)| id.into()).collect())
}
