//! Loads executions, from memory or by folding their journal, and reads workflows, turns and offloaded values.

use super::{Database, rows, rules};
use document::{Workflow, id::NodeId, time::Time};
use engine::port::StoreError;
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
};
use stepwell_core::{
    event::{Event, Started, Turn},
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

impl Database {
    /// Loads the state of an execution, from memory or from its journal (see [`engine::port::Store::load`]).
    pub async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        if let Some(state) = self.hub.cache.get(id) {
            self.hub.metrics.hits.fetch_add(1, Relaxed);
            return Ok(Some(state));
        }
        self.hub.metrics.misses.fetch_add(1, Relaxed);
        // The number of removals is taken before reading: a state that is removed meanwhile must not enter the cache.
        let removals = self.hub.cache.removals(id);
        let Some((state, bytes)) = self.read_state(id).await? else { return Ok(None) };
        let offloaded: u64 = state.payloads().into_iter().filter_map(Payload::missing).map(|blob| blob.bytes).sum();
        self.fetch(state.id(), state.payloads()).await?;
        let state = Arc::new(state);
        self.hub.cache.put_read(state.clone(), bytes + offloaded as usize, removals);
        Ok(Some(state))
    }

    /// Folds the state from the database. Returns with it the bytes of text that it was folded from; none where the
    /// execution does not exist.
    async fn read_state(&self, id: &ExecutionId) -> Result<Option<(Execution, usize)>, StoreError> {
        for whole in [false, true] {
            let key = id.clone();
            let journal = self.readers.read(move |db| rows::journal(db, &key, whole)).await?;
            let Some(journal) = journal else { return Ok(None) };
            let bytes = journal.snapshot.as_ref().map_or(0, String::len) + text_bytes(&journal.rows);
            let snapshot = match journal.snapshot.as_deref().map(serde_json::from_str::<Execution>) {
                // Another release may have written the snapshot in its own format. The journal counts, and it is whole.
                Some(Err(error)) => {
                    tracing::info!(%error, execution = %id, "a snapshot is left aside");
                    continue;
                }
                Some(Ok(state)) => Some(state),
                None => None,
            };
            return Ok(Some((self.fold(id, snapshot, &journal.rows).await?, bytes)));
        }
        Err(unreadable(id, "its snapshot does not go away"))
    }

    /// Folds turns onto a snapshot, or from the first turn on where there is none.
    async fn fold(
        &self,
        id: &ExecutionId,
        snapshot: Option<Execution>,
        rows: &[String],
    ) -> Result<Execution, StoreError> {
        let turns = parse_turns(id, rows)?;
        let started = match (&snapshot, turns.first().and_then(|turn| turn.events.first())) {
            (Some(state), _) => state.started.clone(),
            (None, Some(Event::ExecutionStarted(started))) => Arc::new((**started).clone()),
            _ => return Err(unreadable(id, "it does not begin with a start")),
        };
        let workflow = self.workflow_of(id, &started).await?;
        let mut state = snapshot;
        for turn in &turns {
            let folded = rules::fold(&workflow, state.take(), turn);
            state = Some(folded.map_err(|error| unreadable(id, &format!("turn {}: {error}", turn.seq)))?);
        }
        state.ok_or_else(|| unreadable(id, "it is empty"))
    }

    /// Returns the workflow that an execution runs: that of its document, or the body of a `map` node in it for a
    /// child.
    async fn workflow_of(&self, id: &ExecutionId, started: &Started) -> Result<Arc<Workflow>, StoreError> {
        let hash = &started.workflow_hash;
        let root = self.workflow(hash).await?.ok_or_else(|| {
            StoreError::Permanent(format!("execution {id} runs a workflow ({hash}) that the store does not have"))
        })?;
        started.body.iter().try_fold(root, |workflow, node| {
            body(&workflow, node).ok_or_else(|| unreadable(id, &format!("its workflow has no map {node}")))
        })
    }

    /// Returns the parsed document of a hash; none where the store does not have it. `Permanent` where it cannot be
    /// read.
    pub async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        if let Some(workflow) = self.workflows.get(hash) {
            return Ok(Some(workflow));
        }
        let key = hash.to_owned();
        let text: Option<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM documents WHERE hash = ?1")?
                    .query_row([key], |row| row.get(0))
                    .optional()
            })
            .await?;
        let Some(text) = text else { return Ok(None) };
        let document: Value = serde_json::from_str(&text).map_err(|error| document_error(hash, &error.to_string()))?;
        let workflow = rules::parse(&document).map_err(|error| document_error(hash, &error))?;
        // Its journal was decided by the document of this hash; folding by another could give another state.
        if workflow.hash != hash {
            return Err(document_error(hash, &format!("it has the hash {} now", workflow.hash)));
        }
        self.workflows.put(&workflow);
        Ok(Some(workflow))
    }

    /// Returns when retention removes an ended execution. None while it is alive, for a child, which goes with its
    /// parent, and where `retention_days` is 0, which keeps executions for ever.
    pub(super) async fn expiry(&self, state: &Execution) -> Result<Option<Time>, StoreError> {
        const DAY: f64 = 86_400.0;
        let Some(ended) = state.completed_at.filter(|_| state.started.parent.is_none()) else { return Ok(None) };
        let workflow = self.workflow(&state.started.workflow_hash).await?;
        let days = workflow.map_or(engine::limits::RETENTION_DAYS, |workflow| workflow.settings.retention_days);
        Ok((days > 0).then(|| ended.after_seconds(days as f64 * DAY)))
    }

    /// Reads the offloaded values of an execution that `payloads` lack, and hands them in. `Permanent` where one is
    /// gone.
    async fn fetch(&self, id: &ExecutionId, payloads: Vec<&Payload>) -> Result<(), StoreError> {
        // One value is often named several times, as a node's output and as the execution's: it is read once.
        let mut read: HashMap<String, Value> = HashMap::new();
        for payload in payloads {
            let Some(blob) = payload.missing() else { continue };
            if let Some(value) = read.get(&blob.sha256) {
                payload.fetched(value.clone());
                continue;
            }
            let sha256 = blob.sha256.clone();
            let bytes: Option<Vec<u8>> = self
                .readers
                .read(move |db| {
                    db.prepare_cached("SELECT body FROM blobs WHERE sha256 = ?1")?
                        .query_row([sha256], |row| row.get(0))
                        .optional()
                })
                .await?;
            let bytes = bytes.ok_or_else(|| unreadable(id, &format!("the value {} is gone", blob.sha256)))?;
            let value: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(id, &error.to_string()))?;
            read.insert(blob.sha256.clone(), value.clone());
            payload.fetched(value);
        }
        Ok(())
    }

    /// Returns the turns after a number, with their values (see [`engine::port::Store::turns`]).
    pub async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let key = id.clone();
        let rows = self.readers.read(move |db| rows::turns(db, &key, after, limit)).await?;
        let mut turns = parse_turns(id, &rows)?;
        turns.retain(|turn| turn.seq > after);
        turns.truncate(limit);
        let payloads = turns.iter().flat_map(Turn::payloads).collect();
        self.fetch(id, payloads).await?;
        Ok(turns)
    }

    /// Resolves when the execution has a turn after `seq`, or after [`super::limits::WATCH`] without one.
    pub async fn changed(&self, id: &ExecutionId, seq: u64) {
        let is_newer = async { matches!(self.load(id).await, Ok(Some(state)) if state.seq > seq) };
        self.hub.watch.wait(id, is_newer).await;
    }
}

/// Returns the inline body of the map `node`; none where the workflow has no such map.
fn body(workflow: &Workflow, node: &NodeId) -> Option<Arc<Workflow>> {
    workflow.node(node.as_str())?.kind.inline_body().cloned()
}

/// Parses journal rows, each a JSON list of turns.
fn parse_turns(id: &ExecutionId, rows: &[String]) -> Result<Vec<Turn>, StoreError> {
    let mut turns = Vec::new();
    for row in rows {
        let batch: Vec<Turn> = serde_json::from_str(row).map_err(|error| unreadable(id, &error.to_string()))?;
        turns.extend(batch);
    }
    Ok(turns)
}

fn text_bytes(rows: &[String]) -> usize {
    rows.iter().map(String::len).sum()
}

fn unreadable(id: &ExecutionId, why: &str) -> StoreError {
    StoreError::Permanent(format!("the journal of execution {id} cannot be read: {why}"))
}

fn document_error(hash: &str, why: &str) -> StoreError {
    StoreError::Permanent(format!("the stored workflow {hash} cannot be read: {why}"))
}
