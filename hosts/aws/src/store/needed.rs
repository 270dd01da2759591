//! For how long a document is needed. A document is kept as long as a saved version is one of its owner's, and otherwise
//! until no execution that began with it can be there any more: each start says until when that is, at most. What nobody
//! needs is in the index `due`, from which the supervisor removes it.
//!
//! | attribute of a document | is |
//! |---|---|
//! | `n` | milliseconds since 1970, until when executions need it; absent in what early releases wrote, which stays |
//! | `os` | the owners who have it among their saved versions; absent where none has |
//! | `d`, `ds` | keys of the index `due`, where no owner has it: the partition, and the time of `n` |

use super::{
    Table,
    dynamo::{Query, Written},
    item::{Expression, Item, number, number_of, text, text_of},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use aws_sdk_dynamodb::types::AttributeValue;
use document::{Workflow, time::Time};
use engine::port::StoreError;
use stepwell_core::execution::Execution;

/// The attributes of a document that is needed until then, and that no owner has saved.
pub(super) fn unsaved(item: &mut Item, until: Time) {
    item.insert("n".into(), number(until.0));
    item.insert("d".into(), text(keys::DOCUMENTS));
    item.insert("ds".into(), text(keys::time(until)));
}

/// A time that lies further ahead than an execution of that time needs its document, so that one write does for the starts
/// of a month, and for retries after the end.
pub(super) fn with_some_to_spare(until: Time) -> Time {
    until.after_seconds(limits::DOCUMENT_DAYS * 86_400.0).min(keys::LAST_TIME)
}

/// Until when the document of an execution in this state is needed, as far as its present deadline says.
fn needed_by(workflow: &Workflow, state: &Execution) -> Time {
    match workflow.settings.retention_days {
        0 => keys::LAST_TIME,
        days => state.deadline().after_seconds(days as f64 * 86_400.0).min(keys::LAST_TIME),
    }
}

impl Table {
    /// Has the document of an execution kept for as long as the execution can be there. The document of a child is that of
    /// its parent, or a saved one.
    ///
    /// # Errors
    /// The table does not answer.
    pub(super) async fn need_documents(&self, workflow: &Workflow, state: &Execution) -> Result<(), StoreError> {
        if state.started.parent.is_some() {
            return Ok(());
        }
        let until = needed_by(workflow, state);
        self.need(state.workflow_hash(), until, Some(workflow)).await?;
        match state.started.workflow_hash == state.workflow_hash() {
            true => Ok(()),
            false => self.need(&state.started.workflow_hash, until, None).await,
        }
    }

    /// The same of one document. One that went before it was needed is written again, where it is at hand.
    async fn need(&self, hash: &str, until: Time, at_hand: Option<&Workflow>) -> Result<(), StoreError> {
        if self.needed.until(hash).is_some_and(|known| known >= until) {
            return Ok(());
        }
        let further = with_some_to_spare(until);
        let partition = keys::document(hash);
        let key = (partition.as_str(), keys::DOCUMENT);
        let later = |condition: &str| Expression::new(condition).with(":n", number(further.0)).and("n < :n");
        let unsaved = later("attribute_exists(d)").with(":ds", text(keys::time(further)));
        let known = match self.db.update(nobodys(Purpose::Other), key, "SET n = :n, ds = :ds", unsaved).await? {
            Written::Yes => further,
            Written::No(None) => match at_hand.filter(|workflow| workflow.hash == hash) {
                Some(workflow) => return self.write_document(workflow).await,
                None => return Ok(()),
            },
            Written::No(Some(there)) => match number_of::<i64>(&there, "n").map(Time) {
                None => keys::LAST_TIME,
                Some(known) if known >= until => known,
                Some(_) => {
                    let saved = later("attribute_not_exists(d)");
                    match self.db.update(nobodys(Purpose::Other), key, "SET n = :n", saved).await? {
                        Written::Yes => further,
                        // An owner has it no more, or another process was quicker: the next start looks again.
                        Written::No(_) => return Ok(()),
                    }
                }
            },
        };
        self.needed.put(hash, known);
        Ok(())
    }

    /// Notes that an owner is about to have a document among their saved versions.
    pub(super) async fn saved_by(&self, owner: &str, workflow: &Workflow) -> Result<(), StoreError> {
        let partition = keys::document(&workflow.hash);
        for _ in 0..2 {
            let there = Expression::new("attribute_exists(pk)")
                .with(":o", AttributeValue::Ss(vec![owner.to_owned()]))
                .with(":n", number(with_some_to_spare(self.now()).0));
            let update = "SET n = if_not_exists(n, :n) REMOVE d, ds ADD os :o";
            match self.db.update(nobodys(Purpose::Other), (&partition, keys::DOCUMENT), update, there).await? {
                Written::Yes => return Ok(()),
                // It was removed since this process has read it.
                Written::No(_) => self.write_document(workflow).await?,
            }
        }
        Err(StoreError::Transient("the document is being removed and written at the same time".into()))
    }

    /// Notes that an owner has no saved version of a document any more. Where no other owner has one, it goes once no
    /// execution needs it.
    pub(super) async fn unsaved_by(&self, owner: &str, hash: &str) -> Result<(), StoreError> {
        let key = keys::document(hash);
        let own = Expression::new("attribute_exists(os)").with(":o", AttributeValue::Ss(vec![owner.to_owned()]));
        self.db.update(nobodys(Purpose::Other), (&key, keys::DOCUMENT), "DELETE os :o", own).await?;
        let Some(item) = self.db.get(nobodys(Purpose::Other), &key, keys::DOCUMENT, true).await? else { return Ok(()) };
        let Some(until) = number_of::<i64>(&item, "n").filter(|_| !item.contains_key("os")) else { return Ok(()) };
        let nobodys_own = Expression::new("attribute_not_exists(os) AND n = :n")
            .with(":n", number(until))
            .with(":d", text(keys::DOCUMENTS))
            .with(":ds", text(keys::time(Time(until))));
        self.db
            .update(nobodys(Purpose::Other), (&key, keys::DOCUMENT), "SET d = :d, ds = :ds", nobodys_own)
            .await
            .map(drop)
    }

    /// Removes documents that nobody needs any more, some at a time. Returns how many.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn remove_unneeded_documents(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let mut removed = 0;
        for item in self.due_in(keys::DOCUMENTS, now).await? {
            let Some(partition) = text_of(&item, "pk") else { continue };
            let row = self.db.get(nobodys(Purpose::Other), partition, keys::DOCUMENT, true).await?;
            let object = row.as_ref().and_then(|row| text_of(row, "k"));
            // Early releases wrote no note, and should this process die on the way, somebody has to find the object.
            if let Some(key) = object {
                self.note((partition, keys::DOCUMENT), key).await?;
            }
            // A start may need it since, or an owner may have saved it.
            let unneeded = Expression::new("attribute_exists(d) AND n <= :now").with(":now", number(now.0));
            if self.db.delete(nobodys(Purpose::Other), partition, keys::DOCUMENT, unneeded).await? {
                if let Some(key) = object {
                    self.drop_object(partition, key).await?;
                }
                self.documents.forget(keys::document_of(partition).unwrap_or_default());
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Some rows of a partition of the index `due` whose time has come: their keys alone.
    pub(super) async fn due_in(&self, partition: &str, now: Time) -> Result<Vec<Item>, StoreError> {
        let keys =
            Expression::new("d = :d AND ds <= :now").with(":d", text(partition)).with(":now", text(keys::time(now)));
        let query = Query { index: Some("due"), keys, limit: Some(limits::UNNEEDED), ..Query::default() };
        Ok(self.db.query(nobodys(Purpose::Other), &query).await?.items)
    }
}
