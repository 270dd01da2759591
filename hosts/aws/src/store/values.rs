//! Values that are too large for the journal. They lie in S3, below the id of the execution that made them.

use super::{Table, keys};
use crate::limits;
use engine::port::StoreError;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use std::collections::BTreeMap;
use stepwell_core::{
    id::ExecutionId,
    payload::{BlobRef, Payload},
};

impl Table {
    /// Keeps the values that a commit offloads. Keys are hashes of values, so keeping a value twice keeps it once.
    pub(super) async fn keep_values(&self, id: &ExecutionId, blobs: Vec<(BlobRef, Vec<u8>)>) -> Result<(), StoreError> {
        let puts = blobs
            .into_iter()
            .map(|(blob, bytes)| async move { self.blobs.put(&keys::value(id, &blob.sha256), bytes).await });
        stream::iter(puts).buffer_unordered(limits::AT_ONCE).try_collect().await
    }

    /// Brings those of the values that are missing (see [`engine::port::Store::fetch`]).
    ///
    /// # Errors
    /// A value cannot be read, or is gone.
    pub async fn fetch(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        // Payloads of the same value are fetched once.
        let mut wanted: BTreeMap<&str, Vec<&Payload>> = BTreeMap::new();
        for payload in payloads {
            if let Some(blob) = payload.missing() {
                wanted.entry(&blob.sha256).or_default().push(payload);
            }
        }
        let fetches = wanted.into_iter().map(|(sha256, payloads)| async move {
            let value = self.value(id, sha256).await?;
            payloads.iter().for_each(|payload| payload.fetched(value.clone()));
            Ok(())
        });
        let fetches: Vec<_> = fetches.collect();
        stream::iter(fetches).buffer_unordered(limits::AT_ONCE).try_collect().await
    }

    /// Reads one value. Where the execution has not made it itself, its parent or an earlier ancestor has handed it
    /// down; ancestors are kept for longer than their descendants.
    async fn value(&self, id: &ExecutionId, sha256: &str) -> Result<Value, StoreError> {
        let mut of = id.clone();
        loop {
            if let Some(bytes) = self.blobs.get(&keys::value(&of, sha256)).await? {
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
