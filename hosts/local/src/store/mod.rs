//! The embedded store: one SQLite database in the data folder, one thread that writes to it, a few connections that
//! read, and the states of executions in memory. It keeps and hands out; the rules in `shared` decide.

mod access;
mod admit;
mod attempts;
mod cache;
mod catalogue;
mod commit;
mod documents;
pub mod folder;
mod groups;
mod hub;
mod in_hand;
mod jobs;
mod journal;
pub mod limits;
mod line;
mod lists;
mod load;
mod locks;
mod memories;
pub(crate) mod messages;
pub mod metrics;
pub(crate) mod moves;
#[cfg(test)]
mod moves_tests;
pub(crate) mod needs;
mod outbox;
pub mod question_counters;
pub mod questions;
pub(crate) mod queue;
pub(crate) mod readers;
mod remember;
mod remove;
pub mod repair;
mod rows;
mod saved;
mod schedules;
mod schema;
mod seal;
mod sealed;
mod signing;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timers;
mod tokens;
mod torn;
mod watch;
pub(crate) mod writer;
#[cfg(test)]
mod writer_tests;

pub use folder::{DataFolder, Holder, OpenError, running};
pub use hub::Hub;
pub use metrics::Metrics;
pub use signing::{Kept, Signing, look as look_at_signing_keys};

use crate::{
    asker::Asker,
    memory::Memory,
    queue::{Adopt, Dispatcher, Handler},
};
use attempts::Attempts;
use cache::Cache;
use document::time::Time;
use engine::{documents::Documents, fair::Place, port::StoreError};
use locks::Locks;
use readers::Readers;
use rusqlite::Connection;
use saved::Saved;
use seal::Sealer;
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;
use watch::Watch;
use writer::Writer;

/// The store of one data folder.
pub struct Database {
    pub(crate) hub: Arc<Hub>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) documents: Documents,
    pub(crate) locks: Locks,
    pub(crate) sealer: Arc<Sealer>,
    /// The key of people's links to questions.
    pub(crate) links_key: [u8; 32],
    pub(crate) clock: fn() -> Time,
    pub(crate) memory: Arc<Memory>,
    /// Set while it is sure that there are no tokens: there were none, and none was written since. Every request without
    /// a token asks for this.
    pub(crate) no_tokens: AtomicBool,
    /// Whether the table `needs` may have rows.
    pub(crate) has_needs: AtomicBool,
    folder: Arc<DataFolder>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Database {
    /// Opens the database of a folder, and migrates one that an earlier release wrote. `clock` gives the time by which
    /// messages and timers are due; `memory` is where large values get their room. `OpenError` where the folder's files
    /// cannot be used or a later release wrote them.
    pub fn open(folder: DataFolder, clock: fn() -> Time, memory: Arc<Memory>) -> Result<Self, OpenError> {
        let path = folder.database()?;
        let broken = |error: rusqlite::Error| OpenError::Database { path: path.clone(), error: error.to_string() };
        let db = connect(&path)?;
        // Receipts are the rows' keys: those of this process begin above all that an earlier process left behind.
        let first: i64 =
            db.query_row("SELECT coalesce(max(id), 0) + 1 FROM queue", [], |row| row.get(0)).map_err(broken)?;
        let no_tokens = !tokens::any(&db).map_err(broken)?;
        needs::tidy(&db).map_err(broken)?;
        let has_needs = needs::any(&db).map_err(broken)?;
        let key = folder.key(seal::fresh_key)?;
        let sealer = Sealer::new(&key)
            .ok_or_else(|| OpenError::Database { path: path.clone(), error: "its key is no AES-256 key".into() })?;
        sealed::warn_of_sealed(&db, &sealer);
        let metrics = Arc::new(Metrics::default());
        let folder = Arc::new(folder);
        let (writer, ended) = Writer::start(db, metrics.clone(), folder.clone())
            .map_err(|error| OpenError::Io { path: path.clone(), error })?;
        let dispatcher = Arc::new(Dispatcher::new(first.unsigned_abs(), metrics.clone(), clock, limits::WINDOW));
        Ok(Self {
            hub: Arc::new(Hub {
                cache: Cache::new(memory.bytes() / 4),
                watch: Watch::default(),
                attempts: Attempts::default(),
                in_hand: in_hand::InHand::default(),
                metrics,
                queue: dispatcher.clone(),
                saved: Saved::default(),
                moves: dispatcher.moves.clone(),
                replanned: Arc::default(),
                jobs: Arc::default(),
            }),
            dispatcher,
            writer,
            readers: Readers::new(path),
            documents: Documents::new(limits::WORKFLOWS),
            locks: Locks::default(),
            sealer: Arc::new(sealer),
            links_key: seal::derived_key(&key, "stepwell: links to questions"),
            clock,
            memory,
            no_tokens: AtomicBool::new(no_tokens),
            has_needs: has_needs.into(),
            folder,
            ended: Mutex::new(Some(ended)),
        })
    }

    /// The data folder, where the host announces the address of its API.
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Begins to hand out messages, those that an earlier process left behind included. `Permanent` where it was called
    /// before.
    pub async fn start(&self, handler: Arc<dyn Handler>) -> Result<(), StoreError> {
        self.dispatcher.start(handler, self.writer.clone(), &self.readers).await
    }

    /// Moves nothing from now on but the executions that are adopted. To be called before [`Self::start`].
    pub fn move_only_adopted(&self) {
        self.dispatcher.moves.only_added();
    }

    /// Moves an execution, which need not be there yet, and all below it. `http_allow` is kept as what their requests
    /// may reach although it is not public; none leaves what is kept. An error of the store.
    pub async fn adopt(&self, id: &ExecutionId, http_allow: Option<String>) -> Result<(), StoreError> {
        if http_allow.is_some() {
            self.has_needs.store(true, Relaxed);
        }
        let (reply, answer) = oneshot::channel();
        let job = Adopt::new(id.clone(), http_allow, self.dispatcher.clone(), reply);
        self.writer.send(&Self::place(""), Box::new(job))?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }

    /// What `http_request` nodes of an execution may reach although it is not public, beside what the host lets all
    /// reach: as the text of an allow list. None where nothing was said.
    pub async fn http_allow(&self, id: &ExecutionId) -> Result<Option<String>, StoreError> {
        if !self.has_needs.load(Relaxed) {
            return Ok(None);
        }
        let id = id.clone();
        self.readers.read(move |db| needs::http_allow(db, &id)).await
    }

    /// Stops handing out messages and waits until those being handled are done, at most for `grace`. Then it closes the
    /// database and unlocks the folder. True where nothing was cut off; a message that was is handed out again at the
    /// next start.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        let calm = self.dispatcher.stop(grace).await;
        // Readers close before the writer, so that its last checkpoint finds nobody reading and can empty the log.
        self.readers.close().await;
        self.writer.close();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            let _ = ended.await;
        }
        calm
    }

    /// The place of a request that concerns no single execution; `owner` is empty for what concerns no single owner.
    fn place(owner: &str) -> Place {
        Place { owner: owner.into(), rank: Asker::current().rank(false) }
    }

    /// Whether [`Database::shutdown`] has begun.
    pub fn is_stopping(&self) -> bool {
        self.dispatcher.is_stopped()
    }
}

/// Opens the connection of the writer, with the settings that the store relies on and the newest tables.
fn connect(path: &Path) -> Result<Connection, OpenError> {
    let broken = |error: rusqlite::Error| OpenError::Database { path: path.into(), error: error.to_string() };
    let db = Connection::open(path).map_err(broken)?;
    // A file of a later release is refused before any setting could change it.
    let found = schema::version(&db).map_err(broken)?;
    if found > schema::newest() {
        return Err(OpenError::Newer { path: path.into(), found, known: schema::newest() });
    }
    db.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    // In WAL mode readers do not wait for the writer. `FULL` syncs the log at each commit, so that what a caller was
    // told of survives a power cut. Foreign keys are off since no table declares one.
    let set = || {
        db.busy_timeout(Duration::from_secs(5))?;
        db.pragma_update(None, "page_size", limits::PAGE_BYTES)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", "OFF")?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.pragma_update(None, "wal_autocheckpoint", limits::CHECKPOINT_PAGES)?;
        db.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
        schema::migrate(&db)
    };
    set().map_err(broken)?;
    Ok(db)
}
