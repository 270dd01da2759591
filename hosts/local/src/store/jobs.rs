//! The table `jobs`, one row for each job over many executions.

use super::{
    Database,
    lists::{cursor, limit, page},
    writer::{Failure, Known},
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Job, JobId, Jobs, Page, StoreError, Window};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

#[async_trait]
impl Jobs for Database {
    async fn job(&self, owner: &str, id: &JobId) -> Result<Option<Job>, StoreError> {
        let key = (owner.to_owned(), id.to_string());
        let sql = "SELECT body, version FROM jobs WHERE owner = ?1 AND id = ?2";
        let found =
            self.readers.read(move |db| db.prepare_cached(sql)?.query_row([key.0, key.1], body).optional()).await?;
        found.map(read).transpose()
    }

    async fn put_job(&self, job: Job) -> Result<Job, StoreError> {
        let (before, job) = (job.version, Job { version: job.version + 1, ..job });
        let unwritable = |error| StoreError::Permanent(format!("a job cannot be written: {error}"));
        let (text, row) = (serde_json::to_string(&job).map_err(unwritable)?, job.clone());
        self.writer.call(Self::place(&job.owner), move |db, _| put(db, &row, before, &text)).await?;
        self.hub.jobs.notify_one();
        Ok(job)
    }

    async fn jobs(&self, owner: &str, window: &Window) -> Result<Page<Job>, StoreError> {
        let [created, number] = cursor::<2>(window)?.unwrap_or([i64::MAX, i64::MAX]);
        let (owner, limit) = (owner.to_owned(), limit(window));
        let sql = "SELECT body, version, created_at, number FROM jobs
                   WHERE owner = ?1 AND (created_at, number) < (?2, ?3) ORDER BY created_at DESC, number DESC LIMIT ?4";
        let rows: Vec<((String, i64), i64, i64)> = self
            .readers
            .read(move |db| {
                db.prepare_cached(sql)?
                    .query_map(params![owner, created, number, (limit + 1) as i64], |row| {
                        Ok((body(row)?, row.get(2)?, row.get(3)?))
                    })?
                    .collect()
            })
            .await?;
        let page = page(rows, limit, |(_, created, number)| vec![*created, *number], |(body, ..)| body);
        let items = page.items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    async fn due_jobs(&self, now: Time, limit: usize) -> Result<Vec<Job>, StoreError> {
        let sql = "SELECT body, version FROM jobs WHERE due_at <= ?1 ORDER BY due_at, number LIMIT ?2";
        let rows: Vec<(String, i64)> = self
            .readers
            .read(move |db| db.prepare_cached(sql)?.query_map(params![now.0, limit as i64], body)?.collect())
            .await?;
        // One that cannot be read keeps no other from going on.
        Ok(rows
            .into_iter()
            .filter_map(|row| read(row).map_err(|error| tracing::warn!(%error, "a job stands still")).ok())
            .collect())
    }

    async fn erase_jobs(&self, owner: &str, but: &JobId) -> Result<u64, StoreError> {
        let (key, but) = (owner.to_owned(), but.to_string());
        let sql = "DELETE FROM jobs WHERE owner = ?1 AND id <> ?2";
        let erase = move |db: &Connection, _: &mut Known| Ok(db.prepare_cached(sql)?.execute([&key, &but])? as u64);
        self.writer.call(Self::place(owner), erase).await
    }

    async fn forget_jobs(&self, before: Time) -> Result<(), StoreError> {
        self.writer
            .call(Self::place(""), move |db, _| {
                db.prepare_cached("DELETE FROM jobs WHERE completed_at < ?1")?.execute([before.0])?;
                Ok(())
            })
            .await
    }
}

impl Database {
    /// Returns the soonest time at which somebody must go on with a job; none where none is running.
    pub async fn next_job(&self) -> Result<Option<Time>, StoreError> {
        let sql = "SELECT min(due_at) FROM jobs WHERE due_at IS NOT NULL";
        let at: Option<i64> =
            self.readers.read(move |db| db.prepare_cached(sql)?.query_row([], |row| row.get(0))).await?;
        Ok(at.map(Time))
    }
}

/// Writes the row of a job, where the stored one has the version `before`.
fn put(db: &Connection, job: &Job, before: u64, text: &str) -> Result<(), Failure> {
    let (due, completed) = (job.due_at.map(|at| at.0), job.completed_at.map(|at| at.0));
    let (owner, id, version) = (&job.owner, job.id.as_str(), job.version as i64);
    let written = match before {
        0 => db
            .prepare_cached(
                "INSERT OR IGNORE INTO jobs(owner, id, created_at, due_at, completed_at, version, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![owner, id, job.created_at.0, due, completed, version, text])?,
        before => db
            .prepare_cached(
                "UPDATE jobs SET due_at = ?3, completed_at = ?4, version = ?5, body = ?6
                 WHERE owner = ?1 AND id = ?2 AND version = ?7",
            )?
            .execute(params![owner, id, due, completed, version, text, before as i64])?,
    };
    if written == 0 { Err(Failure::Refused(StoreError::Conflict)) } else { Ok(()) }
}

fn body(row: &SqlRow<'_>) -> rusqlite::Result<(String, i64)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn read((text, version): (String, i64)) -> Result<Job, StoreError> {
    let unreadable = |error| StoreError::Permanent(format!("a stored job cannot be read: {error}"));
    let job: Job = serde_json::from_str(&text).map_err(unreadable)?;
    Ok(Job { version: version.unsigned_abs(), ..job })
}
