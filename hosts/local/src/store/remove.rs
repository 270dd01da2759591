//! Deletes an ended execution with all its data and its descendants, and the values and documents that nothing else
//! uses. A large family takes several transactions, between which others are written.

use super::{
    documents,
    hub::Hub,
    limits,
    writer::{Failure, Job, Known},
};
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;

/// The tables whose column `run` names an execution.
const TABLES: [&str; 8] =
    ["document_uses", "turns", "snapshots", "interactions", "logs", "blob_uses", "timers", "executions"];

/// The job that removes a slice of an ended execution's family. It tells the cache on the writer's thread, between the
/// commits before and after it, and whether or not its caller still waits.
pub struct Removal {
    pub id: ExecutionId,
    pub slice: Slice,
    pub hub: Arc<Hub>,
    /// Gets whether nothing is left to be removed.
    pub reply: oneshot::Sender<Result<bool, StoreError>>,
}

impl Job for Removal {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        self.slice = slice(db, &self.id)?;
        known.forget();
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if outcome.is_ok() {
            for id in &self.slice.gone {
                self.hub.cache.remove(id);
                // A watcher wakes, looks again, and finds no execution.
                self.hub.watch.wake(id);
                self.hub.attempts.removed(id);
            }
        }
        let _ = self.reply.send(outcome.map(|()| self.slice.over));
    }
}

/// What one transaction removed.
#[derive(Default)]
pub struct Slice {
    /// The ids of the executions that are gone.
    pub gone: Vec<ExecutionId>,
    /// Whether nothing is left to be removed.
    pub over: bool,
}

/// Removes some of an ended execution's descendants within the writer's transaction, those first below which nothing
/// is, and the execution itself last: so whatever is left can be found from it. From the first transaction on retention
/// may remove it, so that a removal that breaks off is gone on with.
pub fn slice(db: &Connection, id: &ExecutionId) -> Result<Slice, Failure> {
    let ended: Option<(i64, bool)> = db
        .prepare_cached("SELECT run, completed_at IS NOT NULL FROM executions WHERE id = ?1")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let root = match ended {
        None => return Ok(Slice { gone: Vec::new(), over: true }),
        Some((_, false)) => return Err(Failure::Refused(StoreError::Conflict)),
        Some((root, true)) => root,
    };
    let mut family = Vec::new();
    let over = descend(db, root, limits::REMOVED, &mut family)?;
    if !over {
        db.prepare_cached("UPDATE executions SET expires_at = ?2 WHERE run = ?1")?.execute([root, BEGUN])?;
    }
    Ok(Slice { gone: remove(db, &family)?, over })
}

/// The time of expiry of an execution of whose family some is gone already.
const BEGUN: i64 = 0;

/// Whether some of an ended execution's family is gone already. It must not be reopened then: it would miss them.
pub fn has_begun(db: &Connection, run: i64) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT coalesce(expires_at = ?2, 0) FROM executions WHERE run = ?1")?
        .query_row([run, BEGUN], |row| row.get(0))
}

/// Removes an execution and its descendants, whatever they are doing. Returns the ids of the executions that are gone.
pub fn whatever(db: &Connection, id: &ExecutionId) -> Result<Vec<ExecutionId>, Failure> {
    let root: Option<i64> = db
        .prepare_cached("SELECT run FROM executions WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    let mut family = Vec::new();
    if let Some(root) = root {
        descend(db, root, usize::MAX, &mut family)?;
    }
    Ok(remove(db, &family)?)
}

/// Collects an execution and its descendants, each after those below it, until there are `most`. True where all are
/// collected.
fn descend(db: &Connection, run: i64, most: usize, found: &mut Vec<i64>) -> rusqlite::Result<bool> {
    let children: Vec<i64> = db
        .prepare_cached("SELECT run FROM executions WHERE parent = ?1 LIMIT ?2")?
        .query_map([run, i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for child in children {
        if !descend(db, child, most, found)? {
            return Ok(false);
        }
    }
    if found.len() >= most {
        return Ok(false);
    }
    found.push(run);
    Ok(true)
}

/// Removes executions with all that belongs to them alone. Returns their ids.
fn remove(db: &Connection, family: &[i64]) -> rusqlite::Result<Vec<ExecutionId>> {
    let mut gone = Vec::with_capacity(family.len());
    for run in family {
        let id: String =
            db.prepare_cached("SELECT id FROM executions WHERE run = ?1")?.query_row([run], |row| row.get(0))?;
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
            documents::drop_unused(db, &hash)?;
        }
        db.prepare_cached("DELETE FROM needs WHERE execution_id = ?1")?.execute([&id])?;
        db.prepare_cached("DELETE FROM dead_letters WHERE execution_id = ?1")?.execute([&id])?;
        gone.push(id.into());
    }
    Ok(gone)
}

#[cfg(test)]
mod tests;
