//! The rows of documents and of saved workflows. Documents are kept once for each hash, whoever uses them.

use super::{
    Database, documents,
    lists::{bad_cursor, limit},
    schedules::{Plan, drop_plan, keep_plan},
    writer::{Failure, Known},
};
use async_trait::async_trait;
use document::{Workflow, schedule, time::Time};
use engine::port::{Catalogue, Page, SavedWorkflow, StoreError, Window};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

/// Selects saved versions of an owner with their documents, in the columns that `saved` reads.
const SAVED: &str = "SELECT id, version, workflows.hash, saved_at, deleted, body FROM workflows
JOIN documents ON documents.hash = workflows.hash WHERE owner = ?1";

#[async_trait]
impl Catalogue for Database {
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        if let Some(workflow) = self.documents.get(hash) {
            return Ok(Some(workflow));
        }
        let key = hash.to_owned();
        let text: Option<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM documents WHERE hash = ?1")?
                    .query_row([key], |row| row.get(0))
                    .optional()
            })
            .await?;
        text.map(|text| self.documents.read(hash, text.as_bytes())).transpose()
    }

    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        if self.documents.get(&workflow.hash).is_some() {
            return Ok(()); // It was written before. If it was removed since, the start that uses it writes it again.
        }
        let kept = workflow.clone();
        self.writer.call(Self::place(""), move |db, _| Ok(documents::keep(db, &kept)?)).await?;
        self.documents.put(workflow);
        Ok(())
    }

    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError> {
        let (key, kept, plan) = (owner.to_owned(), workflow.clone(), Plan::new(schedule::plan(workflow, now))?);
        let change = move |db: &Connection, _: &mut Known| save(db, &key, &kept, &plan, expected, now);
        let saved = self.change(owner, workflow.id.as_str(), change).await?;
        self.documents.put(workflow);
        Ok(saved)
    }

    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        // Only latest versions are in memory. The count of changes tells whether one is saved while this one is read.
        let changes = match version {
            Some(_) => None,
            None => match self.hub.saved.get(owner, id) {
                Ok(latest) => return Ok(Some(latest)),
                Err(changes) => Some(changes),
            },
        };
        let key = (owner.to_owned(), id.to_owned());
        let found = self
            .readers
            .read(move |db| {
                let sql = format!("{SAVED} AND id = ?2 AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1");
                let version = version.map(|version| i64::try_from(version).unwrap_or(i64::MAX));
                db.prepare_cached(&sql)?.query_row(params![key.0, key.1, version], saved).optional()
            })
            .await?;
        if let (Some(latest), Some(changes)) = (&found, changes) {
            self.hub.saved.put(owner, latest, changes);
        }
        Ok(found)
    }

    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        let after = match &window.cursor {
            Some(text) => unhex(text).ok_or_else(|| bad_cursor(text))?,
            None => String::new(),
        };
        let (owner, limit) = (owner.to_owned(), limit(window));
        let mut items = self
            .readers
            .read(move |db| {
                let sql = format!(
                    "{SAVED} AND id > ?2 AND deleted = 0 AND version = (SELECT max(version) FROM workflows AS other
                     WHERE other.owner = ?1 AND other.id = workflows.id) ORDER BY id LIMIT ?3"
                );
                db.prepare_cached(&sql)?
                    .query_map(params![owner, after, limit as i64 + 1], |row| saved(row).or_else(|_| lost(row)))?
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        // One row more than the page holds was read, to know whether there is a next page. Ids sort as bytes, so the
        // cursor is the last id in hexadecimal.
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|last| last.id.as_str().bytes().map(|byte| format!("{byte:02x}")).collect());
        Ok(Page { items, next_cursor })
    }

    async fn erase_workflows(&self, owner: &str) -> Result<u64, StoreError> {
        let key = owner.to_owned();
        let gone = self.writer.call(Self::place(owner), move |db, _| erase(db, &key)).await?;
        for (id, _) in &gone {
            self.hub.saved.changed(owner, id);
        }
        self.hub.replanned.notify_one();
        Ok(gone.iter().map(|(_, versions)| versions).sum())
    }

    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let key = (owner.to_owned(), id.to_owned());
        let sql = "UPDATE workflows SET deleted = 1 WHERE owner = ?1 AND id = ?2 AND deleted = 0 AND version =
                   (SELECT max(version) FROM workflows WHERE owner = ?1 AND id = ?2)";
        let change = move |db: &Connection, _: &mut Known| {
            drop_plan(db, &key.0, &key.1)?;
            Ok(db.prepare_cached(sql)?.execute([&key.0, &key.1])? > 0)
        };
        self.change(owner, id, change).await
    }
}

impl Database {
    /// Removes documents that were kept for starts that were never made. A start that is under way keeps its own again.
    pub async fn drop_unused_documents(&self) -> Result<usize, StoreError> {
        self.writer.call(Self::place(""), |db, _| Ok(documents::drop_all_unused(db)?)).await
    }

    /// Changes a saved workflow in the database, and forgets what memory holds of it. Both are done in a task of their
    /// own: a caller that goes away in between must not leave the old version in memory.
    async fn change<T: Send + 'static>(
        &self,
        owner: &str,
        id: &str,
        work: impl FnMut(&Connection, &mut Known) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (writer, hub) = (self.writer.clone(), self.hub.clone());
        let key = (owner.to_owned(), id.to_owned());
        let changing = tokio::spawn(async move {
            let done = writer.call(Self::place(&key.0), work).await;
            hub.saved.changed(&key.0, &key.1);
            hub.replanned.notify_one();
            done
        });
        changing.await.map_err(|error| StoreError::Transient(error.to_string()))?
    }
}

/// Inserts the next version of a workflow and its schedules. Returns the version, and whether it is new.
fn save(
    db: &Connection,
    owner: &str,
    workflow: &Workflow,
    plan: &Plan,
    expected: Option<u64>,
    now: Time,
) -> Result<(u64, bool), Failure> {
    let latest: Option<(i64, String, bool)> = db
        .prepare_cached(
            "SELECT version, hash, deleted FROM workflows WHERE owner = ?1 AND id = ?2 ORDER BY version DESC LIMIT 1",
        )?
        .query_row([owner, workflow.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let version = latest.as_ref().map_or(0, |(version, ..)| version.unsigned_abs());
    if expected.is_some_and(|expected| expected != version) {
        return Err(Failure::Refused(StoreError::Conflict));
    }
    // The same content again is no new version, unless the workflow was deleted: then it comes back.
    if latest.is_some_and(|(_, hash, deleted)| hash == workflow.hash && !deleted) {
        return Ok((version, false));
    }
    documents::keep(db, workflow)?;
    db.prepare_cached("INSERT INTO workflows(owner, id, version, hash, saved_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![owner, workflow.id.as_str(), version as i64 + 1, workflow.hash, now.0])?;
    keep_plan(db, owner, workflow.id.as_str(), plan)?;
    Ok((version + 1, true))
}

/// Removes some of an owner's workflows, with their versions and schedules, and with the documents that nothing else uses.
/// Returns their ids, each with the number of its versions.
fn erase(db: &Connection, owner: &str) -> Result<Vec<(String, u64)>, Failure> {
    let most = engine::limits::ERASED_ROWS as i64;
    let ids: Vec<String> = db
        .prepare_cached("SELECT DISTINCT id FROM workflows WHERE owner = ?1 LIMIT ?2")?
        .query_map(params![owner, most], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut gone = Vec::with_capacity(ids.len());
    for id in ids {
        let hashes: Vec<String> = db
            .prepare_cached("SELECT hash FROM workflows WHERE owner = ?1 AND id = ?2")?
            .query_map([owner, &id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        drop_plan(db, owner, &id)?;
        db.prepare_cached("DELETE FROM workflows WHERE owner = ?1 AND id = ?2")?.execute([owner, &id])?;
        for hash in &hashes {
            documents::drop_unused(db, hash)?;
        }
        gone.push((id, hashes.len() as u64));
    }
    Ok(gone)
}

/// Reads a row of `SAVED`.
fn saved(row: &Row<'_>) -> rusqlite::Result<SavedWorkflow> {
    let (id, version, body): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(5)?);
    let broken = |e| rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(e));
    Ok(SavedWorkflow {
        id: id.into(),
        version: version.unsigned_abs(),
        hash: row.get(2)?,
        document: Arc::new(serde_json::from_str(&body).map_err(broken)?),
        saved_at: Time(row.get(3)?),
        deleted: row.get(4)?,
    })
}

/// Reads a row of `SAVED` whose document cannot be read: null stands for it, so that the list shows the others.
fn lost(row: &Row<'_>) -> rusqlite::Result<SavedWorkflow> {
    let (id, version): (String, i64) = (row.get(0)?, row.get(1)?);
    Ok(SavedWorkflow {
        id: id.into(),
        version: version.unsigned_abs(),
        hash: row.get(2)?,
        document: Arc::default(),
        saved_at: Time(row.get(3)?),
        deleted: row.get(4)?,
    })
}

/// Reads a cursor of [`Catalogue::list`]; none where it is no hexadecimal text.
fn unhex(text: &str) -> Option<String> {
    let part = |at: usize| text.get(at..at + 2).and_then(|part| u8::from_str_radix(part, 16).ok());
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(part).collect();
    String::from_utf8(bytes?).ok()
}
