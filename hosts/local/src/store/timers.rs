//! The rows of timers. An activation has at most one for each purpose.

use super::{
    messages::{PageOf, horizon},
    moves::{FAMILY, Moves},
};
use document::time::Time;
use engine::fair::{Place, Rank};
use rusqlite::{Connection, Row, params};
use stepwell_core::{
    effect::Purpose,
    id::{Activation, ExecutionId},
};

/// Names a timer: an activation has at most one for each purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerKey {
    /// The execution that the timer wakes.
    pub execution: ExecutionId,
    /// The activation that set the timer.
    pub activation: Activation,
    /// What the timer is for: the end of a `wait`, a deadline, or a node's timeout.
    pub purpose: Purpose,
    /// The place of its message once it has fired.
    pub place: Place,
}

/// Sets a timer of the execution with the key `run`, in the place of an earlier one.
pub fn set(db: &Connection, run: i64, activation: &Activation, purpose: Purpose, at: Time) -> rusqlite::Result<()> {
    let Activation { epoch, node, visit } = activation;
    db.prepare_cached(
        "INSERT INTO timers(run, epoch, node, visit, purpose, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET at = excluded.at",
    )?
    .execute(params![run, epoch, node.as_str(), visit, name(purpose), at.0])?;
    Ok(())
}

/// Drops a timer, where it is there.
pub fn remove(db: &Connection, run: i64, activation: &Activation, purpose: Purpose) -> rusqlite::Result<()> {
    let Activation { epoch, node, visit } = activation;
    db.prepare_cached(
        "DELETE FROM timers WHERE run = ?1 AND epoch = ?2 AND node = ?3 AND visit = ?4 AND purpose = ?5",
    )?
    .execute(params![run, epoch, node.as_str(), visit, name(purpose)])?;
    Ok(())
}

/// Takes out a timer that is due at `now`. False where it was dropped, or set to a later time.
pub fn take(db: &Connection, run: i64, activation: &Activation, purpose: Purpose, now: Time) -> rusqlite::Result<bool> {
    let Activation { epoch, node, visit } = activation;
    let gone = db
        .prepare_cached(
            "DELETE FROM timers WHERE run = ?1 AND epoch = ?2 AND node = ?3 AND visit = ?4 AND purpose = ?5
             AND at <= ?6",
        )?
        .execute(params![run, epoch, node.as_str(), visit, name(purpose), now.0])?;
    Ok(gone > 0)
}

/// Reads the timers that fire next after a time: about `size` of them, or those that are moved among so many. `number`
/// gives each a number of its own.
pub fn page(
    db: &Connection,
    moves: &Moves,
    after: i64,
    size: usize,
    number: impl Fn() -> u64,
) -> rusqlite::Result<PageOf<TimerKey>> {
    let horizon = horizon(db, "timers", "at", after, size)?;
    let mut rows = db.prepare_cached(
        "SELECT executions.id, epoch, node, visit, purpose, at, owner, parent IS NOT NULL FROM timers JOIN executions USING (run)
         WHERE at > ?1 AND at <= ?2",
    )?;
    let mut rows = rows.query([after, horizon])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some((at, key)) = key(row)?
            && moves.takes(db, &key.execution)?
        {
            entries.push((at, number(), key));
        }
    }
    Ok(Some((horizon, entries)))
}

/// Reads all timers of an execution and of those below it.
pub fn of_family(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Vec<(Time, TimerKey)>> {
    let mut rows = db.prepare(&format!(
        "{FAMILY} SELECT executions.id, epoch, node, visit, purpose, at, owner, parent IS NOT NULL
         FROM timers JOIN executions USING (run) WHERE run IN (SELECT run FROM family)"
    ))?;
    let mut rows = rows.query([id.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(key(row)?.map(|(at, key)| (Time(at), key)));
    }
    Ok(found)
}

/// Reads a timer with the time at which it fires, in milliseconds since 1970. None where its purpose is not known.
fn key(row: &Row<'_>) -> rusqlite::Result<Option<(i64, TimerKey)>> {
    let (execution, node, purpose): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(4)?);
    let activation = Activation { epoch: row.get(1)?, node: node.into(), visit: row.get(3)? };
    match serde_json::from_value(purpose.into()) {
        Ok(purpose) => {
            let place = Place { owner: row.get::<_, String>(6)?.into(), rank: Rank::of_execution(row.get(7)?) };
            Ok(Some((row.get(5)?, TimerKey { execution: execution.into(), activation, purpose, place })))
        }
        Err(error) => {
            tracing::error!(%error, execution, "a timer of an unknown purpose is left alone");
            Ok(None)
        }
    }
}

/// The name of a purpose in the table: its JSON without the quotes.
fn name(purpose: Purpose) -> String {
    serde_json::to_string(&purpose).unwrap_or_default().trim_matches('"').to_owned()
}
