//! The executions that the supervisor looks after, and those whose retention is over: both by the times of their heads,
//! from the index `due`, in which each of the two lists has several partitions.

use super::{
    Table,
    dynamo::{Query, Written},
    head::{head, head_to_look_after, update_to},
    item::{Expression, Item, text, text_of},
    keys,
    marks::Marks,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use document::time::Time;
use engine::port::{Agenda, Journal, StoreError};
use futures::future::try_join_all;
use stepwell_core::{execution::Execution, id::ExecutionId};

/// The condition that no newer turn has written the head.
const NOT_NEWER: &str = "(attribute_not_exists(pk) OR #sq <= :sq)";

#[async_trait]
impl Agenda for Table {
    /// Those due or marked, longest due first.
    async fn due(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.overdue((0..limits::DUE_SHARDS).map(keys::due_shard), now, limit).await
    }

    /// Its head says what it is. Marks that are old go, and young ones stay, since what is committed behind them may not
    /// be in this state. A head that a newer turn wrote stays as it is.
    async fn looked_after(&self, state: &Execution, due: Option<Time>) -> Result<(), StoreError> {
        let key = keys::execution(state.id());
        let (update, values) = update_to(head(state, due, self.parts), true);
        let unmarked = values.and("attribute_not_exists(p)").and(NOT_NEWER);
        match self.db.update(nobodys(Purpose::Head), (&key, keys::HEAD), &update, unmarked).await? {
            Written::No(Some(old)) if old.contains_key("p") => self.looked_after_marked(state, due, &old).await,
            Written::Yes | Written::No(_) => Ok(()),
        }
    }

    /// A head that is not due any more stays as it is.
    async fn put_off(&self, id: &ExecutionId, until: Time) -> Result<(), StoreError> {
        let overdue = Expression::new("ds <= :now")
            .with(":now", text(keys::time(self.now())))
            .with(":ds", text(keys::time(until)));
        let key = keys::execution(id);
        self.db.update(nobodys(Purpose::Head), (&key, keys::HEAD), "SET ds = :ds", overdue).await.map(drop)
    }

    /// Those due are looked at one by one. The supervisor of this host does not ask: it looks after all that is due.
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let mut found = Vec::new();
        for id in self.due(now, limit).await? {
            let state = self.load_lean(&id).await?;
            if state.is_some_and(|state| state.times_out_at().is_some_and(|at| at <= now)) {
                found.push(id);
            }
        }
        Ok(found)
    }

    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.expired_in(0, 1, now, limit).await
    }
}

impl Table {
    /// At most `limit` executions that `retention_days` no longer keeps, longest expired first, of one `part` of all, of
    /// which there are `of`, so that several may be removed from at the same time.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn expired_in(
        &self,
        part: usize,
        of: usize,
        now: Time,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        let shards = (part..limits::DUE_SHARDS).step_by(of.max(1));
        self.overdue(shards.map(keys::expiring_shard), now, limit).await
    }

    /// At most `limit` executions of some partitions of the index `due` whose time has come, the earliest first.
    async fn overdue(
        &self,
        partitions: impl Iterator<Item = String>,
        now: Time,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        let parts = partitions.map(|partition| async move {
            let keys = Expression::new("d = :d AND ds <= :now")
                .with(":d", text(partition))
                .with(":now", text(keys::time(now)));
            let limit = i32::try_from(limit).ok();
            let query = Query { index: Some("due"), keys, limit, ..Query::default() };
            self.db.query(nobodys(Purpose::Other), &query).await
        });
        let parts: Vec<_> = parts.collect();
        let mut found: Vec<(String, ExecutionId)> = Vec::new();
        for part in try_join_all(parts).await? {
            found.extend(
                part.items.iter().filter_map(|item| {
                    Some((text_of(item, "ds")?.to_owned(), keys::execution_of(text_of(item, "pk")?)?))
                }),
            );
        }
        found.sort();
        Ok(found.into_iter().take(limit).map(|(_, id)| id).collect())
    }

    /// The same where others have marked the head. Where it changes meanwhile it stays due, for the next look.
    async fn looked_after_marked(&self, state: &Execution, due: Option<Time>, seen: &Item) -> Result<(), StoreError> {
        let Marks { old, young, old_at } = Marks::of(seen, self.now());
        // The turns of old marks are written by now. The marks may be taken off only where this state contains them.
        if !old.is_empty() && self.load_lean(state.id()).await?.is_none_or(|newest| newest.seq != state.seq) {
            return Ok(());
        }
        // The head is due again when the first young mark is old, or earlier.
        let head = match (due, old_at) {
            (due, Some(old_at)) => head_to_look_after(state, due.map_or(old_at, |due| due.min(old_at)), self.parts),
            (due, None) => head(state, due, self.parts),
        };
        let (update, values) = update_to(head, true);
        let as_seen = values.with(":seen", AttributeValue::Ss([&old[..], &young[..]].concat()));
        let as_seen = as_seen.and("p = :seen").and(NOT_NEWER);
        let (update, as_seen) = match (old.is_empty(), young.is_empty()) {
            (true, _) => (update, as_seen),
            (_, true) if update.contains("REMOVE") => (format!("{update}, p"), as_seen),
            (_, true) => (format!("{update} REMOVE p"), as_seen),
            _ => (format!("{update} DELETE p :old"), as_seen.with(":old", AttributeValue::Ss(old))),
        };
        let key = keys::execution(state.id());
        self.db.update(nobodys(Purpose::Head), (&key, keys::HEAD), &update, as_seen).await.map(drop)
    }
}
