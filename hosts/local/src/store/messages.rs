//! The rows of messages: those of the queue, and the dead letters. A row's key is the receipt of its message.

use super::{
    moves::{FAMILY, Moves},
    writer::Failure,
};
use document::time::Time;
use engine::{
    fair::{Place, Rank},
    port::{Delivery, Receipt},
};
use rusqlite::{Connection, OptionalExtension, params};
use stepwell_core::{effect::Message, id::ExecutionId};

/// A message in memory. Its row in the table `queue` stays until the message is acknowledged.
#[derive(Clone, Debug)]
pub struct Item {
    /// The message as a handler gets it, with its receipt, which is the key of its row.
    pub delivery: Delivery,
    /// How often its handling failed, in earlier processes too.
    pub failures: u32,
    /// Its place among the messages that are ready.
    pub place: Place,
    /// When it became ready, which the dispatcher notes.
    pub since: Time,
}

/// A page of what is due later: the time up to which it reaches, and each entry up to then with its due time and its
/// number. Times are in milliseconds since 1970. None where it could not be read.
pub type PageOf<T> = Option<(i64, Vec<(i64, u64, T)>)>;

/// Writes the row of a message; `due` is when it is due, none for at once. A message that cannot be serialized counts as
/// an error of the database, because the transaction may hold rows of the same job already.
pub fn insert(db: &Connection, item: &Item, due: Option<Time>) -> Result<(), Failure> {
    let body = serde_json::to_string(&item.delivery.message)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    Ok(insert_text(db, item.delivery.receipt, &body, due)?)
}

/// Writes the row of a message that was serialized before.
pub fn insert_text(db: &Connection, receipt: Receipt, body: &str, due: Option<Time>) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO queue(id, due, body) VALUES (?1, ?2, ?3)")?.execute(params![
        receipt as i64,
        due.map(|due| due.0),
        body
    ])?;
    Ok(())
}

/// Deletes the rows of these receipts; one that has no row is no error.
pub fn acknowledge(db: &Connection, receipts: &[Receipt]) -> rusqlite::Result<()> {
    let mut delete = db.prepare_cached("DELETE FROM queue WHERE id = ?1")?;
    for receipt in receipts {
        delete.execute([*receipt as i64])?;
    }
    Ok(())
}

/// Notes in a message's row how often its handling has failed, and why it did last.
pub fn note_failure(db: &Connection, receipt: Receipt, attempts: u32, error: &str) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE queue SET attempts = ?2, error = ?3 WHERE id = ?1")?.execute(params![
        receipt as i64,
        attempts,
        error
    ])?;
    Ok(())
}

/// Moves a message from the queue to the dead letters.
pub fn bury(db: &Connection, delivery: &Delivery, error: &str, at: Time) -> rusqlite::Result<()> {
    let Delivery { receipt, message, .. } = delivery;
    let body = serde_json::to_string(message).unwrap_or_default();
    db.prepare_cached("INSERT INTO dead_letters(execution_id, message, error, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![message.execution.as_str(), body, error, at.0])?;
    acknowledge(db, &[*receipt])
}

/// Reads `limit` rows without a due time, by receipt, those whose receipts lie between `after` and `before`. Returns
/// the last receipt that was read, none at the end, and the messages that could be read and are moved.
pub fn ready(
    db: &Connection,
    moves: &Moves,
    after: i64,
    before: i64,
    limit: usize,
) -> rusqlite::Result<(Option<i64>, Vec<Item>)> {
    let mut rows = db.prepare_cached(
        "SELECT id, attempts, body FROM queue WHERE due IS NULL AND id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows = rows.query([after, before, limit as i64])?;
    let (mut last, mut items) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        last = Some(id);
        items.extend(revive(db, moves, id, row.get(1)?, &row.get::<_, String>(2)?)?);
    }
    Ok((last, items))
}

/// Reads the messages that are due next after a time: about `size` of them, or those that are moved among so many.
pub fn due_page(db: &Connection, moves: &Moves, after: i64, size: usize) -> rusqlite::Result<PageOf<Item>> {
    let horizon = horizon(db, "queue", "due", after, size)?;
    let mut rows = db.prepare_cached("SELECT id, due, attempts, body FROM queue WHERE due > ?1 AND due <= ?2")?;
    let mut rows = rows.query([after, horizon])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if let Some(item) = revive(db, moves, id, row.get(2)?, &row.get::<_, String>(3)?)? {
            entries.push((row.get(1)?, id as u64, item));
        }
    }
    Ok(Some((horizon, entries)))
}

/// Reads all messages to an execution and to those below it, each with its time where it has one.
pub fn of_family(db: &Connection, id: &ExecutionId) -> rusqlite::Result<Vec<(Option<Time>, Item)>> {
    // A body that is no JSON is left alone, as everywhere.
    let mut rows = db.prepare(&format!(
        "{FAMILY} SELECT queue.id, due, attempts, body FROM queue
         WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.x') END IN (SELECT id FROM family) ORDER BY queue.id"
    ))?;
    let mut rows = rows.query([id.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let due = row.get::<_, Option<i64>>(1)?.map(Time);
        let item = revive(db, &Moves::default(), row.get(0)?, row.get(2)?, &row.get::<_, String>(3)?)?;
        found.extend(item.map(|item| (due, item)));
    }
    Ok(found)
}

/// Up to which time a page of about `size` rows reaches: the time of the row after them, or the end of time where there
/// are fewer. Rows of equal times stay together.
pub(super) fn horizon(db: &Connection, table: &str, column: &str, after: i64, size: usize) -> rusqlite::Result<i64> {
    let sql = format!(
        "SELECT coalesce((SELECT {column} FROM {table} WHERE {column} > ?1 ORDER BY {column} LIMIT 1 OFFSET ?2), ?3)"
    );
    db.prepare_cached(&sql)?.query_row(params![after, size as i64, i64::MAX], |row| row.get(0))
}

/// Reads the message of a row. None where its execution is not moved, or it cannot be read: the row stays, for a process
/// that moves it, or a release that can read it.
fn revive(db: &Connection, moves: &Moves, id: i64, failures: u32, body: &str) -> rusqlite::Result<Option<Item>> {
    match serde_json::from_str::<Message>(body) {
        Ok(message) if !moves.takes(db, &message.execution)? => Ok(None),
        Ok(message) => {
            let place = place(db, &message)?;
            let delivery = Delivery { receipt: id as u64, message, deliveries: 1, trace: None };
            Ok(Some(Item { delivery, failures, place, since: Time(0) }))
        }
        Err(error) => {
            tracing::error!(%error, message_id = id, "a message in the queue cannot be read and is left alone");
            Ok(None)
        }
    }
}

/// Reads the place of a message from its execution's row. One without an execution is the host's own: its handler finds
/// nothing to do.
fn place(db: &Connection, message: &Message) -> rusqlite::Result<Place> {
    let found = db
        .prepare_cached("SELECT owner, parent IS NOT NULL FROM executions WHERE id = ?1")?
        .query_row([message.execution.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    let (owner, child) = found.unwrap_or_default();
    Ok(Place { owner: owner.into(), rank: Rank::of(&message.work, child) })
}
