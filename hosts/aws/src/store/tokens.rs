//! Task tokens of Step Functions: those of pauses, and of callers that wait for an execution's end. They are
//! credentials and no part of the state.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, keyed, need, number, text, text_of},
    keys,
};
use crate::{
    billing::meter::{Purpose, of},
    limits,
    services::ports::Records,
};
use async_trait::async_trait;
use document::id::sha256_hex;
use engine::port::{Journal, StoreError};
use std::sync::Arc;
use stepwell_core::{
    execution::Execution,
    id::{ExecutionId, InteractionId},
    limits::HELD_SECONDS,
    payload::Payload,
};

#[async_trait]
impl Records for Table {
    /// As this process saw it last: it committed the turn, or loaded it.
    async fn state(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        match self.recent(id) {
            Some(state) => Ok(Some(state)),
            None => self.load_lean(id).await,
        }
    }

    async fn state_now(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.load_lean(id).await
    }

    async fn fetch(&self, id: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError> {
        Journal::fetch(self, id, wanted).await
    }

    async fn put_token(&self, id: &ExecutionId, name: &str, token: &str) -> Result<(), StoreError> {
        self.keep_token(id, &keys::token(&name.into()), token).await
    }

    async fn get_token(&self, id: &ExecutionId, name: &str) -> Result<Option<String>, StoreError> {
        self.token_at(id, &keys::token(&name.into())).await
    }

    async fn remove_token(&self, id: &ExecutionId, name: &str) -> Result<(), StoreError> {
        self.drop_token_at(id, &keys::token(&name.into())).await
    }

    async fn pauses(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Ok(self.pause_tokens(id).await?.into_iter().map(|(interaction, _)| interaction.to_string()).collect())
    }

    async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Ok(self.tokens_at(id, keys::CALLER).await?.into_iter().map(|(_, token)| token).collect())
    }

    async fn remove_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.drop_token_at(id, &caller(token)).await
    }

    async fn admissible(&self, state: &Execution) -> Result<Vec<ExecutionId>, StoreError> {
        // Where the guard does not count an execution, its end makes no room.
        if !self.is_guarded(state).await? {
            return Ok(Vec::new());
        }
        if let Some(place) = &state.started.in_line {
            return self.next_of_line(state, place).await;
        }
        // Each of those held back is looked at from time to time. All but the first would find the same.
        let waits = state.held && state.started_at.after_seconds(HELD_SECONDS) <= self.now();
        let guard = keys::guard(&state.started.owner, &state.started.workflow_id);
        if waits && self.oldest_held(&guard).await?.as_ref() != Some(state.id()) {
            return Ok(Vec::new());
        }
        self.next_in_line(&state.started.owner, &state.started.workflow_id).await
    }
}

impl Table {
    /// Every task token of an execution's pauses that was not completed.
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

/// The sort key of a caller's token: by the token's hash, since a token may be longer than a sort key (1,024 bytes).
fn caller(token: &str) -> String {
    format!("{}{}", keys::CALLER, sha256_hex(token.as_bytes()))
}
