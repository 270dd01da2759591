//! Jobs over many executions.

use crate::{Memory, lists};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Job, JobId, Jobs, Page, StoreError, Window};

#[async_trait]
impl Jobs for Memory {
    async fn job(&self, owner: &str, id: &JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.world().jobs.get(&(owner.to_owned(), id.clone())).cloned())
    }

    async fn put_job(&self, job: Job) -> Result<Job, StoreError> {
        let mut world = self.world();
        let key = (job.owner.clone(), job.id.clone());
        if world.jobs.get(&key).map_or(0, |stored| stored.version) != job.version {
            return Err(StoreError::Conflict);
        }
        let job = Job { version: job.version + 1, ..job };
        world.jobs.insert(key, job.clone());
        Ok(job)
    }

    async fn jobs(&self, owner: &str, window: &Window) -> Result<Page<Job>, StoreError> {
        let world = self.world();
        let mut found: Vec<&Job> = world.jobs.values().filter(|job| job.owner == owner).collect();
        // The number of jobs before it tells two of the same moment apart.
        found.sort_by_key(|job| (job.created_at, job.id.clone()));
        let numbered: Vec<_> = found.into_iter().enumerate().rev().collect();
        let key = |(at, job): &(usize, &Job)| vec![i64::MAX - job.created_at.0, i64::MAX - *at as i64];
        lists::page(&numbered, window, key, |(_, job)| (*job).clone())
    }

    async fn due_jobs(&self, now: Time, limit: usize) -> Result<Vec<Job>, StoreError> {
        let world = self.world();
        let due = |job: &&Job| job.due_at.is_some_and(|due| due <= now);
        let mut found: Vec<Job> = world.jobs.values().filter(due).cloned().collect();
        found.sort_by_key(|job| (job.due_at, job.id.clone()));
        found.truncate(limit);
        Ok(found)
    }

    async fn erase_jobs(&self, owner: &str, but: &JobId) -> Result<u64, StoreError> {
        let mut world = self.world();
        let before = world.jobs.len();
        world.jobs.retain(|(of, id), _| of != owner || id == but);
        Ok((before - world.jobs.len()) as u64)
    }

    async fn forget_jobs(&self, before: Time) -> Result<(), StoreError> {
        self.world().jobs.retain(|_, job| job.completed_at.is_none_or(|end| end >= before));
        Ok(())
    }
}
