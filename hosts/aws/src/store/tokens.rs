//! Task tokens of Step Functions: of pauses, and of whoever waits for an execution's end. They are no part of the state.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, keyed, need, number, text, text_of},
    keys,
};
use crate::{
    limits,
    meter::{Purpose, of},
};
use shared::{
    id::{ExecutionId, InteractionId},
    port::StoreError,
};

impl Table {
    /// Keeps the task token of a pause.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn put_token(
        &self,
        id: &ExecutionId,
        interaction: &InteractionId,
        token: &str,
    ) -> Result<(), StoreError> {
        self.keep_token(id, &keys::token(interaction), token).await
    }

    /// The task token of a pause; none once it is completed, or before it is opened.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn pause_token(
        &self,
        id: &ExecutionId,
        interaction: &InteractionId,
    ) -> Result<Option<String>, StoreError> {
        self.token_at(id, &keys::token(interaction)).await
    }

    /// Forgets the task token of a pause: it was completed.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn drop_token(&self, id: &ExecutionId, interaction: &InteractionId) -> Result<(), StoreError> {
        self.drop_token_at(id, &keys::token(interaction)).await
    }

    /// Every task token of an execution's pauses that was not completed.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn pause_tokens(&self, id: &ExecutionId) -> Result<Vec<(InteractionId, String)>, StoreError> {
        let keys = Expression::new("pk = :p AND begins_with(sk, :t)")
            .with(":p", text(keys::execution(id)))
            .with(":t", text(keys::TOKEN));
        let query = Query { keys, consistent: true, ..Query::default() };
        let items = self.db.query_all(of(Purpose::Other, id), query).await?;
        let read = |item| {
            let sort = need(item, "sk")?;
            let interaction = sort.strip_prefix(keys::TOKEN).unwrap_or(sort).into();
            Ok((interaction, need(item, "k")?.to_owned()))
        };
        items.iter().map(read).collect()
    }

    /// Keeps the task token of whoever starts an execution and waits for its end: before the start.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn put_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.keep_token(id, keys::CALLER, token).await
    }

    /// The task token of whoever waits for an execution's end.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn caller(&self, id: &ExecutionId) -> Result<Option<String>, StoreError> {
        self.token_at(id, keys::CALLER).await
    }

    /// Forgets it: it was told.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn drop_caller(&self, id: &ExecutionId) -> Result<(), StoreError> {
        self.drop_token_at(id, keys::CALLER).await
    }

    async fn keep_token(&self, id: &ExecutionId, sort: &str, token: &str) -> Result<(), StoreError> {
        let mut item = keyed(&keys::execution(id), sort);
        item.insert("k".into(), text(token));
        item.insert("ttl".into(), number(self.now().0 / 1_000 + limits::TOKEN_SECONDS));
        self.db.put(of(Purpose::Other, id), item, Expression::default()).await.map(drop)
    }

    async fn token_at(&self, id: &ExecutionId, sort: &str) -> Result<Option<String>, StoreError> {
        let item = self.db.get(of(Purpose::Other, id), &keys::execution(id), sort, true).await?;
        Ok(item.and_then(|item| text_of(&item, "k").map(ToOwned::to_owned)))
    }

    async fn drop_token_at(&self, id: &ExecutionId, sort: &str) -> Result<(), StoreError> {
        let partition = keys::execution(id);
        self.db.delete(of(Purpose::Other, id), &partition, sort, Expression::default()).await.map(drop)
    }
}
