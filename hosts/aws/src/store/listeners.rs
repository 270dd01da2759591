//! Event listeners: the patterns of a saved workflow's `event_trigger` nodes. A workflow that has any has one item for
//! them beside its versions, written in the same transaction, so that an event costs one query and reads no document.

use super::{Table, dynamo::unbuilt, item::keyed, keys};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use document::{Workflow, id::NodeId, pattern::listeners};
use engine::port::StoreError;
use serde_json::Value;

impl Table {
    /// The write of a workflow's listeners for the transaction of a new version or, without a workflow, of a deletion.
    /// `None` where a first version has no listener, since there is nothing to write or to remove.
    pub(super) async fn listening(
        &self,
        owner: &str,
        id: &str,
        workflow: Option<&Workflow>,
        is_first: bool,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let found = workflow.map_or_else(Vec::new, |workflow| listeners(&workflow.id, &workflow.document));
        let key = keyed(&keys::catalogue(owner), &keys::listeners(id));
        let write = TransactWriteItem::builder();
        if found.is_empty() {
            let delete = Delete::builder().table_name(self.db.table()).set_key(Some(key)).build().map_err(unbuilt)?;
            return Ok((!is_first).then(|| write.delete(delete).build()));
        }
        let rows: Vec<(NodeId, Value)> = found.into_iter().map(|one| (one.node, one.pattern)).collect();
        let mut item = key;
        self.insert_rows(&mut item, &rows).await?;
        let put = Put::builder().table_name(self.db.table()).set_item(Some(item)).build().map_err(unbuilt)?;
        Ok(Some(write.put(put).build()))
    }
}
