//! How many questions to people are open, and since when.

use super::Database;
use engine::port::StoreError;

/// The open questions of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The kind; empty for questions that an earlier release wrote.
    pub kind: String,
    /// How many there are.
    pub count: u64,
    /// When the oldest was asked, in milliseconds since 1970.
    pub oldest: i64,
}

impl Database {
    /// The open questions by kind. The index of open questions has all that this reads: no execution is looked at, and
    /// no question that is over.
    pub async fn open_questions(&self) -> Result<Vec<Open>, StoreError> {
        let sql = "SELECT kind, count(*), min(created_at) FROM interactions WHERE status = 'pending' GROUP BY kind";
        self.readers
            .read(move |db| {
                let row = |row: &rusqlite::Row<'_>| {
                    let count: i64 = row.get(1)?;
                    Ok(Open { kind: row.get(0)?, count: count.unsigned_abs(), oldest: row.get(2)? })
                };
                db.prepare_cached(sql)?.query_map([], row)?.collect()
            })
            .await
    }
}
