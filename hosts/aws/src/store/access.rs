//! API tokens: each by its hash, and in the list of its owner.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, keyed, need, text},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use engine::port::{Page, StoreError, Token, Tokens, Window};

/// The sort key of an API token.
const TOKEN: &str = "token";

fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Permanent(format!("a stored API token cannot be read: {error}"))
}

#[async_trait]
impl Tokens for Table {
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        let now = self.now();
        if let Some(known) = self.tokens.get(sha256, now) {
            return Ok(Some(known));
        }
        let partition = keys::api_token(sha256);
        let item = self.db.get(nobodys(Purpose::Other), &partition, TOKEN, true).await?;
        let Some(item) = item else { return Ok(None) };
        let token: Token = serde_json::from_str(need(&item, "t")?).map_err(unreadable)?;
        self.tokens.put(sha256, token.clone(), now);
        Ok(Some(token))
    }

    async fn tokens(&self, owner: &str, window: &Window) -> Result<Page<Token>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        // Hexadecimal digits sort before `g`.
        let after = format!("{}!", window.cursor.as_deref().unwrap_or_default());
        let keys = Expression::new("pk = :p AND sk BETWEEN :after AND :end")
            .with(":p", text(keys::api_tokens(owner)))
            .with(":after", text(after))
            .with(":end", text("g".to_owned()));
        let wanted = i32::try_from(limit + 1).ok();
        let mut query = Query { keys, consistent: true, limit: wanted, ..Query::default() };
        let mut items: Vec<Token> = Vec::new();
        while items.len() <= limit {
            let page = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in &page.items {
                items.push(serde_json::from_str(need(item, "t")?).map_err(unreadable)?);
            }
            match page.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.sha256.clone());
        Ok(Page { items, next_cursor })
    }

    async fn remove_token(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        if !Token::is_id(id) {
            return Ok(false);
        }
        let list = keys::api_tokens(owner);
        let keys = Expression::new("pk = :p AND begins_with(sk, :id)")
            .with(":p", text(list.clone()))
            .with(":id", text(id.to_owned()));
        let query = Query { keys, consistent: true, ..Query::default() };
        let found = self.db.query_all(nobodys(Purpose::Other), query).await?;
        for item in &found {
            let sha256 = need(item, "sk")?;
            // The token itself goes first: one that is still listed can be removed again.
            let other = || Expression::default();
            self.db.delete(nobodys(Purpose::Other), &keys::api_token(sha256), TOKEN, other()).await?;
            self.db.delete(nobodys(Purpose::Other), &list, sha256, other()).await?;
            self.tokens.forget(sha256);
        }
        Ok(!found.is_empty())
    }

    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Permanent(format!("an API token cannot be written: {error}"));
        let body = text(serde_json::to_string(&token).map_err(unwritable)?);
        let (partition, list) = (keys::api_token(&token.sha256), keys::api_tokens(&token.owner));
        let both = [keyed(&partition, TOKEN), keyed(&list, &token.sha256)].into_iter().map(|mut item| {
            item.insert("t".into(), body.clone());
            self.put_where(item, Expression::default())
        });
        let writes = both.collect::<Result<Vec<_>, _>>()?;
        self.db.transact(nobodys(Purpose::Other), writes).await?;
        self.tokens.forget(&token.sha256);
        self.db.put(nobodys(Purpose::Other), keyed(&keys::api_token(""), TOKEN), Expression::default()).await.map(drop)
    }

    async fn has_tokens(&self) -> Result<bool, StoreError> {
        Ok(self.db.get(nobodys(Purpose::Other), &keys::api_token(""), TOKEN, true).await?.is_some())
    }
}
