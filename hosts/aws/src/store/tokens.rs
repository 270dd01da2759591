//! Task tokens of Step Functions: those of pauses, and of callers that wait for an execution's end. They are
//! credentials and no part of the state.

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
use document::id::sha256_hex;
use engine::port::StoreError;
use stepwell_core::id::{ExecutionId, InteractionId};

impl Table {
    /// Keeps the task token of a pause, in the place of the one before.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn put_token(
        &self,
        id: &ExecutionId,
        interaction: &InteractionId,
        token: &str,
    ) -> Result<(), StoreError> {
        self.keep_token(id, &keys::token(interaction), token).await
    }

    /// The task token of a pause; `None` before the pause has begun, and once its task was completed.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn pause_token(
        &self,
        id: &ExecutionId,
        interaction: &InteractionId,
    ) -> Result<Option<String>, StoreError> {
        self.token_at(id, &keys::token(interaction)).await
    }

    /// Removes the task token of a pause whose task was completed.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn drop_token(&self, id: &ExecutionId, interaction: &InteractionId) -> Result<(), StoreError> {
        self.drop_token_at(id, &keys::token(interaction)).await
    }

    /// The task tokens of all pauses of an execution whose tasks were not completed, each with its interaction.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn pause_tokens(&self, id: &ExecutionId) -> Result<Vec<(InteractionId, String)>, StoreError> {
        let read = |(sort, token): (String, String)| (sort.strip_prefix(keys::TOKEN).unwrap_or(&sort).into(), token);
        Ok(self.tokens_at(id, keys::TOKEN).await?.into_iter().map(read).collect())
    }

    /// Keeps the task token of a caller that waits for an execution's end. It is called before the start, so that no
    /// end comes before it. Each token has an item of its own, so that all callers are told.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn put_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.keep_token(id, &caller(token), token).await
    }

    /// The task tokens of all callers that wait for an execution's end and were not told of it.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Ok(self.tokens_at(id, keys::CALLER).await?.into_iter().map(|(_, token)| token).collect())
    }

    /// Removes the task token of a caller that was told of the end.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn drop_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.drop_token_at(id, &caller(token)).await
    }

    /// All tokens of an execution whose sort keys begin with `begin`, each after its sort key.
    async fn tokens_at(&self, id: &ExecutionId, begin: &str) -> Result<Vec<(String, String)>, StoreError> {
        let keys = Expression::new("pk = :p AND begins_with(sk, :t)")
            .with(":p", text(keys::execution(id)))
            .with(":t", text(begin));
        let query = Query { keys, consistent: true, ..Query::default() };
        let items = self.db.query_all(of(Purpose::Other, id), query).await?;
        items.iter().map(|item| Ok((need(item, "sk")?.to_owned(), need(item, "k")?.to_owned()))).collect()
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

/// The sort key of a caller's token: by the token's hash, since a token may be longer than a sort key (1,024 bytes).
fn caller(token: &str) -> String {
    format!("{}{}", keys::CALLER, sha256_hex(token.as_bytes()))
}
