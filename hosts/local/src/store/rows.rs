//! Reads of one execution's rows by its key: its head, its journal, its turns. Lists of many executions are in `lists`.

use rusqlite::{Connection, OptionalExtension, Row};
use stepwell_core::{execution::Status, id::ExecutionId};

/// The number of an execution's last turn, and what its row in the list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// The key under which all tables know the execution.
    pub run: i64,
    /// Sequence number of the last committed turn.
    pub seq: u64,
    /// Status in the execution's row.
    pub status: Status,
    /// Whether the execution's row says that `max_concurrency` holds it back, or has let it in but it has not moved.
    pub held: bool,
    /// When the sweep of timeouts looks at the execution, in milliseconds since 1970.
    pub deadline: i64,
}

/// Reads what the writer remembers of an execution; none where it does not exist.
pub fn head(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<KnownHead>> {
    db.prepare_cached(
        "SELECT run, status, held, coalesce((SELECT seq + count - 1 FROM turns WHERE turns.run = executions.run
         ORDER BY seq DESC LIMIT 1), 0), deadline FROM executions WHERE id = ?1",
    )?
    .query_row([id.as_str()], |row| {
        let seq: i64 = row.get(3)?;
        Ok(KnownHead {
            run: row.get(0)?,
            status: status(row, 1)?,
            held: row.get(2)?,
            seq: seq.unsigned_abs(),
            deadline: row.get(4)?,
        })
    })
    .optional()
}

/// Reads the status that column `at` names.
pub fn status(row: &Row<'_>, at: usize) -> rusqlite::Result<Status> {
    let name: String = row.get(at)?;
    Status::parse(&name).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, format!("status {name}").into())
    })
}

/// The rows that a state is folded from.
pub struct Journal {
    /// The latest snapshot as JSON: the state after some turn. None while the journal is short.
    pub snapshot: Option<String>,
    /// The journal rows after the snapshot, oldest first. Each is a JSON list of the turns of one commit.
    pub rows: Vec<String>,
}

/// Reads what a load folds, in one transaction, so that snapshot and rows belong together. None where the execution
/// does not exist. `whole` leaves the snapshot aside and reads the journal from its beginning.
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

/// Reads the journal rows that hold the turns after the number `after`, oldest first: at least `limit` such turns where
/// there are as many. The first row may also hold turns up to `after`.
pub fn turns(db: &Connection, id: &ExecutionId, after: u64, limit: usize) -> rusqlite::Result<Vec<String>> {
    let Some(run) = run(db, id)? else { return Ok(Vec::new()) };
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    // A row holds all turns of one commit: the one with turn `after + 1` may begin before that turn.
    let mut statement = db.prepare_cached(
        "SELECT body, count FROM turns WHERE run = ?1 AND seq >= coalesce((SELECT max(seq) FROM turns
         WHERE run = ?1 AND seq <= ?2 + 1), 0) ORDER BY seq",
    )?;
    let mut rows = statement.query([run, after.min(i64::MAX - 1)])?;
    let (mut bodies, mut turns) = (Vec::new(), 0);
    while turns <= limit
        && let Some(row) = rows.next()?
    {
        // Turns of the first row may be older than asked for, so only one of them counts.
        turns += if bodies.is_empty() { 1 } else { row.get::<_, u32>(1)? as usize };
        bodies.push(row.get(0)?);
    }
    Ok(bodies)
}

/// Reads the key under which all tables know an execution; none where it does not exist.
pub fn run(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT run FROM executions WHERE id = ?1")?.query_row([id.as_str()], |row| row.get(0)).optional()
}
