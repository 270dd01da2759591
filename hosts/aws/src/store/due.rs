//! What the supervisor looks after: heads that are due, from an index in several parts.

use super::{
    Table,
    dynamo::{Query, Written},
    head::{head, update_to},
    item::{Expression, text, text_of},
    keys,
};
use crate::{
    limits,
    meter::{Purpose, nobodys},
};
use futures::future::try_join_all;
use shared::{execution::Execution, id::ExecutionId, owed::due_at, port::StoreError, time::Time};

impl Table {
    /// Executions that are due or marked, those longest due first (see [`shared::port::Store::due`]).
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn due(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let parts = (0..limits::DUE_SHARDS).map(|shard| async move {
            let keys = Expression::new("d = :d AND ds <= :now")
                .with(":d", text(keys::due_shard(shard)))
                .with(":now", text(keys::time(now)));
            let limit = i32::try_from(limit).ok();
            let query = Query { index: Some("due"), keys, limit, ..Query::default() };
            self.db.query(nobodys(Purpose::Other), &query).await
        });
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

    /// An execution was looked after: its head says what it is, no mark stays, and it is due again at `due`. A head that
    /// a newer turn wrote stays as it is.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn looked_after(&self, state: &Execution, due: Option<Time>) -> Result<(), StoreError> {
        let key = keys::execution(state.id());
        let (update, values) = update_to(head(state, due), true);
        let update = if update.contains("REMOVE") { format!("{update}, p") } else { format!("{update} REMOVE p") };
        let not_newer = values.and("(attribute_not_exists(pk) OR #sq <= :sq)");
        match self.db.update(nobodys(Purpose::Head), (&key, keys::HEAD), &update, not_newer).await? {
            Written::Yes | Written::No(_) => Ok(()),
        }
    }

    /// Executions whose own timeout has passed: those due are looked at one by one. The supervisor of this host does not
    /// ask: it looks after all that is due.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let mut found = Vec::new();
        for id in self.due(now, limit).await? {
            let state = self.load_lean(&id).await?;
            if state.is_some_and(|state| state.end.is_none() && state.started.deadline <= now) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Ended executions that need no longer be kept: likewise.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let mut found = Vec::new();
        for id in self.due(now, limit).await? {
            let Some(state) = self.load_lean(&id).await?.filter(|state| state.end.is_some()) else { continue };
            let workflow = self.workflow_for(&state.started).await?;
            if due_at(&workflow, &state).is_some_and(|due| due <= now) {
                found.push(id);
            }
        }
        Ok(found)
    }
}
