//! The agenda: which executions the supervisor must look after, and when.

use super::StoreError;
use async_trait::async_trait;
use document::time::Time;
use stepwell_core::{execution::Execution, id::ExecutionId};

/// What time and accidents leave to be done.
#[async_trait]
pub trait Agenda: Send + Sync {
    /// Executions that somebody must look after by now (see [`Commit::due`](super::Commit::due)), or whose effects may
    /// not have been delivered. Empty where commits deliver. Those that have ended and only wait for their removal are not
    /// among them: [`expired`](Agenda::expired) lists them.
    async fn due(&self, _: Time, _: usize) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(Vec::new())
    }
    /// Notes that everything an execution owed as of this state was delivered. The time says when it is looked at
    /// again.
    async fn looked_after(&self, _: &Execution, _: Option<Time>) -> Result<(), StoreError> {
        Ok(())
    }
    /// Notes that a due execution could not be looked after. It is not due before the given time, so others have their
    /// turn.
    async fn put_off(&self, _: &ExecutionId, _: Time) -> Result<(), StoreError> {
        Ok(())
    }
    /// At most `limit` executions whose own timeout has passed.
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError>;
    /// At most `limit` ended executions that `retention_days` no longer keeps.
    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError>;
}
