//! Removes executions. Turns are overwritten by stones: items that hold a turn's number for an hour, so that no commit
//! that was under way can bring a removed execution back. A head whose execution never began leaves a stone too, which
//! a start that comes after all clears away.
//!
//! | attribute of a stone | is |
//! |---|---|
//! | `gone` | marks the item as a stone |
//! | `ttl` | the second until which it stands; DynamoDB removes it some time later |
//! | `never` | the execution never began |
//! | `free` | its head is removed, so that a start may clear the stone away |

use super::{
    Table,
    dynamo::{Query, Written, unbuilt},
    item::{Expression, Item, keyed, number, number_of, text, text_of},
    keys,
    load::{Stored, turns_between},
};
use crate::{
    billing::meter::{Purpose, nobodys, of},
    limits,
};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use engine::port::{Journal, StoreError};
use futures::{StreamExt, TryStreamExt, stream};
use std::{future::Future, pin::Pin, sync::Arc};
use stepwell_core::{execution::Execution, id::ExecutionId};

impl Table {
    /// What is left of an execution that was being removed, or a head whose execution never began, and may yet, unless
    /// its parent is gone.
    pub(super) async fn remove_rest(&self, id: &ExecutionId, may_begin: bool) -> Result<(), StoreError> {
        let all = Query { backwards: true, ..turns_between(id, 1, keys::LAST_TURN) };
        let items = self.db.query_all(nobodys(Purpose::Other), all).await?;
        let items = items.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        let begins = items.iter().any(|item| item.first == 1 && !item.gone);
        if items.first().is_some_and(|newest| !newest.gone || (begins && self.stood(&newest.item))) {
            // The execution has begun since the caller looked for it.
            return Err(StoreError::Conflict);
        }
        // A stone comes last, and turns are left before it: a removal was interrupted.
        if let Some(newest_turn) = items.iter().find(|item| !item.gone) {
            let state = self.state_of(newest_turn).await?;
            return self.remove_fenced(id.clone(), state).await;
        }
        if self.db.get(nobodys(Purpose::Other), &keys::execution(id), keys::HEAD, true).await?.is_none() {
            return Ok(());
        }
        // Stones without `never` that stand for more than a quarter of their time yet are of a recent removal.
        let nearly = self.now().0 / 1_000 + limits::FENCE_SECONDS / 4;
        let in_the_way = |stone: &Item| !stone.contains_key(NEVER) && until(stone) > nearly;
        if items.iter().any(|stone| in_the_way(&stone.item)) {
            // A start put a head for the removed execution and was refused. The stones stand for as long as they did.
            return self.remove_fenced(id.clone(), None).await;
        }
        if may_begin {
            return self.clear_away(id).await;
        }
        self.fence(id, self.stone(id, 1)).await?;
        self.remove_fenced(id.clone(), None).await
    }

    /// Puts a stone where there is no turn. A turn in its place is a conflict.
    async fn fence(&self, id: &ExecutionId, stone: Item) -> Result<(), StoreError> {
        let free = Expression::new("attribute_not_exists(pk) OR attribute_exists(gone)");
        let fenced = self.db.put(nobodys(Purpose::Other), stone, free).await?;
        self.cache.forget(id);
        if fenced == Written::Yes { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Removes a head whose execution never began. A start that is still under way finds a stone in its place. It may
    /// clear the stone away only once the head is gone, and then begins with a head of its own; else it would begin
    /// without one. The task token of the start's caller stays.
    async fn clear_away(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let partition = keys::execution(id);
        let mut stone = self.stone(id, 1);
        stone.insert(NEVER.into(), number(1));
        self.fence(id, stone.clone()).await?;
        self.blobs.remove(&keys::values(id)).await?;
        // The head goes and the stone is set free in one transaction, so that no start sees one without the other.
        stone.insert(FREE.into(), number(1));
        let table = self.db.table();
        let put = Put::builder().table_name(table).set_item(Some(stone)).condition_expression("attribute_exists(gone)");
        let head = keyed(&partition, keys::HEAD);
        let delete = Delete::builder().table_name(table).set_key(Some(head)).build().map_err(unbuilt)?;
        let writes = vec![
            TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build(),
            TransactWriteItem::builder().delete(delete).build(),
        ];
        match self.db.transact(nobodys(Purpose::Other), writes).await? {
            true => Ok(()),
            false => Err(StoreError::Conflict),
        }
    }

    /// The state that an item carries, if any. An interrupted removal has begun with the oldest turns, so the journal
    /// cannot be folded and only a carried state is left.
    async fn state_of(&self, item: &Stored) -> Result<Option<Arc<Execution>>, StoreError> {
        let (_, text) = self.body(item).await?;
        Ok(text.and_then(|text| serde_json::from_str::<Execution>(&text).ok()).map(Arc::new))
    }

    /// Removes an execution in this state, whatever it is doing: a stone in the place of its next turn first.
    pub(super) async fn remove(&self, id: ExecutionId, state: Arc<Execution>) -> Result<(), StoreError> {
        self.fence(&id, self.stone(&id, state.seq + 1)).await?;
        self.remove_fenced(id, Some(state)).await
    }

    /// Removes an execution that a stone keeps from going on; `state` is its last state where it is known. What can
    /// only be found through the execution goes first (children, questions, values), then its turns from the oldest on,
    /// and its head last, so that the supervisor finds an interrupted removal.
    fn remove_fenced(
        &self,
        id: ExecutionId,
        state: Option<Arc<Execution>>,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> {
        Box::pin(async move {
            self.cache.forget(&id);
            let children = self.children(&id).await?.into_iter().map(|child| self.remove_child(child));
            stream::iter(children).buffer_unordered(limits::REMOVED_AT_ONCE).try_collect::<()>().await?;
            if let Some(state) = &state {
                self.remove_questions(state).await?;
                // Where its document is gone it may have had a guard.
                if self.is_guarded(state).await.unwrap_or(true) {
                    self.release(state).await?;
                }
            }
            self.blobs.remove(&keys::values(&id)).await?;
            self.overwrite(&id).await
        })
    }

    /// Removes a child, whether or not it has ended, since its parent is removed.
    async fn remove_child(&self, child: ExecutionId) -> Result<(), StoreError> {
        match self.load_lean(&child).await? {
            Some(state) => self.remove(child, state).await,
            None => self.remove_rest(&child, false).await,
        }
    }

    async fn remove_questions(&self, state: &Execution) -> Result<(), StoreError> {
        for one in &state.interactions {
            let partition = keys::question(&one.interaction_id);
            self.db.delete(nobodys(Purpose::Other), &partition, keys::QUESTION, Expression::default()).await?;
        }
        Ok(())
    }

    /// Overwrites the turns in an execution's partition with stones, and removes its other items, the head last.
    async fn overwrite(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let partition = keys::execution(id);
        let keys_of = Expression::new("pk = :p").with(":p", text(&partition));
        let all = Query { keys: keys_of, consistent: true, wanted: "pk, sk, gone", ..Query::default() };
        let items = self.db.query_all(nobodys(Purpose::Other), all).await?;
        let (turns, others): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| text_of(item, "sk").is_some_and(|sort| sort.starts_with(keys::TURN)));
        // Stones that stand already are left as they are, so that they do not stand longer.
        let standing = turns.iter().filter(|item| !item.contains_key("gone"));
        let numbers = standing.filter_map(|item| keys::first_of(text_of(item, "sk")?));
        let stones = numbers.map(|first| self.stone(id, first)).collect();
        self.db.put_all(nobodys(Purpose::Other), stones).await?;
        let sorts = others.iter().filter_map(|item| text_of(item, "sk")).filter(|sort| *sort != keys::HEAD);
        for sort in sorts.chain([keys::HEAD]) {
            self.db.delete(nobodys(Purpose::Other), &partition, sort, Expression::default()).await?;
        }
        Ok(())
    }

    /// A stone in the place of the turn with the number `first`.
    fn stone(&self, id: &ExecutionId, first: u64) -> Item {
        let mut item = keyed(&keys::execution(id), &keys::turn(first));
        item.insert("gone".into(), number(1));
        item.insert("ttl".into(), number(self.now().0 / 1_000 + limits::FENCE_SECONDS));
        item
    }

    /// The error of a start that finds a stone in its place. Stones that have stood their time, or are free, are
    /// cleared away, and the error is `Conflict`, so that the start is decided again. While the head of an earlier
    /// start is being cleared away it is `Transient`, and of an execution that was removed it is `Permanent`.
    pub(super) async fn reclaim(&self, id: &ExecutionId, stone: &Item) -> StoreError {
        if self.stood(stone) || stone.contains_key(FREE) {
            return self.clear(id).await.err().unwrap_or(StoreError::Conflict);
        }
        if stone.contains_key(NEVER) {
            return StoreError::Transient(format!("what is left of an earlier start of {id} is being cleared away"));
        }
        let told = format!("the execution {id} was removed a short while ago: start another, under another key");
        StoreError::Permanent(told)
    }

    /// Whether a stone has stood so long that no commit from before the removal can be under way.
    pub(super) fn stood(&self, stone: &Item) -> bool {
        self.now().0 / 1_000 > until(stone)
    }

    /// Removes the stones of an execution's id.
    async fn clear(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let all = Query { wanted: "pk, sk, gone", ..turns_between(id, 1, keys::LAST_TURN) };
        for item in self.db.query_all(of(Purpose::Other, id), all).await? {
            if item.contains_key("gone") {
                let gone = Expression::new("attribute_exists(gone)");
                let sort = text_of(&item, "sk").unwrap_or_default();
                self.db.delete(of(Purpose::Other, id), &keys::execution(id), sort, gone).await?;
            }
        }
        Ok(())
    }
}

/// The attribute of a stone whose execution never began.
const NEVER: &str = "never";
/// The attribute of such a stone whose head is gone.
const FREE: &str = "free";

/// The time until which a stone stands, in seconds since 1970.
fn until(stone: &Item) -> i64 {
    number_of(stone, "ttl").unwrap_or_default()
}

#[cfg(test)]
mod tests;
