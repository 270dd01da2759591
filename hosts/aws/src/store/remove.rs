//! Removing an execution. Its turns are overwritten by stones that say that they are gone and vanish after an hour: while
//! they stand, no commit that was under way can bring a number of it back.

use super::{
    Table,
    dynamo::{Query, Written},
    item::{Expression, Item, keyed, number, number_of, text, text_of},
    keys,
    load::{Stored, turns_between},
};
use crate::{
    limits,
    meter::{Purpose, nobodys, of},
};
use shared::{execution::Execution, id::ExecutionId, port::StoreError};
use std::{future::Future, pin::Pin, sync::Arc};

impl Table {
    /// Removes an ended execution with all its data, children too.
    ///
    /// # Errors
    /// `Conflict` where it goes on.
    pub async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        match self.load_lean(id).await? {
            Some(state) if state.end.is_none() => Err(StoreError::Conflict),
            Some(state) => {
                if !self.behind_message {
                    // Should this process die on the way, the supervisor goes on.
                    let soon = self.now().after_seconds(limits::MARK_SECONDS);
                    self.mark(nobodys(Purpose::Head), &state, &uuid::Uuid::now_v7().simple().to_string(), soon).await?;
                }
                self.remove(id.clone(), Some(state)).await
            }
            None => self.remove_rest(id).await,
        }
    }

    /// What is left of an execution that was being removed, or a head whose execution never began.
    async fn remove_rest(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let all = Query { backwards: true, ..turns_between(id, 1, keys::LAST_TURN) };
        let items = self.db.query_all(nobodys(Purpose::Other), all).await?;
        let newest_turn = items.into_iter().map(Stored::new).find(|item| item.as_ref().is_ok_and(|item| !item.gone));
        let state = match newest_turn.transpose()? {
            Some(item) => self.state_of(&item).await?,
            None => {
                let head = self.db.get(nobodys(Purpose::Other), &keys::execution(id), keys::HEAD, true).await?;
                if head.is_none() {
                    return Ok(());
                }
                None
            }
        };
        self.remove(id.clone(), state).await
    }

    /// The state in an item, if one is there: who was removing went from the oldest turn on.
    async fn state_of(&self, item: &Stored) -> Result<Option<Arc<Execution>>, StoreError> {
        let (_, text) = self.body(item).await?;
        Ok(text.and_then(|text| serde_json::from_str::<Execution>(&text).ok()).map(Arc::new))
    }

    /// Removes an execution of which that is known, whatever it is doing: first what leads away from it, then its turns
    /// from the oldest on, its head last.
    fn remove(
        &self,
        id: ExecutionId,
        state: Option<Arc<Execution>>,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> {
        Box::pin(async move {
            let next = state.as_ref().map_or(1, |state| state.seq + 1);
            let fence = self.db.put(
                nobodys(Purpose::Other),
                self.stone(&id, next),
                Expression::new("attribute_not_exists(pk) OR attribute_exists(gone)"),
            );
            if fence.await? != Written::Yes {
                self.cache.forget(&id);
                return Err(StoreError::Conflict);
            }
            self.cache.forget(&id);
            for child in self.children(&id).await? {
                let state = self.load_lean(&child).await?;
                match state {
                    Some(state) => self.remove(child, Some(state)).await?,
                    None => Box::pin(self.remove_rest(&child)).await?,
                }
            }
            if let Some(state) = &state {
                self.remove_questions(state).await?;
                self.release(state).await?;
            }
            self.blobs.remove(&keys::values(&id)).await?;
            self.overwrite(&id).await
        })
    }

    async fn remove_questions(&self, state: &Execution) -> Result<(), StoreError> {
        for one in &state.interactions {
            let partition = keys::question(&one.interaction_id);
            self.db.delete(nobodys(Purpose::Other), &partition, keys::QUESTION, Expression::default()).await?;
        }
        Ok(())
    }

    async fn overwrite(&self, id: &ExecutionId) -> Result<(), StoreError> {
        let partition = keys::execution(id);
        let keys_of = Expression::new("pk = :p").with(":p", text(&partition));
        let all = Query { keys: keys_of, consistent: true, wanted: "pk, sk, gone", ..Query::default() };
        let items = self.db.query_all(nobodys(Purpose::Other), all).await?;
        let (turns, others): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| text_of(item, "sk").is_some_and(|sort| sort.starts_with(keys::TURN)));
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

    /// What stands for a turn that is gone.
    fn stone(&self, id: &ExecutionId, first: u64) -> Item {
        let mut item = keyed(&keys::execution(id), &keys::turn(first));
        item.insert("gone".into(), number(1));
        item.insert("ttl".into(), number(self.now().0 / 1_000 + limits::FENCE_SECONDS));
        item
    }

    /// What a start says that finds its execution removed: once the stones have stood long enough, they are cleared away
    /// and the start may be tried again.
    pub(super) async fn reclaim(&self, id: &ExecutionId, stone: &Item) -> StoreError {
        match self.clear(id, stone).await {
            Ok(true) => StoreError::Conflict,
            Ok(false) => {
                let told =
                    format!("the execution {id} was removed a short while ago: start another, under another key");
                StoreError::Permanent(told)
            }
            Err(error) => error,
        }
    }

    /// Clears stones away that stood long enough. False where they must stand on.
    pub(super) async fn clear(&self, id: &ExecutionId, stone: &Item) -> Result<bool, StoreError> {
        let until: i64 = number_of(stone, "ttl").unwrap_or_default();
        if self.now().0 / 1_000 <= until {
            return Ok(false);
        }
        let all = Query { wanted: "pk, sk, gone", ..turns_between(id, 1, keys::LAST_TURN) };
        for item in self.db.query_all(of(Purpose::Other, id), all).await? {
            if item.contains_key("gone") {
                let gone = Expression::new("attribute_exists(gone)");
                let sort = text_of(&item, "sk").unwrap_or_default();
                self.db.delete(of(Purpose::Other, id), &keys::execution(id), sort, gone).await?;
            }
        }
        Ok(true)
    }
}
