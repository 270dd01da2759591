//! Documents, by hash: written once.

use super::{
    Table,
    dynamo::Written,
    item::{Expression, bytes, bytes_of, keyed, text, text_of},
    keys,
    needed::{unsaved, with_some_to_spare},
    pack::{deflate, inflate},
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use document::Workflow;
use engine::{
    documents::unreadable,
    port::{Catalogue, StoreError},
};
use std::sync::Arc;
use stepwell_core::{children::body_of, event::Started};

impl Table {
    /// The document of that hash, which is not in memory.
    ///
    /// # Errors
    /// Where it cannot be read, or is not what its hash says.
    pub(super) async fn read_document(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        // Never changed once it is there: the cheaper read will do, and the dearer one where it finds nothing.
        let partition = keys::document(hash);
        let mut item = self.db.get(nobodys(Purpose::Other), &partition, keys::DOCUMENT, false).await?;
        if item.is_none() {
            item = self.db.get(nobodys(Purpose::Other), &partition, keys::DOCUMENT, true).await?;
        }
        let Some(item) = item else { return Ok(None) };
        let packed = match (bytes_of(&item, "b"), text_of(&item, "k")) {
            (Some(body), _) => body.to_vec(),
            (None, Some(key)) => self.blobs.get(key).await?.ok_or_else(|| unreadable(hash, "its text is gone"))?,
            _ => return Err(unreadable(hash, "it has no text")),
        };
        self.documents.read(hash, &inflate(&packed)?).map(Some)
    }

    /// Writes a document unless the table has it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) async fn write_document(&self, workflow: &Workflow) -> Result<(), StoreError> {
        let partition = keys::document(&workflow.hash);
        // Reading costs less than writing in vain.
        if self.db.get(nobodys(Purpose::Other), &partition, keys::DOCUMENT, false).await?.is_some() {
            return Ok(());
        }
        let mut item = keyed(&partition, keys::DOCUMENT);
        let text_of_document = serde_json::to_vec(&*workflow.document)
            .map_err(|error| StoreError::Permanent(format!("a document cannot be written: {error}")))?;
        let packed = deflate(&text_of_document);
        if packed.len() > limits::DOCUMENT_BYTES {
            let (row, prefix) = ((partition.as_str(), keys::DOCUMENT), keys::large_document(&workflow.hash));
            item.insert("k".into(), text(self.put_object(row, &prefix, packed).await?));
        } else {
            item.insert("b".into(), bytes(packed));
        }
        let until = with_some_to_spare(self.now());
        unsaved(&mut item, until);
        let absent = Expression::new("attribute_not_exists(pk)");
        if self.db.put(nobodys(Purpose::Other), item, absent).await? == Written::Yes {
            self.needed.put(&workflow.hash, until);
        }
        Ok(())
    }

    /// The workflow of a document that an execution runs by: the document itself, or the body of a `map` inside it.
    pub(super) async fn workflow_for(&self, started: &Started, hash: &str) -> Result<Arc<Workflow>, StoreError> {
        let missing = || {
            let id = &started.execution_id;
            StoreError::Permanent(format!("execution {id} runs a workflow ({hash}) that the table does not have"))
        };
        let root = self.workflow(hash).await?.ok_or_else(missing)?;
        body_of(root, &started.body).map_err(|_| missing())
    }
}
