//! The table of conversations: one row for what each agent added.

use super::{Database, lists::limit, remember::Words};
use async_trait::async_trait;
use document::time::Time;
use engine::{
    port::{Conversation, Memories, Page, Remembered, StoreError, Window},
    remember::Added,
};
use rusqlite::{OptionalExtension, Row, params};

/// Who had every part in a conversation, in small letters; null where several had, or where nobody knows of one.
const ONLY: &str = "CASE WHEN COUNT(*) = COUNT(body ->> '$.by') AND MIN(lower(body ->> '$.by')) = \
     MAX(lower(body ->> '$.by')) THEN MIN(lower(body ->> '$.by')) END";

/// A conversation without what was said in it: its key, its last time, its end, and whose it is.
fn head(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation { key: row.get(0)?, at: Time(row.get(1)?), until: Time(row.get(2)?), by: row.get(3)? })
}

#[async_trait]
impl Memories for Database {
    async fn remember(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<(), StoreError> {
        let added = Added { owner: owner.to_owned(), key: key.to_owned(), said: said.clone() };
        let words = Words::of(added, now)?;
        self.writer.call(Self::place(owner), move |db, _| Ok(words.add(db)?)).await
    }

    async fn recall(&self, owner: &str, key: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError> {
        let key = (owner.to_owned(), key.to_owned());
        let bodies: Vec<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached(
                    "SELECT body FROM memories WHERE owner = ?1 AND key = ?2 AND until >= ?3 ORDER BY at DESC, id DESC \
                     LIMIT ?4",
                )?
                .query_map(params![key.0, key.1, now.0, most as i64], |row| row.get(0))?
                .collect()
            })
            .await?;
        let unread = |error| StoreError::Permanent(format!("a stored conversation cannot be read: {error}"));
        bodies.iter().rev().map(|body| serde_json::from_str(body).map_err(unread)).collect()
    }

    async fn conversation(&self, owner: &str, key: &str, now: Time) -> Result<Option<Conversation>, StoreError> {
        let key = (owner.to_owned(), key.to_owned());
        let read = format!(
            "SELECT key, MAX(at), MAX(until), {ONLY} FROM memories WHERE owner = ?1 AND key = ?2 AND until >= ?3 GROUP BY key"
        );
        self.readers
            .read(move |db| db.prepare_cached(&read)?.query_row(params![key.0, key.1, now.0], head).optional())
            .await
    }

    async fn conversations(
        &self,
        owner: &str,
        of: Option<&str>,
        window: &Window,
        now: Time,
    ) -> Result<Page<Conversation>, StoreError> {
        let (owner, after) = (owner.to_owned(), window.cursor.clone().unwrap_or_default());
        let of = of.map(str::to_ascii_lowercase);
        let list = format!(
            "SELECT key, MAX(at), MAX(until), {ONLY} FROM memories WHERE owner = ?1 AND key > ?2 AND until >= ?3 GROUP BY key \
             HAVING ?5 IS NULL OR {ONLY} = ?5 ORDER BY key LIMIT ?4"
        );
        let limit = limit(window);
        let mut items: Vec<Conversation> = self
            .readers
            .read(move |db| {
                db.prepare_cached(&list)?
                    .query_map(params![owner, after, now.0, (limit + 1) as i64, of], head)?
                    .collect()
            })
            .await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.key.clone());
        Ok(Page { items, next_cursor })
    }

    async fn forget(&self, owner: &str, key: &str) -> Result<bool, StoreError> {
        let key = (owner.to_owned(), key.to_owned());
        self.writer
            .call(Self::place(owner), move |db, _| {
                let gone = db
                    .prepare_cached("DELETE FROM memories WHERE owner = ?1 AND key = ?2")?
                    .execute([&key.0, &key.1])?;
                Ok(gone > 0)
            })
            .await
    }
}
