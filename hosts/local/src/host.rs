//! The embedded host behind the traits of `engine::port`: store, queue and nodes in one process.

use crate::store::{DataFolder, Database, Metrics, OpenError, limits};
use async_trait::async_trait;
use document::{Workflow, id::WorkflowId, schedule::Scheduled, time::Time};
use engine::port::{
    Catalogue, Commit, ExecutionFilter, Head, Host, InteractionFilter, Page, Runner, SavedWorkflow, Secret, Store,
    StoreError, Token, Window,
};
use nodes::Nodes;
use std::{
    hash::{BuildHasher, RandomState},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    effect::Effect,
    event::Turn,
    execution::Execution,
    id::{ExecutionId, InteractionId},
    task::{NodeLog, Report, Task},
};
use tokio::sync::Mutex;

pub use crate::queue::Handler;

/// The embedded host: one data folder, the nodes that do I/O, and the locks that keep commands on one execution apart.
pub struct Local {
    database: Database,
    nodes: Nodes,
    stripes: Vec<Arc<Mutex<()>>>,
    hasher: RandomState,
}

impl Local {
    /// Opens a data folder, and creates it where it is absent. Nothing is handed out before [`Local::start`]. An error
    /// where another process has the folder or its files cannot be used.
    pub fn open(path: impl AsRef<Path>, nodes: Nodes) -> Result<Self, OpenError> {
        let database = Database::open(DataFolder::open(path)?, clock)?;
        let stripes = (0..limits::STRIPES).map(|_| Arc::default()).collect();
        Ok(Self { database, nodes, stripes, hasher: RandomState::new() })
    }

    /// Begins to hand messages to a handler, those that an earlier process left behind first. `Permanent` the second
    /// time.
    pub async fn start(&self, handler: Arc<dyn Handler>) -> Result<(), StoreError> {
        self.database.start(handler).await
    }

    /// Stops handing out messages, waits at most `grace` for those being handled, closes the database and unlocks the
    /// folder. False where something was cut off; it is handed out again at the next start.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        self.database.shutdown(grace).await
    }

    /// Whether [`Local::shutdown`] has begun.
    pub fn is_stopping(&self) -> bool {
        self.database.is_stopping()
    }

    /// The data folder. A server announces there at which address its API listens.
    pub fn folder(&self) -> &DataFolder {
        self.database.folder()
    }

    /// The counters of store, queue and schedules since this process started.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.database.hub.metrics
    }

    /// The store, for what the traits do not offer.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// The time by this machine's clock, in milliseconds since 1970.
pub fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Store for Local {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.database.load(id).await
    }
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.database.commit(commit).await
    }
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.database.deliver(execution, effects).await
    }
    fn delivers_in_commit(&self) -> bool {
        true
    }
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.database.turns(id, after, limit).await
    }
    async fn changed(&self, id: &ExecutionId, seq: u64) {
        self.database.changed(id, seq).await;
    }
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError> {
        self.database.executions(filter, window).await
    }
    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError> {
        self.database.count(filter).await
    }
    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        self.database.held(owner, workflow).await
    }
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        self.database.delete(id).await
    }
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        self.database.interactions(filter, window).await
    }
    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        self.database.asks(interaction).await
    }
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        self.database.logs(id, window).await
    }
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.database.timed_out(now, limit).await
    }
    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.database.expired(now, limit).await
    }
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        self.database.workflow(hash).await
    }
    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        self.database.keep_workflow(workflow).await
    }
}

#[async_trait]
impl Catalogue for Local {
    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError> {
        self.database.save(owner, workflow, expected, now).await
    }
    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        self.database.saved(owner, id, version).await
    }
    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        self.database.list(owner, window).await
    }
    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        self.database.delete_workflow(owner, id).await
    }
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        self.database.secret(owner, name).await
    }
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.database.set_secret(owner, name, secret).await
    }
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        self.database.token(sha256).await
    }
    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        self.database.add_token(token).await
    }
    async fn has_tokens(&self) -> Result<bool, StoreError> {
        self.database.has_tokens().await
    }
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError> {
        self.database.due_schedules(now, limit).await
    }
    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.database.advance_schedule(schedule.clone(), next_at, error).await
    }
}

#[async_trait]
impl Host for Local {
    fn now(&self) -> Time {
        clock()
    }
    fn new_id(&self) -> ExecutionId {
        uuid::Uuid::now_v7().to_string().into()
    }
    async fn run(&self, task: &Task) -> Report {
        self.nodes.run(task, &clock).await
    }
    /// Waits for the lock of an execution, which is held until the returned value is dropped. Its holder must not ask
    /// for the lock of another execution: the two may share a stripe.
    async fn exclusive(&self, id: &ExecutionId) -> Box<dyn Send> {
        let stripe = self.hasher.hash_one(id) as usize % self.stripes.len().max(1);
        match self.stripes.get(stripe) {
            Some(stripe) => Box::new(stripe.clone().lock_owned().await),
            None => Box::new(()),
        }
    }
}
