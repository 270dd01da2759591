//! The one thread that writes to the database. It commits in groups: requests that arrive while a transaction syncs are
//! applied together in the next, so that one sync serves them all. Which of them comes first, [`Line`] says.

use super::{
    folder::DataFolder,
    limits,
    line::Line,
    metrics::Metrics,
    rows::{self, KnownHead},
};
use engine::{fair::Place, port::StoreError};
use rusqlite::{Connection, ErrorCode};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;

/// A request to write, which the writer applies within a transaction.
pub trait Job: Send {
    /// Writes within the open transaction. The failure of another job may roll this one back and have it applied again,
    /// so it must not use itself up.
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure>;
    /// Called when the transaction is durable, or this request was refused. It runs on the writer's thread, where all
    /// other requests wait, so it must be quick and never block.
    fn done(self: Box<Self>, outcome: Result<(), StoreError>);
    /// Bytes that it writes, where they are many: a group ends once it has written [`limits::GROUP_BYTES`].
    fn bytes(&self) -> usize {
        0
    }
}

/// Why a job could not be applied.
pub enum Failure {
    /// The job refused before it wrote anything, so the other jobs of its transaction are untouched.
    Refused(StoreError),
    /// The database failed, perhaps after a part of the job was written.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// What the writer remembers of executions, so that a commit needs no query to check its condition.
#[derive(Default)]
pub struct Known {
    heads: HashMap<ExecutionId, KnownHead>,
    /// The key of the next new execution; none until the first asks for one.
    next_run: Option<i64>,
}

impl Known {
    /// Returns the head of an execution, from memory or the database; none where it does not exist.
    pub fn head(&mut self, db: &Connection, id: &ExecutionId) -> rusqlite::Result<Option<KnownHead>> {
        if let Some(head) = self.heads.get(id) {
            return Ok(Some(*head));
        }
        let head = rows::head(db, id)?;
        if let Some(head) = head {
            self.remember(id, head);
        }
        Ok(head)
    }

    /// Remembers the head that a commit leaves. It may be wrong once the transaction fails: see [`Self::forget`].
    pub fn remember(&mut self, id: &ExecutionId, head: KnownHead) {
        if self.heads.len() >= limits::KNOWN {
            self.heads.clear();
        }
        self.heads.insert(id.clone(), head);
    }

    /// Returns a key for a new execution. Keys only grow while this process lives, so that lists can order by them.
    pub fn next_run(&mut self, db: &Connection) -> rusqlite::Result<i64> {
        let run = match self.next_run {
            Some(run) => run,
            None => db.query_row("SELECT coalesce(max(run), 0) + 1 FROM executions", [], |row| row.get(0))?,
        };
        self.next_run = Some(run + 1);
        Ok(run)
    }

    /// Forgets all heads: after a rollback or a deletion only the database knows them.
    pub fn forget(&mut self) {
        self.heads.clear();
    }
}

/// A handle to the writer, by which jobs reach its thread.
#[derive(Clone)]
pub struct Writer(Arc<Handle>);

/// What all handles share. Once the last is gone the thread ends.
struct Handle(Arc<Line<Box<dyn Job>>>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Writer {
    /// Starts the thread. It ends once [`Self::close`] was called or every `Writer` is gone. Then it closes the
    /// database, unlocks the folder, and the returned receiver resolves. An error where the system gives no thread.
    pub fn start(
        db: Connection,
        metrics: Arc<Metrics>,
        folder: Arc<DataFolder>,
    ) -> std::io::Result<(Self, oneshot::Receiver<()>)> {
        let waiting = Arc::new(Line::default());
        let line = waiting.clone();
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new().name("writer".into()).spawn(move || {
            write_all(&db, &line, &metrics);
            // The log is folded into the database and emptied, so that one file is left behind.
            let _ = db.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
            drop(db);
            folder.unlock();
            let _ = ended.send(());
        })?;
        Ok((Self(Arc::new(Handle(waiting))), end))
    }

    /// Asks the thread to write what was handed over before, and then to end.
    pub fn close(&self) {
        self.0.0.close();
    }

    /// Hands a job to the writer, to take its place among those that wait. `Transient` once the writer closes.
    pub fn send(&self, place: &Place, job: Box<dyn Job>) -> Result<(), StoreError> {
        if self.0.0.put(place, job) { Ok(()) } else { Err(closed()) }
    }

    /// Runs a closure in one of the writer's next transactions, and returns its value once that is durable. The closure
    /// may run more than once (see [`Job::apply`]).
    pub async fn call<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnMut(&Connection, &mut Known) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(&place, Box::new(Call { work, value: None, reply }))?;
        answer.await.map_err(|_| closed())?
    }
}

fn closed() -> StoreError {
    StoreError::Transient("the store is shutting down".into())
}

/// A closure as a job, with the value of its latest run.
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

/// The line of a thread that takes from it. Where the thread ends by a panic, those who wait are told that the store is
/// gone.
struct Taking<'a>(&'a Line<Box<dyn Job>>);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The loop of the thread: takes what waits as one group, commits it, and tells each job its outcome.
fn write_all(db: &Connection, line: &Line<Box<dyn Job>>, metrics: &Metrics) {
    let _taking = Taking(line);
    let mut known = Known::default();
    let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(limits::GROUP);
    while let Some(first) = line.wait() {
        group.push(first);
        metrics.transactions.fetch_add(1, Relaxed);
        let outcomes = transaction(db, &mut known, &mut group, line);
        metrics.requests.fetch_add(group.len() as u64, Relaxed);
        if outcomes.iter().any(|outcome| matches!(outcome, Err(StoreError::Transient(_)))) {
            metrics.refused.fetch_add(1, Relaxed);
        }
        for (job, outcome) in group.drain(..).zip(outcomes) {
            job.done(outcome);
        }
    }
}

type Outcome = Result<(), StoreError>;

/// Applies the jobs of a group and what else waits in one transaction. Where the database fails for one of them, all are
/// applied again, each behind a savepoint, so that only the one at fault fails. An error of the machine, such as a full
/// disk, fails them all.
fn transaction(
    db: &Connection,
    known: &mut Known,
    group: &mut Vec<Box<dyn Job>>,
    line: &Line<Box<dyn Job>>,
) -> Vec<Outcome> {
    let attempt = plain(db, known, group, line).or_else(|error| {
        undo(db, known);
        if is_transient(&error) { Err(error) } else { guarded(db, known, group) }
    });
    attempt.unwrap_or_else(|error| {
        undo(db, known);
        vec![Err(named(&error)); group.len()]
    })
}

/// Applies and commits a group without savepoints, which is the fast way. Any error of the database ends it. The group
/// grows by what waits until it is full, so that what is urgent and arrives meanwhile goes along.
fn plain(
    db: &Connection,
    known: &mut Known,
    group: &mut Vec<Box<dyn Job>>,
    line: &Line<Box<dyn Job>>,
) -> rusqlite::Result<Vec<Outcome>> {
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let (began, mut bytes) = (Instant::now(), 0);
    let mut outcomes = Vec::with_capacity(limits::GROUP);
    while let Some(job) = group.last_mut() {
        outcomes.push(match job.apply(db, known) {
            Ok(()) => Ok(()),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Sql(error)) => return Err(error),
        });
        bytes += job.bytes();
        if group.len() >= limits::GROUP || bytes >= limits::GROUP_BYTES || began.elapsed() >= limits::GROUP_TIME {
            break;
        }
        let Some(next) = line.next() else { break };
        group.push(next);
    }
    db.prepare_cached("COMMIT")?.execute([])?;
    Ok(outcomes)
}

/// Applies and commits a group with a savepoint for each job: an error of the database undoes only the job it happened
/// in.
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

/// Rolls back an open transaction, and what was remembered of it.
fn undo(db: &Connection, known: &mut Known) {
    known.forget();
    if !db.is_autocommit()
        && let Err(error) = db.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "the store could not roll back");
    }
}

/// Whether an error is the machine's, which may pass, rather than the request's.
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

/// Translates an error of SQLite to what its caller does next: try again later, or not at all.
pub fn named(error: &rusqlite::Error) -> StoreError {
    if is_transient(error) {
        StoreError::Transient(error.to_string())
    } else {
        StoreError::Permanent(error.to_string())
    }
}
