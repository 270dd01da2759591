//! The rows of documents: one for each hash, whoever uses it.

use document::Workflow;
use rusqlite::Connection;

/// Writes a document unless the table has it.
pub(super) fn keep(db: &Connection, workflow: &Workflow) -> rusqlite::Result<()> {
    if !db.prepare_cached("SELECT 1 FROM documents WHERE hash = ?1")?.exists([&workflow.hash])? {
        db.prepare_cached("INSERT INTO documents(hash, body) VALUES (?1, ?2)")?
            .execute([&workflow.hash, &workflow.document.to_string()])?;
    }
    Ok(())
}
