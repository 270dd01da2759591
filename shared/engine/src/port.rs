//! What a host provides. Adapters only keep and hand out: no rule is theirs, and they never look inside of an event.

use crate::scope::Scope;
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
    interaction::InteractionStatus,
    payload::{BlobRef, Payload},
    task::NodeLog,
};

/// Why storage failed, named by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process committed first: load again, decide again.
    #[error("another turn was committed first")]
    Conflict,
    /// The store may work again in a moment: try later. Nothing was acknowledged.
    #[error("the store is not available at the moment: {0}")]
    Transient(String),
    /// Trying again does not help.
    #[error("the store failed: {0}")]
    Permanent(String),
}

/// One conditional write: consecutive turns of one execution, what they ask for, and the messages that they answer.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The turns. The first one's number must be one above the last committed one, or the write is a `Conflict`.
    pub turns: Vec<Turn>,
    /// The state after the last turn.
    pub state: Arc<Execution>,
    /// What the turns ask for, in order.
    pub effects: Vec<Effect>,
    /// Lines that nodes wrote.
    pub logs: Vec<NodeLog>,
    /// Values to offload, each with its JSON.
    pub blobs: Vec<(BlobRef, Vec<u8>)>,
    /// Receipts of the messages that caused the turns. Some hosts acknowledge them in the same write.
    pub acks: Vec<Receipt>,
    /// When somebody must look after the execution, in case that a message of it was lost; none where nobody has to,
    /// and on hosts that deliver in the commit.
    pub due: Option<Time>,
}

/// The number by which a host acknowledges a message that it handed out.
pub type Receipt = u64;

/// A row of the list of executions.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The execution's id.
    pub id: ExecutionId,
    /// The execution's status.
    pub status: Status,
}

/// Which executions a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutionFilter {
    /// The tenant whose executions are listed.
    pub owner: String,
    /// Only executions of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Only executions in one of these statuses; empty for all.
    pub statuses: Vec<Status>,
    /// Only executions started at this time or later.
    pub since: Option<Time>,
    /// Only executions started before this time.
    pub until: Option<Time>,
    /// Metadata that must be equal.
    pub metadata: Map<String, Value>,
    /// Children of this execution; where none is named, executions without a parent.
    pub parent: Option<ExecutionId>,
}

/// Which interactions a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InteractionFilter {
    /// The tenant whose interactions are listed.
    pub owner: String,
    /// Only interactions of this status; none for all.
    pub status: Option<InteractionStatus>,
    /// Only interactions that this subject may answer.
    pub assignee: Option<String>,
    /// Only interactions of this execution.
    pub execution_id: Option<ExecutionId>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next part begins; none at the end of the list.
    pub next_cursor: Option<String>,
}

/// Where a list goes on, and how much of it is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// How many items at most, 1 to 200.
    pub limit: usize,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
}

/// A saved version of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedWorkflow {
    /// The workflow's id.
    pub id: WorkflowId,
    /// Number of the version, from 1.
    pub version: u64,
    /// The hash of the document.
    pub hash: String,
    /// The normalized document.
    pub document: Arc<Value>,
    /// When this version was saved.
    pub saved_at: Time,
    /// Whether the workflow was deleted, so that nothing starts it any more.
    pub deleted: bool,
}

/// A stored credential, decrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The secret itself.
    pub value: String,
    /// The hosts that the secret may be sent to; empty for any.
    pub hosts: Vec<String>,
}

/// An API token as it is stored: without the token itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Hexadecimal SHA-256 of the token.
    pub sha256: String,
    /// The token's name, for people.
    pub name: String,
    /// The tenant whose records the token opens.
    pub owner: String,
    /// The subject that bears the token, such as an e-mail address.
    pub subject: String,
    /// What the token allows.
    #[serde(deserialize_with = "crate::scope::known")]
    pub scopes: Vec<Scope>,
    /// When the token ends; none for a token without an end.
    pub expires_at: Option<Time>,
}

/// State: executions, with one conditional write per commit.
#[async_trait]
pub trait Store: Send + Sync {
    /// The state of an execution, strongly consistent, every payload in it fetched; none where it does not exist.
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// The state of an execution, in which offloaded values may be missing until [`Store::fetch`] brings them.
    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.load(id).await
    }
    /// Brings missing values of a lean state.
    async fn fetch(&self, _: &ExecutionId, _: &[&Payload]) -> Result<(), StoreError> {
        Ok(())
    }
    /// Bytes of a value that is kept inline. A larger one comes as a blob of the commit.
    fn inline_bytes(&self) -> usize {
        crate::limits::INLINE_BYTES
    }
    /// Writes a commit whole or not at all; it is durable when this returns. A host may also deliver and acknowledge.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;
    /// Delivers effects of committed turns; again where they were delivered before.
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError>;
    /// Delivers the effects of turns that this process committed just now. Where the host delivers later what could not
    /// be delivered now, that is no error: what the caller asked for is durable, and asking again could do it twice.
    async fn deliver_committed(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.deliver(execution, effects).await
    }
    /// Whether `commit` delivers the effects and acknowledges the receipts in its one write.
    fn delivers_in_commit(&self) -> bool;
    /// At most `limit` turns after a sequence number, oldest first, every payload in them fetched.
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError>;
    /// The same turns, in which offloaded values may be missing: a caller that shows turns shows where the values lie.
    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.turns(id, after, limit).await
    }
    /// Resolves when an execution of this id has a turn after `seq`, or after a while: callers look again.
    async fn changed(&self, id: &ExecutionId, seq: u64);
    /// What an execution has cost beyond its turns, on hosts that pay by use: counts by name, and `usd`.
    async fn cost(&self, _: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        Ok(Map::new())
    }
    /// A part of the list of executions, newest first.
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError>;
    /// How many executions match.
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
    /// Waits until no other process starts an execution of a workflow whose starts depend on its other executions.
    /// Returns a ticket for [`Store::leave`]; a process that does not come back loses its turn after a while.
    async fn enter(&self, _: &str, _: &WorkflowId) -> Result<String, StoreError> {
        Ok(String::new())
    }
    /// Gives the turn back that [`Store::enter`] gave.
    async fn leave(&self, _: &str, _: &WorkflowId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
    /// The oldest execution of a workflow that `max_concurrency` holds back, and how many of the workflow are under
    /// way.
    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError>;
    /// Removes an ended execution with all its data, and its children.
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError>;
    /// A part of the list of interactions, soonest deadline first.
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError>;
    /// The execution that an interaction belongs to.
    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError>;
    /// Lines that the nodes of an execution wrote, oldest first.
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError>;
    /// Executions that somebody must look after by now (see [`Commit::due`]), or whose effects may not have been
    /// delivered. Empty where commits deliver.
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
    /// The parsed document of that hash.
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError>;
    /// Keeps a parsed document under its hash; keeping it twice is keeping it once.
    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError>;
}

/// The catalogue: saved workflows, schedules, tokens, secrets.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Saves the next version, unless the latest one has this hash already. Where `expected` is given and is not the
    /// latest version, that is a `Conflict`. Returns the version and whether it is new; a deleted workflow comes back.
    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError>;
    /// One version of a workflow; the latest where none is named.
    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError>;
    /// A part of the latest versions, by id; deleted workflows are left out.
    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError>;
    /// Marks a workflow as deleted, so that nothing starts it; false where there is none.
    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError>;
    /// A credential of an owner, by its name.
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError>;
    /// Stores a credential, in place of one of the same name.
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError>;
    /// The API token with that SHA-256 (hexadecimal).
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError>;
    /// Stores an API token.
    async fn add_token(&self, token: Token) -> Result<(), StoreError>;
    /// Whether any API token exists.
    async fn has_tokens(&self) -> Result<bool, StoreError>;
    /// The `event_trigger` nodes with a pattern in the latest versions of an owner's workflows, deleted ones left out:
    /// [`pattern::listeners`](document::pattern::listeners) of their documents. Every event asks for them, so a host with
    /// many documents keeps these rows beside them; the default reads every document.
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
    /// [`schedule::plan`](document::schedule::plan) of the new version, in place of the workflow's others; one with the
    /// same node and times (`same_times`) keeps its `next_at`. `delete_workflow` removes them. Saving the same content
    /// changes none.
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError>;
    /// Notes that a schedule's time is done with: its next one is `next_at`, or it is removed where there is none.
    /// `error` says why nothing was started. If the stored `next_at` is another one by now, another process did this
    /// and nothing changes.
    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError>;
}

/// Everything that the functions need around the rules.
#[async_trait]
pub trait Host: Store + Catalogue {
    /// The host's clock.
    fn now(&self) -> Time;
    /// The time that work may still take, so that what follows it is done before this process is cut off. None where
    /// nothing cuts it off.
    fn time_left(&self) -> Option<Duration> {
        None
    }
    /// A new execution id: a UUID v7.
    fn new_id(&self) -> ExecutionId;
    /// Runs one attempt of a node that does I/O.
    async fn run(&self, task: &stepwell_core::task::Task) -> stepwell_core::task::Report;
    /// Keeps the token by which a caller who waits for an execution's end is told, such as a task token of Step
    /// Functions, beside those kept before: all are told. It is kept before the start, so that no end comes earlier; an
    /// execution may never follow. It is a credential, which stays out of the state, of logs and of errors.
    async fn keep_caller(&self, _: &ExecutionId, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Permanent(
            "this host cannot tell a caller of an execution's end: start it without a token".into(),
        ))
    }
    /// Where a host is the only writer, keeps others off an execution while its commands are decided; else does
    /// nothing.
    async fn exclusive(&self, id: &ExecutionId) -> Box<dyn Send>;
}

/// A message taken from the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The number that acknowledges the message.
    pub receipt: Receipt,
    /// The message itself.
    pub message: Message,
    /// How often the message was handed out, this time included.
    pub deliveries: u32,
    /// The `traceparent` (W3C Trace Context) of the sender; none where none came along.
    pub trace: Option<String>,
}

/// What becomes of a message that was handed out.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything that the message caused is durable; a commit may have acknowledged it already.
    Acknowledge,
    /// Hand the message out again later. It counts as a failure where an error is given.
    Return {
        /// Seconds that must pass before it is handed out again.
        after_seconds: f64,
        /// Why the message failed, for people who look at dead letters; none where it only came too early.
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
