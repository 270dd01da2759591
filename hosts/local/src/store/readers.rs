//! Connections for reading. SQLite blocks its thread, so each read runs on a thread of Tokio's pool for blocking work.

use super::{limits, writer::named};
use crate::asker::Asker;
use engine::port::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// At most [`limits::READERS`] connections, each opened when it is first needed.
#[derive(Clone)]
pub struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
    /// Whoever handles a message reads in one of these at a time, so that a place is left for callers.
    of_queue: Arc<Semaphore>,
}

impl Readers {
    /// Prepares to read a database that has been migrated already.
    pub fn new(path: PathBuf) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        let (all, of_queue) = (places(limits::READERS), places(limits::QUEUE_READERS));
        Self { path: Arc::new(path), idle: Arc::default(), places: all, of_queue }
    }

    /// Runs a closure with a connection; waits while all are in use. `Transient` once they are closed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Transient("the store is shutting down".into());
        let of_queue = match Asker::current() {
            Asker::Caller => None,
            Asker::Queue => Some(self.of_queue.clone().acquire_owned().await.map_err(closed)?),
        };
        let place = (self.places.clone().acquire_owned().await.map_err(closed)?, of_queue);
        let (path, idle) = (self.path.clone(), self.idle.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _place = place;
            let free = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = match free {
                Some(db) => db,
                None => open(&path)?,
            };
            let answer = work(&db);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            answer
        });
        match task.await {
            Ok(answer) => answer.map_err(|error| named(&error)),
            Err(error) => Err(StoreError::Transient(error.to_string())),
        }
    }

    /// Waits until nobody reads, closes all connections, and refuses further reads.
    pub async fn close(&self) {
        let all = self.places.acquire_many(limits::READERS as u32).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(all);
        self.places.close();
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.set_prepared_statement_cache_capacity(limits::STATEMENTS);
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
    Ok(db)
}
