//! The one thread that writes: group commit. Requests that arrive while a transaction syncs make up the next one.

use super::{folder::DataFolder, limits, metrics::Metrics};
use engine::port::StoreError;
use rusqlite::{Connection, ErrorCode};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use stepwell_core::{execution::Status, id::ExecutionId};
use tokio::sync::{mpsc, oneshot};

/// A request to write.
pub trait Job: Send {
    /// Writes. Another job's failure may roll it back and have it applied again, so it must not consume itself.
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure>;
    /// The transaction is durable, or this request was refused. Runs on the writer's thread: be quick, never block.
    fn done(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// Why a job could not be applied.
pub enum Failure {
    /// Refused before it wrote anything: the others of its transaction are untouched.
    Refused(StoreError),
    /// The database failed, perhaps after a part was written.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// What the writer remembers of executions, so that a commit needs no look-up.
#[derive(Default)]
pub struct Known {
    heads: HashMap<ExecutionId, KnownHead>,
    next_run: Option<i64>,
}

/// The last committed number of an execution, and what its row in the list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// Its key.
    pub run: i64,
    /// The number of its last turn.
    pub seq: u64,
    /// As in its row.
    pub status: Status,
    /// As in its row.
    pub held: bool,
}

impl Known {
    /// The head of an execution; none where it does not exist.
    pub fn head(&mut self, db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<KnownHead>> {
        if let Some(head) = self.heads.get(id) {
            return Ok(Some(*head));
        }
        let head = super::rows::head(db, id)?;
        if let Some(head) = head {
            self.remember(id, head);
        }
        Ok(head)
    }

    /// What a commit left behind.
    pub fn remember(&mut self, id: &ExecutionId, head: KnownHead) {
        if self.heads.len() >= limits::KNOWN {
            self.heads.clear();
        }
        self.heads.insert(id.clone(), head);
    }

    /// A key for a new execution: they only grow while this process lives.
    pub fn next_run(&mut self, db: &Connection) -> rusqlite::Result<i64> {
        let run = match self.next_run {
            Some(run) => run,
            None => db.query_row("SELECT coalesce(max(run), 0) + 1 FROM executions", [], |row| row.get(0))?,
        };
        self.next_run = Some(run + 1);
        Ok(run)
    }

    /// After a rollback or a deletion only the database knows.
    pub fn forget(&mut self) {
        self.heads.clear();
    }
}

/// The way to the writer.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    closing: Arc<AtomicBool>,
}

/// The last job: once it is there, the writer ends.
struct Close(Arc<AtomicBool>);

impl Job for Close {
    fn apply(&mut self, _: &Connection, _: &mut Known) -> Result<(), Failure> {
        Ok(())
    }

    fn done(self: Box<Self>, _: Result<(), StoreError>) {
        self.0.store(true, Relaxed);
    }
}

impl Writer {
    /// Starts the thread. It ends, and the returned receiver resolves, once it is closed or every `Writer` is gone;
    /// only then is the folder unlocked.
    pub fn start(
        db: Connection,
        metrics: Arc<Metrics>,
        folder: Arc<DataFolder>,
    ) -> std::io::Result<(Self, oneshot::Receiver<()>)> {
        let closing = Arc::new(AtomicBool::new(false));
        let closed = closing.clone();
        let (jobs, mut queue) = mpsc::channel(limits::WRITER_QUEUE);
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new().name("writer".into()).spawn(move || {
            write_all(&db, &mut queue, &metrics, &closed);
            drop(queue);
            // Leaves one file behind, as small as it gets.
            let _ = db.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
            drop(db);
            folder.unlock();
            let _ = ended.send(());
        })?;
        Ok((Self { jobs, closing }, end))
    }

    /// Writes what was handed over before, then ends.
    pub async fn close(&self) {
        let _ = self.jobs.send(Box::new(Close(self.closing.clone()))).await;
    }

    /// Hands a job over; waits while too many do.
    pub async fn send(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        self.jobs.send(job).await.map_err(|_| closed())
    }

    /// Runs a closure in the writer's next transaction; its value once that is durable.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection, &mut Known) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Box::new(Call { work, value: None, reply })).await?;
        answer.await.map_err(|_| closed())?
    }
}

fn closed() -> StoreError {
    StoreError::Transient("the store is shutting down".into())
}

struct Call<W, T> {
    work: W,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: FnMut(&Connection, &mut Known) -> Result<T, Failure> + Send> Job for Call<W, T> {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        self.value = Some((self.work)(db, known)?);
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        let _ = reply.send(outcome.and_then(|()| value.ok_or_else(closed)));
    }
}

fn write_all(db: &Connection, queue: &mut mpsc::Receiver<Box<dyn Job>>, metrics: &Metrics, closing: &AtomicBool) {
    let mut known = Known::default();
    let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(limits::GROUP);
    while !closing.load(Relaxed)
        && let Some(first) = queue.blocking_recv()
    {
        group.push(first);
        while group.len() < limits::GROUP {
            let Ok(next) = queue.try_recv() else { break };
            group.push(next);
        }
        metrics.transactions.fetch_add(1, Relaxed);
        metrics.requests.fetch_add(group.len() as u64, Relaxed);
        let outcomes = transaction(db, &mut known, &mut group);
        if outcomes.iter().any(|outcome| matches!(outcome, Err(StoreError::Transient(_)))) {
            metrics.refused.fetch_add(1, Relaxed);
        }
        for (job, outcome) in group.drain(..).zip(outcomes) {
            job.done(outcome);
        }
    }
}

type Outcome = Result<(), StoreError>;

/// All jobs in one transaction. Where the database fails one of them, all again, each behind a savepoint.
fn transaction(db: &Connection, known: &mut Known, group: &mut [Box<dyn Job>]) -> Vec<Outcome> {
    let attempt = plain(db, known, group).or_else(|error| {
        undo(db, known);
        if is_transient(&error) { Err(error) } else { guarded(db, known, group) }
    });
    attempt.unwrap_or_else(|error| {
        undo(db, known);
        vec![Err(named(&error)); group.len()]
    })
}

fn plain(db: &Connection, known: &mut Known, group: &mut [Box<dyn Job>]) -> rusqlite::Result<Vec<Outcome>> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        outcomes.push(match job.apply(db, known) {
            Ok(()) => Ok(()),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Sql(error)) => return Err(error),
        });
    }
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(outcomes)
}

fn guarded(db: &Connection, known: &mut Known, group: &mut [Box<dyn Job>]) -> rusqlite::Result<Vec<Outcome>> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        db.execute_batch("SAVEPOINT job")?;
        outcomes.push(match job.apply(db, known) {
            Ok(()) => Ok(()),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Sql(error)) if is_transient(&error) => return Err(error),
            Err(Failure::Sql(error)) => {
                db.execute_batch("ROLLBACK TO job")?;
                known.forget();
                Err(named(&error))
            }
        });
        db.execute_batch("RELEASE job")?;
    }
    db.execute_batch("COMMIT")?;
    Ok(outcomes)
}

fn undo(db: &Connection, known: &mut Known) {
    known.forget();
    if !db.is_autocommit()
        && let Err(error) = db.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "the store could not roll back");
    }
}

/// Whether the machine, not the request, is to blame.
fn is_transient(error: &rusqlite::Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, OutOfMemory, ReadOnly,
        SystemIoFailure,
    };
    matches!(
        error.sqlite_error_code(),
        Some(
            DiskFull
                | SystemIoFailure
                | DatabaseBusy
                | DatabaseLocked
                | OutOfMemory
                | CannotOpen
                | ReadOnly
                | FileLockingProtocolFailed
        )
    )
}

/// An error of SQLite as callers know it.
pub fn named(error: &rusqlite::Error) -> StoreError {
    if is_transient(error) {
        StoreError::Transient(error.to_string())
    } else {
        StoreError::Permanent(error.to_string())
    }
}
