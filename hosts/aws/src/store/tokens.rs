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
use document::id::sha256_hex;
use engine::port::StoreError;
use stepwell_core::id::{ExecutionId, InteractionId};

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
        let read = |(sort, token): (String, String)| (sort.strip_prefix(keys::TOKEN).unwrap_or(&sort).into(), token);
        Ok(self.tokens_at(id, keys::TOKEN).await?.into_iter().map(read).collect())
    }

    /// Keeps the task token of whoever starts an execution and waits for its end: before the start. Each has an item of
    /// its own, so that nobody's caller takes another's place.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn put_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.keep_token(id, &caller(token), token).await
    }

    /// The task tokens of all who wait for an execution's end.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Ok(self.tokens_at(id, keys::CALLER).await?.into_iter().map(|(_, token)| token).collect())
    }

    /// Forgets one of them: it was told.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn drop_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.drop_token_at(id, &caller(token)).await
    }

    /// All tokens whose sort keys begin so, with those.
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

/// Where the token of a caller lies.
fn caller(token: &str) -> String {
    format!("{}{}", keys::CALLER, sha256_hex(token.as_bytes()))
}
