//! What an execution needs of the host that moves it, as the operator said when it was run: kept with it, so that every
//! later host of the folder gives it the same.

use super::{moves::ancestry, writer::Failure};
use rusqlite::{Connection, OptionalExtension};
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
pub fn http_allow(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<String>> {
    let mut own = db.prepare_cached("SELECT http_allow FROM needs WHERE execution_id = ?1")?;
    for one in ancestry(db, id)? {
        if let Some(found) = own.query_row([one.as_str()], |row| row.get(0)).optional()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Forgets what is kept of executions that there are not: their starts were refused, or cut off.
pub fn tidy(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM needs WHERE execution_id NOT IN (SELECT id FROM executions)", [])?;
    Ok(())
}
