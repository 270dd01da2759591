//! Jobs: one thing asked of many executions.

use super::{Timestamp, words};
use ::document::time::Time;
use engine::{
    bulk::begin::Matched,
    port::{self, Action, JobStatus},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is asked of many executions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "retry", "filter": {"workflow_id": "orders", "status": ["failed"]},
    "reason": "the bank answers again"}))]
pub struct BulkBody {
    /// What is asked of each: `retry`, `cancel`, `resume` or `redrive`, which sends again the messages of an execution that
    /// is stuck with a dead letter. `erase` is refused: `DELETE /v1/owner` makes such a job.
    #[schema(value_type = words::BulkAction)]
    pub action: Action,
    /// Which executions are meant; it must name something.
    pub filter: BulkFilter,
    /// The caller's reason, which the journal of each execution keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only tell which executions the job would meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

/// That everything that is kept of the caller's owner shall be erased.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"confirm": "acme", "reason": "the contract has ended"}))]
pub struct EraseBody {
    /// The owner's name, so that nobody erases by mistake.
    pub confirm: String,
    /// The caller's reason, which the job keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which executions a job meets: those without a parent for which all of this holds, and that had started when the job
/// was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkFilter {
    /// Those of this workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// Those in one of these statuses, as a list or a text with commas. Where it is left out, those in which the action has
    /// something to do: `retry` `failed`, `resume` `paused`, `redrive` `stuck`, `cancel` all that live.
    #[serde(default, deserialize_with = "several", skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<words::ExecutionStatus>)]
    pub status: Vec<String>,
    /// Those started at this time or later, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// Those started before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Those whose metadata has these texts under these keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Reads a list of words, or one text with commas between them, as a query has it.
fn several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wrong = || D::Error::custom("`status` is a list of words, or a text with commas between them");
    let word = |value: Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
        Value::Array(list) => list.into_iter().map(word).collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(wrong()),
    }
}

/// A job, with how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"job_id": "0198", "action": "retry", "filter": {"workflow_id": "orders", "status": ["failed"],
    "until": "2026-01-31T09:00:00.001Z"}, "reason": null, "status": "running", "matched": 1200, "matched_more": false,
    "done": 300, "refused": 1, "failed": 0, "errors": [{"execution_id": "0197", "code": "moved_on",
    "message": "it is running by now, which the filter leaves out"}], "waits": null,
    "created_at": "2026-01-31T09:00:00.000Z", "created_by": "ann@example.com",
    "updated_at": "2026-01-31T09:00:02.000Z", "completed_at": null, "cancelled_by": null,
    "links": {"self": "/v1/jobs/0198"}}))]
pub struct Job {
    /// The job's id.
    pub job_id: String,
    /// What it asks of each execution.
    #[schema(value_type = words::BulkAction)]
    pub action: Action,
    /// Which executions it meets.
    pub filter: BulkFilter,
    /// The caller's reason; null where there was none.
    pub reason: Option<String>,
    /// Whether it is running, or how it ended.
    #[schema(value_type = words::JobStatus)]
    pub status: JobStatus,
    /// How many executions the filter let through when the job was made, as far as they were counted.
    pub matched: u64,
    /// Whether there were more than that.
    pub matched_more: bool,
    /// Executions that did what was asked, or had done so.
    pub done: u64,
    /// Executions whose state did not allow it.
    pub refused: u64,
    /// Executions that could not be read or written.
    pub failed: u64,
    /// How much an erasure has removed beside executions, by kind: `workflow_versions`, `tokens`, `secrets`, `groups`,
    /// `memories`, `jobs`. Only an erasure has it, once it has removed any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub erased: BTreeMap<String, u64>,
    /// The first 20 of those that refused or failed.
    pub errors: Vec<JobError>,
    /// What keeps it from going on at the moment, or why it failed; null where nothing does.
    pub waits: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The subject who made it.
    pub created_by: String,
    /// When it last came further.
    pub updated_at: Timestamp,
    /// When it ended; null while it is running.
    pub completed_at: Option<Timestamp>,
    /// The subject who cancelled it; null where nobody did.
    pub cancelled_by: Option<String>,
    /// Where it is found.
    pub links: JobLinks,
}

/// Where a job is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobLinks {
    /// The job itself.
    #[serde(rename = "self")]
    pub itself: String,
}

/// An execution on which a job could not do what it asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// The execution.
    pub execution_id: String,
    /// The code of the problem, as the routes of a single execution have it, or `moved_on` where it is in another status by
    /// now; `unreadable` and `unavailable` count as failed.
    pub code: String,
    /// What stood in the way, for people.
    pub message: String,
}

/// Nothing: there is nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// What a job would meet. Nothing was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"dry_run": true, "action": "retry", "matched": 2, "matched_more": false,
    "statuses": {"failed": 2}, "executions": ["0198", "0197"]}))]
pub struct WouldMeet {
    /// Always true.
    pub dry_run: bool,
    /// What it would ask of each.
    #[schema(value_type = words::BulkAction)]
    pub action: Action,
    /// How many executions it would meet, as far as they were counted: to some 10,000, for five seconds at most.
    pub matched: u64,
    /// Whether there are more than that.
    pub matched_more: bool,
    /// How many of them are in each status.
    pub statuses: BTreeMap<String, u64>,
    /// The newest 20 of them.
    pub executions: Vec<String>,
}

impl From<&port::Job> for Job {
    fn from(job: &port::Job) -> Self {
        let error = |one: &port::JobError| JobError {
            execution_id: one.execution_id.to_string(),
            code: one.code.clone(),
            message: one.message.clone(),
        };
        Self {
            job_id: job.id.to_string(),
            action: job.action,
            filter: (&job.filter).into(),
            reason: job.reason.clone(),
            status: job.status,
            matched: job.matched,
            matched_more: job.matched_more,
            done: job.done,
            refused: job.refused,
            failed: job.failed,
            erased: job.erased.clone(),
            errors: job.errors.iter().map(error).collect(),
            waits: job.waits.clone(),
            created_at: Timestamp(job.created_at),
            created_by: job.created_by.clone(),
            updated_at: Timestamp(job.updated_at),
            completed_at: job.completed_at.map(Timestamp),
            cancelled_by: job.cancelled_by.clone(),
            links: JobLinks { itself: format!("/v1/jobs/{}", job.id) },
        }
    }
}

impl From<&port::ExecutionFilter> for BulkFilter {
    fn from(filter: &port::ExecutionFilter) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), Into::into);
        let time = |at: Option<Time>| at.map(|at| at.to_string());
        Self {
            workflow_id: filter.workflow_id.as_ref().map(ToString::to_string),
            status: filter.statuses.iter().map(ToString::to_string).collect(),
            since: time(filter.since),
            until: time(filter.until),
            metadata: filter.metadata.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        }
    }
}

impl WouldMeet {
    /// What a dry run found.
    pub fn of(action: Action, found: Matched) -> Self {
        Self {
            dry_run: true,
            action,
            matched: found.executions,
            matched_more: found.more,
            statuses: found.statuses.iter().map(|(status, count)| (status.to_string(), *count)).collect(),
            executions: found.first.iter().map(ToString::to_string).collect(),
        }
    }
}
