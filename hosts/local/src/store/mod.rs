//! The embedded store: SQLite, one writer, states in memory.

mod cache;
mod catalogue;
mod commit;
pub mod folder;
pub mod limits;
mod lists;
mod load;
pub mod metrics;
mod outbox;
pub(crate) mod readers;
mod remove;
mod rows;
mod rules;
mod saved;
mod schema;
mod seal;
#[cfg(test)]
pub(crate) mod tests;
mod watch;
pub(crate) mod writer;

pub use folder::{DataFolder, Holder, OpenError, running};
pub use metrics::Metrics;

use crate::queue::{Dispatcher, Handler};
use cache::Cache;
use document::{Workflow, time::Time};
use engine::port::{Commit, StoreError};
use load::Workflows;
use outbox::{Outbox, Redeliver};
use readers::Readers;
use rusqlite::Connection;
use saved::Saved;
use seal::Sealer;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use stepwell_core::{effect::Effect, id::ExecutionId};
use tokio::sync::{Notify, oneshot};
use watch::Watch;
use writer::Writer;

/// What a commit touches once it is durable.
pub struct Hub {
    pub(crate) cache: Cache,
    pub(crate) watch: Watch,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) saved: Saved,
    /// Rings when schedules were saved or deleted.
    pub(crate) replanned: Arc<Notify>,
}

/// The store of one data folder.
pub struct Database {
    pub(crate) hub: Arc<Hub>,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) workflows: Workflows,
    pub(crate) sealer: Sealer,
    pub(crate) clock: fn() -> Time,
    folder: Arc<DataFolder>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Database {
    /// Opens the database of a folder, migrating an older one.
    pub fn open(folder: DataFolder, clock: fn() -> Time) -> Result<Self, OpenError> {
        let path = folder.database()?;
        let broken = |error: rusqlite::Error| OpenError::Database { path: path.clone(), error: error.to_string() };
        let db = connect(&path)?;
        let first: i64 =
            db.query_row("SELECT coalesce(max(id), 0) + 1 FROM queue", [], |row| row.get(0)).map_err(broken)?;
        let key = folder.key(seal::fresh_key)?;
        let sealer = Sealer::new(&key)
            .ok_or_else(|| OpenError::Database { path: path.clone(), error: "its key is no AES-256 key".into() })?;
        let metrics = Arc::new(Metrics::default());
        let folder = Arc::new(folder);
        let (writer, ended) = Writer::start(db, metrics.clone(), folder.clone())
            .map_err(|error| OpenError::Io { path: path.clone(), error })?;
        let dispatcher = Arc::new(Dispatcher::new(first.unsigned_abs(), metrics.clone(), clock, limits::WINDOW));
        Ok(Self {
            hub: Arc::new(Hub {
                cache: Cache::default(),
                watch: Watch::default(),
                metrics,
                dispatcher,
                saved: Saved::default(),
                replanned: Arc::default(),
            }),
            writer,
            readers: Readers::new(path),
            workflows: Workflows::default(),
            sealer,
            clock,
            folder,
            ended: Mutex::new(Some(ended)),
        })
    }

    /// The folder, to announce the API's address in.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Begins to hand out messages.
    pub async fn start(&self, handler: Arc<dyn Handler>) -> Result<(), StoreError> {
        self.hub.dispatcher.start(handler, self.writer.clone(), &self.readers).await
    }

    /// Waits for what is being handled, at most `grace`; then closes the database and unlocks the folder.
    /// True where nothing was cut off: what was is handed out again at the next start.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        let calm = self.hub.dispatcher.stop(grace).await;
        self.readers.close().await;
        self.writer.close().await;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
        calm
    }

    /// One write or none (see [`engine::port::Store::commit`]).
    pub async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let before = self.hub.cache.get(commit.state.id());
        let expires_at = self.expiry(&commit.state).await?;
        let document = self.brought_along(&commit).await?;
        let (reply, answer) = oneshot::channel();
        let write = commit::Write::new(commit, before, expires_at, document, &self.hub, (self.clock)(), reply)?;
        self.writer.send(Box::new(write)).await?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }

    /// The document of an inline start: another execution of it may just have been removed, and the document with it.
    async fn brought_along(&self, commit: &Commit) -> Result<Option<Arc<Workflow>>, StoreError> {
        let started = &commit.state.started;
        let is_start = commit.turns.first().is_some_and(|turn| turn.seq == 1);
        if !is_start || started.workflow_version > 0 || started.parent.is_some() {
            return Ok(None);
        }
        let hash = &started.workflow_hash;
        let gone = || StoreError::Transient(format!("the document {hash} was just removed: start again"));
        self.workflow(hash).await?.ok_or_else(gone).map(Some)
    }

    /// Effects once more (see [`engine::port::Store::deliver`]).
    pub async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        if effects.is_empty() {
            return Ok(());
        }
        let Some(state) = self.load(execution).await? else { return Ok(()) };
        let dispatcher = self.hub.dispatcher.clone();
        let outbox = Outbox::new(&dispatcher, execution, &state.started.owner, effects, (self.clock)())?;
        let (reply, answer) = oneshot::channel();
        self.writer.send(Box::new(Redeliver { outbox, dispatcher, reply })).await?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let broken = |error: rusqlite::Error| OpenError::Database { path: path.into(), error: error.to_string() };
    let db = Connection::open(path).map_err(broken)?;
    let found = schema::version(&db).map_err(broken)?;
    if found > schema::newest() {
        return Err(OpenError::Newer { path: path.into(), found, known: schema::newest() });
    }
    db.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    let set = || {
        db.busy_timeout(Duration::from_secs(5))?;
        db.pragma_update(
            None,
            "page_size",
            std::env::var("XP").ok().and_then(|v| v.parse().ok()).unwrap_or(limits::PAGE_BYTES),
        )?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", "OFF")?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.pragma_update(
            None,
            "wal_autocheckpoint",
            std::env::var("XC").ok().and_then(|v| v.parse().ok()).unwrap_or(limits::CHECKPOINT_PAGES),
        )?;
        db.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
        schema::migrate(&db)
    };
    set().map_err(broken)?;
    Ok(db)
}
