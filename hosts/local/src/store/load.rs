//! Folds the state of an execution from its journal, and reads offloaded values.

use super::{Database, rows};
use document::{Workflow, json::memory_of_text};
use engine::port::{Catalogue, StoreError};
use nodes::aside;
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{
    children::body_of,
    documents::Documents,
    event::{Event, Started, Turn},
    evolve::{FoldError, fold},
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

/// What the values of journal text take in memory, as a multiple of the text.
const TIMES: usize = 8;

impl Database {
    /// Folds the state from the database, in which offloaded values are missing but for those that the fold read. Returns
    /// with it the bytes of text that it was folded from, and of those values; none where the execution does not exist.
    pub(super) async fn read_state(&self, id: &ExecutionId) -> Result<Option<(Execution, usize)>, StoreError> {
        for whole in [false, true] {
            let key = id.clone();
            let journal = self.readers.read(move |db| rows::journal(db, &key, whole)).await?;
            let Some(journal) = journal else { return Ok(None) };
            let bytes = journal.snapshot.as_ref().map_or(0, String::len) + text_bytes(&journal.rows);
            // The values of the text take some times as much.
            let _room = self.memory.take(bytes * TIMES).await?;
            let snapshot = match journal.snapshot {
                Some(text) => Some(aside(text.len(), move || serde_json::from_str::<Execution>(&text)).await),
                None => None,
            };
            let snapshot = match snapshot {
                // Another release may have written the snapshot in its own format. The journal counts, and it is whole.
                Some(Err(error)) => {
                    tracing::info!(%error, execution = %id, "a snapshot is left aside");
                    continue;
                }
                Some(Ok(state)) => Some(state),
                None => None,
            };
            let (state, fetched) = self.fold(id, snapshot, journal.rows).await?;
            return Ok(Some((state, bytes + fetched)));
        }
        Err(unreadable(id, "its snapshot does not go away"))
    }

    /// Folds turns onto a snapshot, or from the first turn on where there is none. Returns with the state the bytes of the
    /// values that were fetched for it.
    async fn fold(
        &self,
        id: &ExecutionId,
        snapshot: Option<Execution>,
        rows: Vec<String>,
    ) -> Result<(Execution, usize), StoreError> {
        let turns = self.parse_turns(id, rows).await?;
        let started = match (&snapshot, turns.first().and_then(|turn| turn.events.first())) {
            (Some(state), _) => state.started.clone(),
            (None, Some(Event::ExecutionStarted(started))) => Arc::new((**started).clone()),
            _ => return Err(unreadable(id, "it does not begin with a start")),
        };
        let in_force = snapshot.as_ref().map_or(&started.workflow_hash[..], |state| state.workflow_hash()).to_owned();
        let workflow = self.workflow_of(id, &started, &in_force).await?;
        let mut patched: Vec<Arc<Workflow>> = Vec::new();
        let mut fetched = 0;
        loop {
            match fold(Documents::new(&workflow, &patched), snapshot.clone(), &turns) {
                Ok(state) => return Ok((state, fetched)),
                Err(FoldError::Needs(missing)) => fetched += self.read_values(id, &missing.payloads()).await?,
                Err(FoldError::Document(hash)) if patched.iter().all(|known| known.hash != hash) => {
                    patched.push(self.workflow_of(id, &started, &hash).await?);
                }
                Err(error) => return Err(unreadable(id, &error.to_string())),
            }
        }
    }

    /// Returns the workflow of a document that an execution runs by: the document itself, or the body of a `map` node in it
    /// for a child.
    async fn workflow_of(&self, id: &ExecutionId, started: &Started, hash: &str) -> Result<Arc<Workflow>, StoreError> {
        let root = Catalogue::workflow(self, hash).await?.ok_or_else(|| {
            StoreError::Permanent(format!("execution {id} runs a workflow ({hash}) that the store does not have"))
        })?;
        body_of(root, &started.body).map_err(|node| unreadable(id, &format!("its workflow has no map {node}")))
    }

    /// Parses journal rows, each a JSON list of turns.
    pub(super) async fn parse_turns(&self, id: &ExecutionId, rows: Vec<String>) -> Result<Vec<Turn>, StoreError> {
        let bytes = text_bytes(&rows);
        let parse = move || -> Result<Vec<Turn>, serde_json::Error> {
            let mut turns = Vec::new();
            for row in rows {
                turns.extend(serde_json::from_str::<Vec<Turn>>(&row)?);
            }
            Ok(turns)
        };
        aside(bytes, parse).await.map_err(|error| unreadable(id, &error.to_string()))
    }

    /// Reads the offloaded values of an execution that `payloads` lack, and hands them in. Returns the bytes of memory
    /// that they take. `Permanent` where one is gone.
    pub(super) async fn read_values(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<usize, StoreError> {
        let mut taken = 0;
        for (at, payload) in payloads.iter().enumerate() {
            let Some(blob) = payload.missing() else { continue };
            let value = self.read_value(id, &blob.sha256).await?;
            // One value is often named several times, as a node's output and as the execution's: it is read once.
            for same in payloads.iter().skip(at + 1).filter(|other| other.missing() == Some(blob)) {
                same.fetched(value.clone());
                taken += same.memory(usize::MAX);
            }
            payload.fetched(value);
            taken += payload.memory(usize::MAX);
        }
        Ok(taken)
    }

    /// Reads one offloaded value, once there is room for it.
    async fn read_value(&self, id: &ExecutionId, sha256: &str) -> Result<Value, StoreError> {
        let key = sha256.to_owned();
        let bytes: Option<Vec<u8>> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM blobs WHERE sha256 = ?1")?
                    .query_row([key], |row| row.get(0))
                    .optional()
            })
            .await?;
        let bytes = bytes.ok_or_else(|| unreadable(id, &format!("the value {sha256} is gone")))?;
        let (bytes, weight) = aside(bytes.len(), move || {
            let weight = memory_of_text(&bytes, usize::MAX);
            (bytes, weight)
        })
        .await;
        let _room = self.memory.take(weight).await?;
        let parsed = aside(bytes.len(), move || serde_json::from_slice::<Value>(&bytes)).await;
        parsed.map_err(|error| unreadable(id, &error.to_string()))
    }
}

fn text_bytes(rows: &[String]) -> usize {
    rows.iter().map(String::len).sum()
}

fn unreadable(id: &ExecutionId, why: &str) -> StoreError {
    StoreError::Permanent(format!("the journal of execution {id} cannot be read: {why}"))
}
