//! Small reads by key: heads and journals.

use super::writer::KnownHead;
use rusqlite::{Connection, OptionalExtension, Row};
use stepwell_core::{execution::Status, id::ExecutionId};

/// What the writer wants to know of an execution.
pub fn head(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<KnownHead>> {
    db.prepare_cached(
        "SELECT run, status, held, coalesce((SELECT seq + count - 1 FROM turns WHERE turns.run = executions.run
         ORDER BY seq DESC LIMIT 1), 0) FROM executions WHERE id = ?1",
    )?
    .query_row([id.as_str()], |row| {
        let seq: i64 = row.get(3)?;
        Ok(KnownHead { run: row.get(0)?, status: status(row, 1)?, held: row.get(2)?, seq: seq.unsigned_abs() })
    })
    .optional()
}

/// A status by its name.
pub fn status(row: &Row<'_>, at: usize) -> rusqlite::Result<Status> {
    let name: String = row.get(at)?;
    Status::parse(&name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, format!("status {name}").into())
    })
}

/// What a state is made of again.
pub struct Journal {
    /// The state after some turn, where the journal is long.
    pub snapshot: Option<String>,
    /// Rows after it: JSON lists of turns, oldest first.
    pub rows: Vec<String>,
}

/// All that a load needs, as of one moment; none where the execution does not exist.
pub fn journal(db: &Connection, id: &ExecutionId, whole: bool) -> rusqlite::Result<Option<Journal>> {
    let moment = db.unchecked_transaction()?;
    let Some(run) = run(db, id)? else { return Ok(None) };
    let mut snapshot = None;
    if !whole {
        snapshot = db
            .prepare_cached("SELECT body, seq FROM snapshots WHERE run = ?1")?
            .query_row([run], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
    }
    let after = snapshot.as_ref().map_or(0, |(_, seq)| *seq);
    let rows = db
        .prepare_cached("SELECT body FROM turns WHERE run = ?1 AND seq > ?2 ORDER BY seq")?
        .query_map([run, after], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    drop(moment);
    Ok(Some(Journal { snapshot: snapshot.map(|(body, _)| body), rows }))
}

/// Rows of turns after a number, oldest first, at least `limit` turns where there are as many.
pub fn turns(db: &Connection, id: &ExecutionId, after: u64, limit: usize) -> rusqlite::Result<Vec<String>> {
    let Some(run) = run(db, id)? else { return Ok(Vec::new()) };
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    // The row that holds the turn after `after` may begin earlier.
    let mut statement = db.prepare_cached(
        "SELECT body, count FROM turns WHERE run = ?1 AND seq >= coalesce((SELECT max(seq) FROM turns
         WHERE run = ?1 AND seq <= ?2 + 1), 0) ORDER BY seq",
    )?;
    let mut rows = statement.query([run, after.min(i64::MAX - 1)])?;
    let (mut bodies, mut turns) = (Vec::new(), 0);
    while turns <= limit
        && let Some(row) = rows.next()?
    {
        // Turns of the first row may be too old: it counts as one at least.
        turns += if bodies.is_empty() { 1 } else { row.get::<_, u32>(1)? as usize };
        bodies.push(row.get(0)?);
    }
    Ok(bodies)
}

/// An execution's key.
pub fn run(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT run FROM executions WHERE id = ?1")?.query_row([id.as_str()], |row| row.get(0)).optional()
}
