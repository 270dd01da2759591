//! Jobs over many executions, as a host keeps them.

use super::{ExecutionFilter, Page, StoreError, Window};
use async_trait::async_trait;
use document::{text_id, time::Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stepwell_core::id::ExecutionId;

text_id!(
    /// A job: a UUID, derived where its request has an idempotency key.
    JobId
);

document::closed_set!(
    /// What a job asks of each execution.
    Action {
        /// To take up what failed or was cancelled.
        Retry = "retry",
        /// To end.
        Cancel = "cancel",
        /// To go on after a pause.
        Resume = "resume",
        /// To send again the messages that could not be processed.
        Redrive = "redrive",
        /// To end, and to be removed with all data: what `DELETE /v1/owner` makes.
        Erase = "erase",
    }
);

document::closed_set!(
    /// What a job is doing, or how it ended.
    JobStatus {
        /// Executions are left that it may meet.
        Running = "running",
        /// It has met all.
        Completed = "completed",
        /// Somebody ended it; what it has done stays done.
        Cancelled = "cancelled",
        /// The store could not list the executions, however often it was asked.
        Failed = "failed",
    }
);

/// One execution on which a job could not do what it asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobError {
    /// The execution.
    pub execution_id: ExecutionId,
    /// A code in `snake_case`, for programs.
    pub code: String,
    /// What stood in the way, for people.
    pub message: String,
}

/// Something asked of all executions that a filter lets through. A job is done in slices: the ids of the next slice are
/// stored before anything is asked of it, so that a crash repeats that slice and loses count of none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The tenant whose executions it meets.
    pub owner: String,
    /// What it asks of each.
    pub action: Action,
    /// Which executions it meets.
    pub filter: ExecutionFilter,
    /// The reason that each execution's journal keeps; none where the caller gave none.
    pub reason: Option<String>,
    /// The hash of the request that made it, by which a repeated request is told from another one under the same key.
    pub request_hash: Option<String>,
    /// What it is doing.
    pub status: JobStatus,
    /// How many executions the filter let through at the start, as far as they were counted.
    pub matched: u64,
    /// Whether there were more than that.
    pub matched_more: bool,
    /// Executions that did what was asked, or had done so.
    pub done: u64,
    /// Executions whose state did not allow it.
    pub refused: u64,
    /// Executions that could not be read or written.
    pub failed: u64,
    /// How much an erasure has removed beside executions, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub erased: BTreeMap<String, u64>,
    /// The first executions of those that are counted in `refused` and `failed`.
    pub errors: Vec<JobError>,
    /// The executions of the present slice.
    pub batch: Vec<ExecutionId>,
    /// Where the list of executions goes on behind the slice; none at its beginning.
    pub cursor: Option<String>,
    /// Whether the list goes on behind the slice.
    pub more: bool,
    /// The number of the present slice, from 1. Whoever did a slice of another number came too late to count it.
    pub slice: u64,
    /// How often the present slice was tried and not brought to its end.
    pub tries: u32,
    /// Why it was not, for people; none where nothing stands in the way.
    pub waits: Option<String>,
    /// When somebody must go on with it; none once it has ended.
    pub due_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// The subject who asked for it.
    pub created_by: String,
    /// When its record was last written.
    pub updated_at: Time,
    /// When it ended.
    pub completed_at: Option<Time>,
    /// The subject who cancelled it.
    pub cancelled_by: Option<String>,
    /// How often its record was written; 0 before it is stored.
    pub version: u64,
}

/// Jobs, by owner and id.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// A job of an owner, strongly consistent.
    async fn job(&self, owner: &str, id: &JobId) -> Result<Option<Job>, StoreError>;
    /// Stores a job and returns it with its next version. `Conflict` where the stored one has another version than this
    /// one, or there is one already where this one's is 0. A host that takes jobs up by itself is woken.
    async fn put_job(&self, job: Job) -> Result<Job, StoreError>;
    /// A part of an owner's jobs, newest first. The list may lag behind for a moment.
    async fn jobs(&self, owner: &str, window: &Window) -> Result<Page<Job>, StoreError>;
    /// At most `limit` jobs of all owners with which somebody must go on by now, the longest due first.
    async fn due_jobs(&self, now: Time, limit: usize) -> Result<Vec<Job>, StoreError>;
    /// Removes an owner's jobs but one, some hundred of them at a time. Returns how many, 0 once there are no others.
    async fn erase_jobs(&self, owner: &str, but: &JobId) -> Result<u64, StoreError>;
    /// Removes the jobs that ended before a time. Nothing to do where records go by themselves.
    async fn forget_jobs(&self, _: Time) -> Result<(), StoreError> {
        Ok(())
    }
}
