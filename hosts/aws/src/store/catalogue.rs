//! Saved workflows. A version and the pointer to the latest one are written in a transaction, which
//! costs twice the units; saving is rare enough for that.

use super::{
    Table,
    dynamo::{Query, unbuilt},
    item::{Expression, Item, need, number, text},
    keys,
    lists::{bad_cursor, hex},
    version::{Version, known_as},
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use document::{Workflow, id::NodeId, pattern::Listener, time::Time};
use engine::port::{Catalogue, Page, SavedWorkflow, StoreError, Window};
use serde_json::Value;
use std::sync::Arc;

/// How often a save is tried while others save the same workflow.
const TRIES: u32 = 10;

#[async_trait]
impl Catalogue for Table {
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        match self.documents.get(hash) {
            Some(workflow) => Ok(Some(workflow)),
            None => self.read_document(hash).await,
        }
    }

    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        if self.documents.get(&workflow.hash).is_none() {
            self.write_document(workflow).await?;
            self.documents.put(workflow);
        }
        Ok(())
    }

    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError> {
        self.keep_workflow(workflow).await?;
        let id = workflow.id.as_str();
        for _ in 0..TRIES {
            let latest = self.version_at(owner, &keys::latest(id)).await?;
            let version = latest.as_ref().map_or(0, |latest| latest.version);
            if expected.is_some_and(|expected| expected != version) {
                return Err(StoreError::Conflict);
            }
            if latest.as_ref().is_some_and(|latest| latest.hash == workflow.hash && !latest.deleted) {
                return Ok((version, false));
            }
            let next = Version { version: version + 1, hash: workflow.hash.clone(), saved_at: now, deleted: false };
            let mut beside = Vec::from_iter(self.planning(owner, id, Some(workflow), now).await?);
            beside.extend(self.listening(owner, id, Some(workflow), version == 0).await?);
            self.saved_by(owner, workflow).await?;
            if self.write_version(owner, id, &next, version, beside).await? {
                return Ok((next.version, true));
            }
        }
        Err(StoreError::Transient(format!("the workflow {id} is being saved by many at once")))
    }

    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        let found = match version {
            // The pointer is always read: whoever has saved a version starts that one from then on.
            None => self.version_at(owner, &keys::latest(id)).await?,
            Some(version) => self.known_version(owner, &keys::version(id, version)).await?,
        };
        match found {
            Some(found) => self.with_document(id, found).await.map(Some),
            None => Ok(None),
        }
    }

    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let after = match &window.cursor {
            Some(cursor) => unhex(cursor).ok_or_else(|| bad_cursor(cursor))?,
            None => String::new(),
        };
        // No id has a `!`, which sorts before every character that ids have, so the range begins right behind `after`.
        let keys = Expression::new("pk = :p AND sk BETWEEN :after AND :end")
            .with(":p", text(keys::catalogue(owner)))
            .with(":after", text(keys::latest(&format!("{after}!"))))
            .with(":end", text(keys::latest("~")));
        // Deleted workflows are filtered out after they are read, so that one page may take several queries.
        let filter = Expression::new("attribute_not_exists(deleted)");
        let mut query = Query { keys, filter, consistent: true, ..Query::default() };
        let mut found: Vec<(String, Version)> = Vec::new();
        while found.len() <= limit {
            let page = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in &page.items {
                let sort = need(item, "sk")?;
                found.push((sort.strip_prefix("p#").unwrap_or(sort).to_owned(), Version::read(item)?));
            }
            match page.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|(id, _)| hex(id));
        let mut items = Vec::with_capacity(found.len());
        for (id, version) in found {
            items.push(self.with_document(&id, version).await?);
        }
        Ok(Page { items, next_cursor })
    }

    async fn erase_workflows(&self, owner: &str) -> Result<u64, StoreError> {
        self.erase_versions(owner).await
    }

    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let latest = self.version_at(owner, &keys::latest(id)).await?;
            let Some(latest) = latest.filter(|latest| !latest.deleted) else { return Ok(false) };
            let before = latest.version;
            let mut beside = Vec::from_iter(self.planning(owner, id, None, latest.saved_at).await?);
            beside.extend(self.listening(owner, id, None, false).await?);
            if self.write_version(owner, id, &Version { deleted: true, ..latest }, before, beside).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Transient(format!("the workflow {id} is being saved by many at once")))
    }

    async fn listeners(&self, owner: &str) -> Result<Vec<Listener>, StoreError> {
        let keys = Expression::new("pk = :p AND begins_with(sk, :l)")
            .with(":p", text(keys::catalogue(owner)))
            .with(":l", text(keys::listeners("")));
        let query = Query { keys, consistent: true, ..Query::default() };
        let mut found = Vec::new();
        for item in self.db.query_all(nobodys(Purpose::Other), query).await? {
            let sort = need(&item, "sk")?;
            let workflow = sort.strip_prefix(keys::LISTENERS).unwrap_or(sort);
            let rows: Vec<(NodeId, Value)> = self.rows_of(&item).await?;
            let listener = |(node, pattern)| Listener { workflow: workflow.into(), node, pattern };
            found.extend(rows.into_iter().map(listener));
        }
        Ok(found)
    }
}

impl Table {
    /// Writes a version and the pointer to it, with its schedules and listeners, where the pointer is at another still.
    async fn write_version(
        &self,
        owner: &str,
        id: &str,
        next: &Version,
        before: u64,
        beside: Vec<TransactWriteItem>,
    ) -> Result<bool, StoreError> {
        let condition = match before {
            0 => Expression::new("attribute_not_exists(pk)"),
            _ => Expression::new("v = :before").with(":before", number(before)),
        };
        let pointer = self.put_where(next.item(owner, &keys::latest(id)), condition)?;
        let version = self.put_where(next.item(owner, &keys::version(id, next.version)), Expression::default())?;
        let all = [pointer, version].into_iter().chain(beside).collect();
        let written = self.db.transact(nobodys(Purpose::Other), all).await;
        self.versions.forget(&known_as(owner, &keys::version(id, next.version)));
        written
    }

    pub(super) fn put_where(&self, item: Item, condition: Expression) -> Result<TransactWriteItem, StoreError> {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let values = Some(condition.values).filter(|values| !values.is_empty());
        let put = Put::builder().table_name(self.db.table()).set_item(Some(item));
        let put = put.set_condition_expression(given(condition.text)).set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
    }

    async fn version_at(&self, owner: &str, sort: &str) -> Result<Option<Version>, StoreError> {
        let item = self.db.get(nobodys(Purpose::Other), &keys::catalogue(owner), sort, true).await?;
        item.as_ref().map(Version::read).transpose()
    }

    /// A version by its number, of which it is remembered for some seconds whether it was deleted.
    async fn known_version(&self, owner: &str, sort: &str) -> Result<Option<Version>, StoreError> {
        let (now, key) = (self.now(), known_as(owner, sort));
        if let Some(known) = self.versions.get(&key, now) {
            return Ok(Some(known));
        }
        let found = self.version_at(owner, sort).await?;
        if let Some(found) = &found {
            self.versions.put(&key, found.clone(), now);
        }
        Ok(found)
    }

    async fn with_document(&self, id: &str, found: Version) -> Result<SavedWorkflow, StoreError> {
        let Version { version, hash, saved_at, deleted } = found;
        let workflow = self.workflow(&hash).await?.ok_or_else(|| {
            StoreError::Permanent(format!("the document of version {version} of workflow {id} is gone: save it again"))
        })?;
        Ok(SavedWorkflow { id: id.into(), version, hash, document: workflow.document.clone(), saved_at, deleted })
    }
}

fn unhex(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
