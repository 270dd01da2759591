//! The tables of groups: one row for each group, and one for each member, by which a person's groups are found.

use super::{Database, lists::limit};
use async_trait::async_trait;
use engine::port::{Group, Groups, Page, StoreError, Window};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

#[async_trait]
impl Groups for Database {
    async fn group(&self, owner: &str, name: &str) -> Result<Option<Group>, StoreError> {
        let key = (owner.to_owned(), name.to_ascii_lowercase());
        let body: Option<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM groups WHERE owner = ?1 AND name = ?2")?
                    .query_row([key.0, key.1], |row| row.get(0))
                    .optional()
            })
            .await?;
        body.as_deref().map(read).transpose()
    }

    async fn set_group(&self, owner: &str, group: Group) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Permanent(format!("a group cannot be written: {error}"));
        let body = serde_json::to_string(&group).map_err(unwritable)?;
        let (owner, name) = (owner.to_owned(), group.name.to_ascii_lowercase());
        let members: BTreeSet<String> = group.members.iter().map(|member| member.to_ascii_lowercase()).collect();
        self.writer
            .call(Self::place(&owner), move |db, _| {
                db.prepare_cached("INSERT OR REPLACE INTO groups(owner, name, body) VALUES (?1, ?2, ?3)")?
                    .execute([&owner, &name, &body])?;
                db.prepare_cached("DELETE FROM group_members WHERE owner = ?1 AND name = ?2")?
                    .execute([&owner, &name])?;
                let mut insert =
                    db.prepare_cached("INSERT INTO group_members(owner, member, name) VALUES (?1, ?2, ?3)")?;
                for member in &members {
                    insert.execute([&owner, member, &name])?;
                }
                Ok(())
            })
            .await
    }

    async fn remove_group(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        let key = (owner.to_owned(), name.to_ascii_lowercase());
        self.writer
            .call(Self::place(owner), move |db, _| {
                db.prepare_cached("DELETE FROM group_members WHERE owner = ?1 AND name = ?2")?
                    .execute([&key.0, &key.1])?;
                let gone = db
                    .prepare_cached("DELETE FROM groups WHERE owner = ?1 AND name = ?2")?
                    .execute([&key.0, &key.1])?;
                Ok(gone > 0)
            })
            .await
    }

    async fn groups(&self, owner: &str, window: &Window) -> Result<Page<Group>, StoreError> {
        let (owner, after) = (owner.to_owned(), window.cursor.clone().unwrap_or_default());
        let limit = limit(window);
        let bodies: Vec<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM groups WHERE owner = ?1 AND name > ?2 ORDER BY name LIMIT ?3")?
                    .query_map(params![owner, after, (limit + 1) as i64], |row| row.get(0))?
                    .collect()
            })
            .await?;
        let mut items = bodies.iter().map(|body| read(body)).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.name.to_ascii_lowercase());
        Ok(Page { items, next_cursor })
    }

    async fn groups_of(&self, owner: &str, subject: &str) -> Result<Vec<String>, StoreError> {
        let key = (owner.to_owned(), subject.to_ascii_lowercase());
        self.readers
            .read(move |db| {
                db.prepare_cached("SELECT name FROM group_members WHERE owner = ?1 AND member = ?2 ORDER BY name")?
                    .query_map([key.0, key.1], |row| row.get(0))?
                    .collect()
            })
            .await
    }
}

fn read(body: &str) -> Result<Group, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Permanent(format!("a stored group cannot be read: {error}")))
}
