//! Folds the state of an execution from its journal, and reads offloaded values.

use super::{Database, rows};
use document::Workflow;
use engine::port::{Catalogue, StoreError};
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use stepwell_core::{
    children::body_of,
    event::{Event, Started, Turn},
    evolve::evolve,
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

impl Database {
    /// Reads a state with its offloaded values. Returns with it the bytes behind it; none where the execution does not
    /// exist.
    pub(super) async fn read_whole(&self, id: &ExecutionId) -> Result<Option<(Execution, usize)>, StoreError> {
        let Some((state, bytes)) = self.read_state(id).await? else { return Ok(None) };
        let offloaded: u64 = state.payloads().into_iter().filter_map(Payload::missing).map(|blob| blob.bytes).sum();
        self.read_values(id, state.payloads()).await?;
        Ok(Some((state, bytes + offloaded as usize)))
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
            let folded = evolve(&workflow, state.take(), turn);
            state = Some(folded.map_err(|error| unreadable(id, &format!("turn {}: {error}", turn.seq)))?);
        }
        state.ok_or_else(|| unreadable(id, "it is empty"))
    }

    /// Returns the workflow that an execution runs: that of its document, or the body of a `map` node in it for a
    /// child.
    async fn workflow_of(&self, id: &ExecutionId, started: &Started) -> Result<Arc<Workflow>, StoreError> {
        let hash = &started.workflow_hash;
        let root = Catalogue::workflow(self, hash).await?.ok_or_else(|| {
            StoreError::Permanent(format!("execution {id} runs a workflow ({hash}) that the store does not have"))
        })?;
        body_of(root, &started.body).map_err(|node| unreadable(id, &format!("its workflow has no map {node}")))
    }

    /// Reads the offloaded values of an execution that `payloads` lack, and hands them in. `Permanent` where one is
    /// gone.
    pub(super) async fn read_values(&self, id: &ExecutionId, payloads: Vec<&Payload>) -> Result<(), StoreError> {
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
}

/// Parses journal rows, each a JSON list of turns.
pub(super) fn parse_turns(id: &ExecutionId, rows: &[String]) -> Result<Vec<Turn>, StoreError> {
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
