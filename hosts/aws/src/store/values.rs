//! Values that are too large for the journal. They lie in S3, below the id of the execution that made them.

use super::{Table, keys};
use crate::limits;
use document::json::memory_of_text;
use engine::port::StoreError;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use stepwell_core::{id::ExecutionId, payload::BlobRef};

impl Table {
    /// Keeps the values that a commit offloads. Keys are hashes of values, so keeping a value twice keeps it once.
    pub(super) async fn keep_values(&self, id: &ExecutionId, blobs: Vec<(BlobRef, Vec<u8>)>) -> Result<(), StoreError> {
        let puts = blobs
            .into_iter()
            .map(|(blob, bytes)| async move { self.blobs.put(&keys::value(id, &blob.sha256), bytes).await });
        stream::iter(puts).buffer_unordered(limits::AT_ONCE).try_collect().await
    }

    /// One value: its own, or one that the execution was handed down by its parent, which lives longer.
    pub(super) async fn value(&self, id: &ExecutionId, sha256: &str) -> Result<Value, StoreError> {
        let mut of = id.clone();
        loop {
            if let Some(bytes) = self.blobs.get(&keys::value(&of, sha256)).await? {
                let _room = self.memory.room(memory_of_text(&bytes, usize::MAX)).await;
                return serde_json::from_slice(&bytes)
                    .map_err(|error| StoreError::Permanent(format!("the value {sha256} cannot be read: {error}")));
            }
            let known = Box::pin(self.known(&of)).await?;
            match known.and_then(|known| known.state.started.parent.as_ref().map(|parent| parent.execution_id.clone()))
            {
                Some(parent) => of = parent,
                None => return Err(StoreError::Permanent(format!("the value {sha256} of execution {id} is gone"))),
            }
        }
    }
}
