//! Jobs over many executions: one item each, which is written once for each slice. The index `lists` has an owner's jobs by
//! the time at which they were made; the index `due` has those of all owners that are running.

use super::{
    Table,
    dynamo::{Query, Written},
    item::{Expression, Item, keyed, need, number, number_of, text, text_of},
    keys,
    lists::{bad_cursor, hex, place},
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Job, JobId, Jobs, Page, StoreError, Window};
use futures::{StreamExt, TryStreamExt, stream};

#[async_trait]
impl Jobs for Table {
    async fn job(&self, owner: &str, id: &JobId) -> Result<Option<Job>, StoreError> {
        self.job_at(&keys::jobs(owner), id.as_str()).await
    }

    async fn put_job(&self, job: Job) -> Result<Job, StoreError> {
        let condition = match job.version {
            0 => Expression::new("attribute_not_exists(pk)"),
            version => Expression::new("u = :u").with(":u", number(version)),
        };
        let job = Job { version: job.version + 1, ..job };
        match self.db.put(nobodys(Purpose::Other), self.job_item(&job).await?, condition).await? {
            Written::Yes => Ok(job),
            Written::No(_) => Err(StoreError::Conflict),
        }
    }

    async fn jobs(&self, owner: &str, window: &Window) -> Result<Page<Job>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let before = window.cursor.as_deref().map(|text| place(text).ok_or_else(|| bad_cursor(text))).transpose()?;
        let keys = Expression::new("l1 = :l AND l1s < :before")
            .with(":l", text(keys::jobs(owner)))
            .with(":before", text(before.unwrap_or_else(|| "~".to_owned())));
        let wanted = i32::try_from(limit + 1).ok();
        let mut query = Query { index: Some("lists"), keys, backwards: true, limit: wanted, ..Query::default() };
        let mut items: Vec<Item> = Vec::new();
        while items.len() <= limit {
            let page = self.db.query(nobodys(Purpose::Other), &query).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = match items.last().filter(|_| more) {
            Some(last) => Some(hex(need(last, "l1s")?)),
            None => None,
        };
        let mut found = Vec::with_capacity(items.len());
        for item in &items {
            found.push(self.job_of(item).await?);
        }
        Ok(Page { items: found, next_cursor })
    }

    async fn erase_jobs(&self, owner: &str, but: &JobId) -> Result<u64, StoreError> {
        self.erase_all_jobs_but(owner, but).await
    }

    /// The index lags behind, so each job is read anew: one that was gone on with meanwhile may not be due.
    async fn due_jobs(&self, now: Time, limit: usize) -> Result<Vec<Job>, StoreError> {
        let keys =
            Expression::new("d = :d AND ds <= :now").with(":d", text(keys::JOBS)).with(":now", text(keys::time(now)));
        let query = Query { index: Some("due"), keys, limit: i32::try_from(limit).ok(), ..Query::default() };
        let items = self.db.query(nobodys(Purpose::Other), &query).await?.items;
        let reads = items.iter().map(|item| async move {
            let (partition, sort) = (need(item, "pk")?, need(item, "sk")?);
            match self.job_at(partition, sort).await {
                // One that cannot be read keeps no other from going on.
                Err(error @ StoreError::Permanent(_)) => {
                    tracing::warn!(job = sort, %error, "a job stands still");
                    Ok(None)
                }
                found => found,
            }
        });
        let reads: Vec<_> = reads.collect();
        let found: Vec<Option<Job>> = stream::iter(reads).buffered(limits::AT_ONCE).try_collect().await?;
        let mut due: Vec<Job> = found.into_iter().flatten().collect();
        due.retain(|job| job.due_at.is_some_and(|due| due <= now));
        due.sort_by_key(|job| job.due_at);
        Ok(due)
    }
}

impl Table {
    async fn job_at(&self, partition: &str, sort: &str) -> Result<Option<Job>, StoreError> {
        match self.db.get(nobodys(Purpose::Other), partition, sort, true).await? {
            Some(item) => self.job_of(&item).await.map(Some),
            None => Ok(None),
        }
    }

    async fn job_of(&self, item: &Item) -> Result<Job, StoreError> {
        let job: Job = self.rows_of(item).await?;
        let broken = || StoreError::Permanent(format!("the job {} has no version", text_of(item, "sk").unwrap_or("?")));
        Ok(Job { version: number_of(item, "u").ok_or_else(broken)?, ..job })
    }

    /// The item of a job. One that has ended goes by itself some time after that.
    async fn job_item(&self, job: &Job) -> Result<Item, StoreError> {
        let mut item = keyed(&keys::jobs(&job.owner), job.id.as_str());
        self.insert_rows(&mut item, job).await?;
        item.insert("u".into(), number(job.version));
        item.insert("l1".into(), text(keys::jobs(&job.owner)));
        item.insert("l1s".into(), text(keys::moment(job.created_at, job.id.as_str())));
        if let Some(due) = job.due_at {
            item.insert("d".into(), text(keys::JOBS));
            item.insert("ds".into(), text(keys::time(due)));
        }
        if let Some(end) = job.completed_at {
            let gone = end.after_seconds(engine::limits::JOB_DAYS * 86_400.0);
            item.insert("ttl".into(), number(gone.0 / 1_000));
        }
        Ok(item)
    }
}
