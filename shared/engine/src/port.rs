//! What a host provides. Adapters are dumb: they keep and hand out, they never look inside an event.

use async_trait::async_trait;
use document::{
    Workflow,
    id::WorkflowId,
    pattern::{Listener, listeners},
    schedule::Scheduled,
    time::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    effect::{Effect, Message},
    event::Turn,
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId},
    payload::{BlobRef, Payload},
    task::NodeLog,
};

/// Why storage failed, named by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else committed first: load again, decide again.
    #[error("another turn was committed first")]
    Conflict,
    /// It may work in a moment: try again later; nothing was acknowledged.
    #[error("the store is not available at the moment: {0}")]
    Transient(String),
    /// Trying again will not help.
    #[error("the store failed: {0}")]
    Permanent(String),
}

/// One conditional write: consecutive turns of one execution, what they ask for, and what they answer.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The turns; the first's number must be one above the last committed, or the write is a `Conflict`.
    pub turns: Vec<Turn>,
    /// The state after the last of them.
    pub state: Arc<Execution>,
    /// What they ask for, in order.
    pub effects: Vec<Effect>,
    /// Captured lines, by node.
    pub logs: Vec<NodeLog>,
    /// Values to offload.
    pub blobs: Vec<(BlobRef, Vec<u8>)>,
    /// Receipts of the messages that caused it: a host that can acknowledges them in the same write.
    pub acks: Vec<Receipt>,
    /// When somebody must look after the execution in case that a message of it was lost; none where nobody need. Only
    /// for hosts that do not deliver in the commit: none on others.
    pub due: Option<Time>,
}

/// What a host needs to acknowledge a message.
pub type Receipt = u64;

/// A row of the list of executions.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The execution.
    pub id: ExecutionId,
    /// Its status.
    pub status: Status,
}

/// Which executions a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionFilter {
    /// Of this owner.
    pub owner: String,
    /// Of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// In one of these statuses; empty for all.
    pub statuses: Vec<Status>,
    /// Started at or after.
    pub since: Option<Time>,
    /// Started before.
    pub until: Option<Time>,
    /// Metadata that must be equal.
    pub metadata: Map<String, Value>,
    /// Children of this execution; none for those without a parent.
    pub parent: Option<ExecutionId>,
}

/// Which interactions a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InteractionFilter {
    /// Of this owner.
    pub owner: String,
    /// `pending`, `answered`, `timed_out`, `cancelled`; none for all.
    pub status: Option<String>,
    /// That this subject may answer.
    pub assignee: Option<String>,
    /// Of this execution.
    pub execution_id: Option<ExecutionId>,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Where the next part begins; none at the end.
    pub next_cursor: Option<String>,
}

/// Where a list goes on, and how much of it is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// 1 to 200.
    pub limit: usize,
    /// As a page before gave it.
    pub cursor: Option<String>,
}

/// A saved version of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedWorkflow {
    /// Its id.
    pub id: WorkflowId,
    /// From 1.
    pub version: u64,
    /// Of the document.
    pub hash: String,
    /// The normalized document.
    pub document: Arc<Value>,
    /// When this version was saved.
    pub saved_at: Time,
    /// No new starts.
    pub deleted: bool,
}

/// A stored credential, decrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its value.
    pub value: String,
    /// The hosts it may be sent to; empty for any.
    pub hosts: Vec<String>,
}

/// An API token, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Hexadecimal SHA-256 of the token.
    pub sha256: String,
    /// For people.
    pub name: String,
    /// Whose records it opens.
    pub owner: String,
    /// Who bears it: an e-mail address.
    pub subject: String,
    /// `read`, `run`, `respond`, `admin`.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Time>,
}

/// State: executions, one conditional write per turn.
#[async_trait]
pub trait Store: Send + Sync {
    /// The state of an execution, strongly consistent, every payload it needs fetched.
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// The same, but values that were offloaded may be missing until [`Store::fetch`] brings them.
    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.load(id).await
    }
    /// Brings values of a lean state that are missing.
    async fn fetch(&self, _: &ExecutionId, _: &[&Payload]) -> Result<(), StoreError> {
        Ok(())
    }
    /// Bytes of a value that is kept inline; what is larger comes as a blob of the commit.
    fn inline_bytes(&self) -> usize {
        crate::limits::INLINE_BYTES
    }
    /// One write or none. Durable when it returns. A host may also deliver the effects and acknowledge.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;
    /// Does what committed turns ask for, again where it was done before.
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError>;
    /// Does what the turns ask for that this process committed just now. Where the host sees to it by itself that what
    /// could not be delivered is delivered later, that is no error: what the caller asked for is durable, and asking
    /// again could do it twice.
    async fn deliver_committed(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.deliver(execution, effects).await
    }
    /// Whether `commit` delivers the effects and acknowledges the receipts in its one write.
    fn delivers_in_commit(&self) -> bool;
    /// Turns after a sequence number, oldest first, every payload in them fetched.
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError>;
    /// The same, but values that were offloaded may be missing: whoever shows turns shows where they lie.
    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.turns(id, after, limit).await
    }
    /// Resolves when an execution of this id has a turn after `seq`, or after a while: callers look again.
    async fn changed(&self, id: &ExecutionId, seq: u64);
    /// What an execution has cost beyond its turns, on hosts that pay by use: counts by name, and `usd`.
    async fn cost(&self, _: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        Ok(Map::new())
    }
    /// Newest first.
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError>;
    /// How many match.
    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError>;
    /// Whether an execution of the workflow, without a parent, is in one of these statuses (`overlap`): as of now.
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError> {
        let filter = ExecutionFilter {
            owner: owner.into(),
            workflow_id: Some(workflow.clone()),
            statuses: statuses.to_vec(),
            ..ExecutionFilter::default()
        };
        Ok(self.count(&filter).await? > 0)
    }
    /// Waits until no other process starts an execution of a workflow that looks at its other executions. Returns a
    /// ticket for [`Store::leave`]; whoever does not come back loses the turn after a while.
    async fn enter(&self, _: &str, _: &WorkflowId) -> Result<String, StoreError> {
        Ok(String::new())
    }
    /// Gives the turn back.
    async fn leave(&self, _: &str, _: &WorkflowId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
    /// The oldest execution of a workflow that `max_concurrency` holds back, and how many of it are under way.
    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError>;
    /// Removes an ended execution with all its data, children too.
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError>;
    /// Soonest deadline first.
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError>;
    /// The execution that asks.
    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError>;
    /// Captured lines, oldest first.
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError>;
    /// Executions that somebody must look after by now (see [`Commit::due`]), or whose effects may not have been
    /// delivered. None where commits deliver.
    async fn due(&self, _: Time, _: usize) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(Vec::new())
    }
    /// An execution was looked after: all that it owed as of this state was delivered. To be looked at again at `due`.
    async fn looked_after(&self, _: &Execution, _: Option<Time>) -> Result<(), StoreError> {
        Ok(())
    }
    /// An execution that is due could not be looked after: not before that time again, so that others have their turn.
    async fn put_off(&self, _: &ExecutionId, _: Time) -> Result<(), StoreError> {
        Ok(())
    }
    /// Executions whose own timeout has passed.
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError>;
    /// Ended executions that `retention_days` no longer keeps.
    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError>;
    /// The parsed document of that hash.
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError>;
    /// Keeps a parsed document under its hash; the same twice is once.
    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError>;
}

/// The catalogue: saved workflows, tokens, secrets.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Saves a next version unless the latest has this hash already; `expected` guards it (`Conflict`).
    /// Returns the version and whether it is new. A deleted workflow comes back with its next version.
    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError>;
    /// One version, the latest by default.
    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError>;
    /// The latest versions, by id; deleted ones left out.
    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError>;
    /// No new starts; false where there is none.
    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError>;
    /// A credential of an owner.
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError>;
    /// Stores a credential.
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError>;
    /// The token of that hash.
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError>;
    /// Stores a token.
    async fn add_token(&self, token: Token) -> Result<(), StoreError>;
    /// Whether any token exists.
    async fn has_tokens(&self) -> Result<bool, StoreError>;
    /// The `event_trigger` nodes with a pattern in the latest versions of an owner's workflows, deleted ones left out:
    /// [`pattern::listeners`](document::pattern::listeners) of their documents. It is asked at each event, so a host with
    /// many documents keeps these rows beside them when it saves and deletes; the default reads every document.
    async fn listeners(&self, owner: &str) -> Result<Vec<Listener>, StoreError> {
        let mut found = Vec::new();
        let mut window = Window { limit: 200, cursor: None };
        loop {
            let page = self.list(owner, &window).await?;
            found.extend(page.items.iter().flat_map(|saved| listeners(&saved.id, &saved.document)));
            window.cursor = page.next_cursor;
            if window.cursor.is_none() {
                return Ok(found);
            }
        }
    }
    /// Schedules of all owners whose time has come, soonest first. `save` makes one of each
    /// [`schedule::plan`](document::schedule::plan) of the new version in the place of the workflow's others, where one of
    /// the same node and times (`same_times`) keeps its `next_at`; `delete_workflow` removes them. The same content
    /// saved again changes none.
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError>;
    /// A schedule's time is done with: it goes on to `next_at`, or away where there is none, with the reason why
    /// nothing was started. Nothing happens where its `next_at` is another by now: that is somebody else's plan.
    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError>;
}

/// Everything around the rules.
#[async_trait]
pub trait Host: Store + Catalogue {
    /// The clock.
    fn now(&self) -> Time;
    /// The time that work may still take, so that what follows it is done before this process is cut off. None where
    /// nothing cuts it off.
    fn time_left(&self) -> Option<Duration> {
        None
    }
    /// A fresh execution id: UUID v7.
    fn new_id(&self) -> ExecutionId;
    /// Runs a node that does I/O.
    async fn run(&self, task: &stepwell_core::task::Task) -> stepwell_core::task::Report;
    /// Keeps what a caller who waits for an execution's end is told by, such as the task token of Step Functions, beside
    /// those kept before: all are told. It comes before the start, so that no end can come before it; an execution may
    /// never follow. It is a credential: it stays out of the state, of logs and of errors.
    async fn keep_caller(&self, _: &ExecutionId, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Permanent(
            "this host cannot tell a caller of an execution's end: start it without a token".into(),
        ))
    }
    /// Where a host is the only writer, keeps others off an execution while its commands are decided; else nothing.
    async fn exclusive(&self, id: &ExecutionId) -> Box<dyn Send>;
}

/// A message taken from the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// To acknowledge it with.
    pub receipt: Receipt,
    /// What it says.
    pub message: Message,
    /// How often it was handed out, this time included.
    pub deliveries: u32,
    /// The `traceparent` of whoever sent it, where one came along.
    pub trace: Option<String>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything it caused is durable; a commit may have acknowledged it already.
    Acknowledge,
    /// Hand it out again, not before so many seconds; it counts as a failure where an error is given.
    Return {
        /// Seconds.
        after_seconds: f64,
        /// Why, for the dead-letter queue.
        error: Option<String>,
    },
}

/// Runs nodes that do I/O.
#[async_trait]
pub trait Runner: Send + Sync {
    /// One attempt, to its end or its timeout. `now` is the host's clock.
    async fn run(
        &self,
        task: &stepwell_core::task::Task,
        now: &(dyn Fn() -> Time + Send + Sync),
    ) -> stepwell_core::task::Report;
}
