//! Removes what is kept of an owner beside executions, tokens and secrets: saved workflows with all that belongs to them.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, Item, need, text, text_of},
    keys,
    version::known_as,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use engine::port::{JobId, StoreError};
use futures::{StreamExt, TryStreamExt, stream};

impl Table {
    /// Removes some of the rows of an owner's saved workflows. Returns how many, 0 once there are none.
    pub(super) async fn erase_versions(&self, owner: &str) -> Result<u64, StoreError> {
        let partition = keys::catalogue(owner);
        let rows = self.some_of(&partition, "pk, sk, h").await?;
        if rows.is_empty() {
            self.blobs.remove(&keys::rows(&partition)).await?;
        }
        let each = rows.iter().map(|row| async {
            // A version lets go of its document first: one that is interrupted is found again.
            if let Some(hash) = text_of(row, "h") {
                self.unsaved_by(owner, hash).await?;
            }
            self.drop_row(&partition, row).await?;
            self.versions.forget(&known_as(owner, need(row, "sk")?));
            Ok(())
        });
        at_once(each.collect()).await
    }

    /// Removes some of an owner's jobs, but not that one. Returns how many.
    pub(super) async fn erase_all_jobs_but(&self, owner: &str, but: &JobId) -> Result<u64, StoreError> {
        let partition = keys::jobs(owner);
        let rows = self.some_of(&partition, "pk, sk, s").await?;
        let of_it = |name| move |row: &&Item| text_of(row, name) == Some(but.as_str());
        let others = rows.iter().filter(|row| !of_it("sk")(row) && !of_it("s")(row));
        at_once(others.map(|row| self.drop_row(&partition, row)).collect()).await
    }

    /// Removes a row, and the object that it is a note about.
    async fn drop_row(&self, partition: &str, row: &Item) -> Result<(), StoreError> {
        let sort = need(row, "sk")?;
        if let Some(object) = sort.strip_prefix(keys::NOTE) {
            return self.drop_object(partition, object).await;
        }
        self.db.delete(nobodys(Purpose::Other), partition, sort, Expression::default()).await.map(drop)
    }

    /// The first rows of a partition, with some attributes.
    async fn some_of(&self, partition: &str, wanted: &'static str) -> Result<Vec<Item>, StoreError> {
        let keys = Expression::new("pk = :p").with(":p", text(partition));
        let limit = i32::try_from(engine::limits::ERASED_ROWS).ok();
        let query = Query { keys, consistent: true, limit, wanted, ..Query::default() };
        Ok(self.db.query(nobodys(Purpose::Other), &query).await?.items)
    }
}

/// Does some jobs, several at a time. Returns how many there were.
async fn at_once(jobs: Vec<impl Future<Output = Result<(), StoreError>>>) -> Result<u64, StoreError> {
    let count = jobs.len() as u64;
    stream::iter(jobs).buffer_unordered(limits::AT_ONCE).try_collect::<()>().await?;
    Ok(count)
}
