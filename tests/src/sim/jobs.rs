//! Jobs over many executions, of which the simulation makes none.

use super::{ports::unused, world::SimHost};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Job, JobId, Jobs, Page, StoreError, Window};

#[async_trait]
impl Jobs for SimHost {
    async fn job(&self, _: &str, _: &JobId) -> Result<Option<Job>, StoreError> {
        unused("a job")
    }

    async fn put_job(&self, _: Job) -> Result<Job, StoreError> {
        unused("a job")
    }

    async fn jobs(&self, _: &str, _: &Window) -> Result<Page<Job>, StoreError> {
        unused("jobs")
    }

    async fn erase_jobs(&self, _: &str, _: &JobId) -> Result<u64, StoreError> {
        unused("jobs")
    }

    async fn due_jobs(&self, _: Time, _: usize) -> Result<Vec<Job>, StoreError> {
        unused("jobs")
    }
}
