//! Documents of workflows by their hashes: each is written once, and parsed once per process.

use super::{
    Table,
    dynamo::Written,
    item::{Expression, bytes, bytes_of, keyed, text, text_of},
    keys,
    pack::{deflate, inflate},
};
use crate::{
    limits,
    meter::{Purpose, nobodys},
};
use document::Workflow;
use engine::{drive::body_of, port::StoreError};
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::event::Started;

/// The sort key of a document.
const DOCUMENT: &str = "doc";

impl Table {
    /// The workflow whose document has that hash; `None` where the table does not have it.
    ///
    /// # Errors
    /// The document cannot be read, or its hash is another.
    pub async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        if let Some(workflow) = self.workflows.get(hash) {
            return Ok(Some(workflow));
        }
        // A document never changes, so an eventually consistent read, at half the price, can only miss one that was
        // just written; then the consistent read finds it.
        let partition = keys::document(hash);
        let mut item = self.db.get(nobodys(Purpose::Other), &partition, DOCUMENT, false).await?;
        if item.is_none() {
            item = self.db.get(nobodys(Purpose::Other), &partition, DOCUMENT, true).await?;
        }
        let Some(item) = item else { return Ok(None) };
        let damaged = |why: String| StoreError::Permanent(format!("the stored workflow {hash} cannot be read: {why}"));
        let packed = match (bytes_of(&item, "b"), text_of(&item, "k")) {
            (Some(body), _) => body.to_vec(),
            (None, Some(key)) => self.blobs.get(key).await?.ok_or_else(|| damaged("its text is gone".into()))?,
            _ => return Err(damaged("it has no text".into())),
        };
        let document: Value = serde_json::from_slice(&inflate(&packed)?).map_err(|error| damaged(error.to_string()))?;
        let parsed = document::parse(&document).map_err(|issues| damaged(format!("{issues:?}")))?;
        if parsed.workflow.hash != hash {
            return Err(damaged(format!("it has the hash {} now", parsed.workflow.hash)));
        }
        self.workflows.put(&parsed.workflow);
        Ok(Some(parsed.workflow))
    }

    /// Keeps the document of a workflow under its hash. Keeping it again changes nothing.
    ///
    /// # Errors
    /// The document cannot be written.
    pub async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        if self.workflows.get(&workflow.hash).is_some() {
            return Ok(());
        }
        let partition = keys::document(&workflow.hash);
        // A read costs less than a write whose condition does not hold.
        if self.db.get(nobodys(Purpose::Other), &partition, DOCUMENT, false).await?.is_none() {
            let mut item = keyed(&partition, DOCUMENT);
            let text_of_document = serde_json::to_vec(&*workflow.document)
                .map_err(|error| StoreError::Permanent(format!("a document cannot be written: {error}")))?;
            let packed = deflate(&text_of_document);
            if packed.len() > limits::DOCUMENT_BYTES {
                let key = format!("d/{}", workflow.hash);
                self.blobs.put(&key, packed).await?;
                item.insert("k".into(), text(key));
            } else {
                item.insert("b".into(), bytes(packed));
            }
            let absent = Expression::new("attribute_not_exists(pk)");
            match self.db.put(nobodys(Purpose::Other), item, absent).await? {
                Written::Yes | Written::No(_) => {}
            }
        }
        self.workflows.put(workflow);
        Ok(())
    }

    /// The workflow that an execution runs: that of its document, or the body of a `map` inside it.
    pub(super) async fn workflow_for(&self, started: &Started) -> Result<Arc<Workflow>, StoreError> {
        let hash = &started.workflow_hash;
        let missing = || {
            let id = &started.execution_id;
            StoreError::Permanent(format!("execution {id} runs a workflow ({hash}) that the table does not have"))
        };
        let root = self.workflow(hash).await?.ok_or_else(missing)?;
        body_of(root, started).ok_or_else(missing)
    }
}
