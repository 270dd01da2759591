//! The rows of documents: one for each hash, whoever uses it.

use document::Workflow;
use rusqlite::Connection;

/// Removes a document that neither an execution nor a saved version uses.
pub(super) fn drop_unused(db: &Connection, hash: &str) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM documents WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM document_uses WHERE hash = ?1)
         AND NOT EXISTS (SELECT 1 FROM workflows WHERE hash = ?1)",
    )?
    .execute([hash])?;
    Ok(())
}

/// Removes documents that nobody has used: those that were kept for a start that was not made. Returns how many.
pub(super) fn drop_all_unused(db: &Connection) -> rusqlite::Result<usize> {
    db.prepare_cached(
        "DELETE FROM documents WHERE NOT EXISTS (SELECT 1 FROM document_uses WHERE hash = documents.hash)
         AND NOT EXISTS (SELECT 1 FROM workflows WHERE hash = documents.hash)",
    )?
    .execute([])
}

/// Writes a document unless the table has it.
pub(super) fn keep(db: &Connection, workflow: &Workflow) -> rusqlite::Result<()> {
    if !db.prepare_cached("SELECT 1 FROM documents WHERE hash = ?1")?.exists([&workflow.hash])? {
        db.prepare_cached("INSERT INTO documents(hash, body) VALUES (?1, ?2)")?
            .execute([&workflow.hash, &workflow.document.to_string()])?;
    }
    Ok(())
}
