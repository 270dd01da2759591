//! The journal: states from memory or by folding, and one transaction for each commit.

use super::{
    Database, commit,
    lists::{cursor, limit, page},
    remove, rows,
};
use crate::asker::Asker;
use async_trait::async_trait;
use document::{Workflow, time::Time};
use engine::port::{Catalogue, Commit, Journal, Page, StoreError, Window};
use rusqlite::params;
use std::sync::{Arc, atomic::Ordering::Relaxed};
use stepwell_core::{
    event::Turn,
    execution::Execution,
    id::{Activation, ExecutionId},
    payload::Payload,
    retention::expires_at,
    task::{LogLevel, LogLine, NodeLog},
};
use tokio::sync::oneshot;

#[async_trait]
impl Journal for Database {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        let Some(state) = self.load_lean(id).await? else { return Ok(None) };
        self.fetch(id, &state.payloads()).await?;
        Ok(Some(state))
    }

    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        if let Some(state) = self.hub.cache.get(id) {
            self.hub.metrics.hits.fetch_add(1, Relaxed);
            return Ok(Some(state));
        }
        self.hub.metrics.misses.fetch_add(1, Relaxed);
        let read = async {
            let Some((state, bytes)) = self.read_state(id).await? else { return Ok(None) };
            let values: usize = state.payloads().into_iter().map(|payload| payload.memory(usize::MAX)).sum();
            Ok(Some((state, bytes + values)))
        };
        self.hub.cache.load(id, read).await
    }

    async fn fetch(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        let bytes = self.read_values(id, payloads).await?;
        if bytes > 0 {
            self.hub.cache.grow(id, bytes);
        }
        Ok(())
    }

    fn keeps_states(&self) -> bool {
        true
    }

    async fn exclusive(&self, id: &ExecutionId) -> Box<dyn Send> {
        Box::new(self.locks.lock(id).await)
    }

    /// Writes the turns of a commit and all that belongs to them, effects and acknowledgements included, or nothing.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let expires_at = self.expiry(&commit.state).await?;
        let documents = self.brought_along(&commit).await?;
        let (reply, answer) = oneshot::channel();
        let write = commit::Write::new(commit, expires_at, documents, &self.hub, (self.clock)(), reply)?;
        self.writer.send(&write.place(Asker::current()), Box::new(write))?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }

    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let turns = self.turns_lean(id, after, limit).await?;
        let payloads: Vec<_> = turns.iter().flat_map(Turn::payloads).collect();
        self.read_values(id, &payloads).await?;
        Ok(turns)
    }

    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let key = id.clone();
        let rows = self.readers.read(move |db| rows::turns(db, &key, after, limit)).await?;
        let mut turns = self.parse_turns(id, rows).await?;
        turns.retain(|turn| turn.seq > after);
        turns.truncate(limit);
        Ok(turns)
    }

    /// Resolves when the execution has a turn after `seq`, or after [`limits::WATCH`](super::limits::WATCH) without one.
    async fn changed(&self, id: &ExecutionId, seq: u64) {
        let is_newer = async { matches!(self.load_lean(id).await, Ok(Some(state)) if state.seq > seq) };
        self.hub.watch.wait(id, is_newer).await;
    }

    /// Resolves at the commit or the removal after which nothing waits for the outcome.
    async fn unwanted(&self, id: &ExecutionId, activation: &Activation, attempt: u32) {
        let wanted = async {
            match self.load(id).await {
                Ok(state) => state.is_some_and(|state| state.awaits(activation, attempt)),
                // The next commit tells.
                Err(_) => true,
            }
        };
        self.hub.attempts.unwanted(id, activation, attempt, wanted).await;
    }

    fn take_in_hand(&self, id: &ExecutionId, activation: &Activation) -> Box<dyn Send> {
        Box::new(self.hub.in_hand.take(id, activation))
    }

    /// One process alone has the folder.
    fn in_hand(&self, id: &ExecutionId, activation: &Activation) -> Option<bool> {
        Some(self.hub.in_hand.has(id, activation))
    }

    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        let after = cursor::<1>(window)?.map_or(0, |[after]| after);
        let (key, limit) = (id.clone(), limit(window));
        let rows = self
            .readers
            .read(move |db| {
                let Some(run) = rows::run(db, &key)? else { return Ok(Vec::new()) };
                db.prepare_cached(
                    "SELECT id, node, visit, attempt, at, level, message FROM logs WHERE run = ?1 AND id > ?2
                     ORDER BY id LIMIT ?3",
                )?
                .query_map(params![run, after, limit as i64 + 1], |row| {
                    // The column holds the words of `LogLevel` alone; a line is shown even where it holds another.
                    let level = LogLevel::parse(row.get_ref(5)?.as_str()?).unwrap_or(LogLevel::Info);
                    let line = LogLine { at: Time(row.get(4)?), level, message: row.get(6)? };
                    let log = NodeLog { node: row.get(1)?, visit: row.get(2)?, attempt: row.get(3)?, line };
                    Ok((row.get::<_, i64>(0)?, log))
                })?
                .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        Ok(page(rows, limit, |(id, _)| vec![*id], |(_, log)| log))
    }

    /// `Conflict` where the execution is alive, perhaps because a retry reopened it. One that does not exist is removed
    /// already.
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        loop {
            let (reply, answer) = oneshot::channel();
            let slice = remove::Slice::default();
            let removal = remove::Removal { id: id.clone(), slice, hub: self.hub.clone(), reply };
            self.writer.send(&Self::place(""), Box::new(removal))?;
            if answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?? {
                return Ok(());
            }
        }
    }
}

impl Database {
    /// Returns when retention removes an execution; none while it is alive and where it is kept for ever.
    async fn expiry(&self, state: &Execution) -> Result<Option<Time>, StoreError> {
        if state.end.is_none() {
            return Ok(None);
        }
        let workflow = self.workflow(state.workflow_hash()).await?;
        Ok(expires_at(state, workflow.as_deref()))
    }

    /// Returns the documents that an inline start, a fork, a patch, or turns from another host bring along, for the commit
    /// to write again: the last other execution that used one may just have been removed, and the document with it.
    /// `Transient` where
    /// neither memory nor the database has it, so that the caller starts again.
    async fn brought_along(&self, commit: &Commit) -> Result<Vec<Arc<Workflow>>, StoreError> {
        let started = &commit.state.started;
        let is_start = commit.turns.first().is_some_and(|turn| turn.seq == 1);
        let is_elsewhere = (started.workflow_version > 0 && started.forked.is_none()) || started.parent.is_some();
        let mut hashes: Vec<&str> = commit.turns.iter().flat_map(Turn::documents).collect();
        if is_start && (!is_elsewhere || started.imported.is_some()) {
            hashes.push(&started.workflow_hash);
        }
        let mut all = Vec::with_capacity(hashes.len());
        for hash in hashes {
            let gone = || StoreError::Transient(format!("the document {hash} was just removed: start again"));
            all.push(self.workflow(hash).await?.ok_or_else(gone)?);
        }
        Ok(all)
    }
}
