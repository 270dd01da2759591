//! What an execution needs of the host that moves it, as the operator said when it was run: kept with it, so that every
//! later host of the folder gives it the same.

use super::{Database, moves::ancestry, writer::Failure};
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::sync::atomic::Ordering::Relaxed;
use stepwell_core::id::ExecutionId;

/// Keeps what `http_request` nodes of an execution may reach although it is not public, as the text of an allow list.
/// The execution need not be there yet.
pub fn keep(db: &Connection, id: &ExecutionId, http_allow: &str) -> Result<(), Failure> {
    db.prepare_cached("INSERT OR REPLACE INTO needs(execution_id, http_allow) VALUES (?1, ?2)")?
        .execute([id.as_str(), http_allow])?;
    Ok(())
}

/// Whether anything is kept of any execution, so that hosts of which nothing special was asked look nothing up.
pub fn any(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM needs)", [], |row| row.get(0))
}

/// The allow list of an execution: its own, or that of the nearest above it. None where neither has one.
fn http_allow(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<String>> {
    let mut own = db.prepare_cached("SELECT http_allow FROM needs WHERE execution_id = ?1")?;
    for one in ancestry(db, id)? {
        if let Some(found) = own.query_row([one.as_str()], |row| row.get(0)).optional()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

impl Database {
    /// What `http_request` nodes of an execution may reach although it is not public, beside what the host lets all
    /// reach: as the text of an allow list. None where nothing was said.
    pub async fn http_allow(&self, id: &ExecutionId) -> Result<Option<String>, StoreError> {
        if !self.has_needs.load(Relaxed) {
            return Ok(None);
        }
        let id = id.clone();
        self.readers.read(move |db| http_allow(db, &id)).await
    }
}
