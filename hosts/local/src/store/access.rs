//! The rows of API tokens and of credentials, which are sealed with the folder's key.

use super::{Database, lists::limit, sealed::sealed_otherwise, tokens};
use async_trait::async_trait;
use engine::port::{Page, Secret, Secrets, StoreError, Token, Tokens, Window};
use rusqlite::{OptionalExtension, params};
use std::sync::atomic::Ordering::SeqCst;

#[async_trait]
impl Tokens for Database {
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        let key = sha256.to_owned();
        let body: Option<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT body FROM tokens WHERE sha256 = ?1")?
                    .query_row([key], |row| row.get(0))
                    .optional()
            })
            .await?;
        let token = body.map(|body| serde_json::from_str(&body)).transpose();
        token.map_err(|error| StoreError::Permanent(format!("a stored token cannot be read: {error}")))
    }

    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        let body = serde_json::to_string(&token).map_err(|error| StoreError::Permanent(error.to_string()))?;
        self.no_tokens.store(false, SeqCst);
        self.writer
            .call(Self::place(&token.owner), move |db, _| {
                db.prepare_cached("INSERT OR REPLACE INTO tokens(sha256, body) VALUES (?1, ?2)")?
                    .execute([&token.sha256, &body])?;
                Ok(())
            })
            .await
    }

    async fn tokens(&self, owner: &str, window: &Window) -> Result<Page<Token>, StoreError> {
        let (owner, after) = (owner.to_owned(), window.cursor.clone().unwrap_or_default());
        let limit = limit(window);
        let bodies: Vec<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached(
                    "SELECT body FROM tokens WHERE sha256 > ?2 AND json_extract(body, '$.owner') = ?1
                     ORDER BY sha256 LIMIT ?3",
                )?
                .query_map(params![owner, after, (limit + 1) as i64], |row| row.get(0))?
                .collect()
            })
            .await?;
        let read: Result<Vec<Token>, _> = bodies.iter().map(|body| serde_json::from_str(body)).collect();
        let mut items =
            read.map_err(|error| StoreError::Permanent(format!("a stored token cannot be read: {error}")))?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.sha256.clone());
        Ok(Page { items, next_cursor })
    }

    async fn remove_token(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        // Hexadecimal digits sort before `g`, so the range holds every digest that begins with the id.
        let (of, from, to) = (owner.to_owned(), id.to_owned(), format!("{id}g"));
        if !Token::is_id(id) {
            return Ok(false);
        }
        self.writer
            .call(Self::place(owner), move |db, _| {
                let gone = db
                    .prepare_cached(
                        "DELETE FROM tokens WHERE sha256 >= ?2 AND sha256 < ?3 AND json_extract(body, '$.owner') = ?1",
                    )?
                    .execute([&of, &from, &to])?;
                Ok(gone > 0)
            })
            .await
    }

    /// Whether any token exists, expired ones included.
    async fn has_tokens(&self) -> Result<bool, StoreError> {
        if self.no_tokens.load(SeqCst) {
            return Ok(false);
        }
        self.readers.read(tokens::any).await
    }
}

#[async_trait]
impl Secrets for Database {
    /// `Transient` where the folder's key is not the one that the credential was sealed with: see [`Sealer::open`].
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let key = (owner.to_owned(), name.to_owned());
        let sealed: Option<Vec<u8>> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT sealed FROM secrets WHERE owner = ?1 AND name = ?2")?
                    .query_row([key.0, key.1], |row| row.get(0))
                    .optional()
            })
            .await?;
        sealed.map(|sealed| self.sealer.open(owner, name, &sealed)).transpose()
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        let sealed = self.sealer.seal(owner, name, &secret)?;
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.writer
            .call(Self::place(&owner), move |db, _| {
                db.prepare_cached("INSERT OR REPLACE INTO secrets(owner, name, sealed) VALUES (?1, ?2, ?3)")?
                    .execute(params![owner, name, sealed])?;
                Ok(())
            })
            .await
    }

    async fn secret_names(&self, owner: &str, window: &Window) -> Result<Page<String>, StoreError> {
        let (owner, after) = (owner.to_owned(), window.cursor.clone().unwrap_or_default());
        let limit = limit(window);
        let mut items: Vec<String> = self
            .readers
            .read(move |db| {
                db.prepare_cached("SELECT name FROM secrets WHERE owner = ?1 AND name > ?2 ORDER BY name LIMIT ?3")?
                    .query_map(params![owner, after, (limit + 1) as i64], |row| row.get(0))?
                    .collect()
            })
            .await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).cloned();
        Ok(Page { items, next_cursor })
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        let key = (owner.to_owned(), name.to_owned());
        self.writer
            .call(Self::place(owner), move |db, _| {
                let gone = db
                    .prepare_cached("DELETE FROM secrets WHERE owner = ?1 AND name = ?2")?
                    .execute([&key.0, &key.1])?;
                Ok(gone > 0)
            })
            .await
    }
}

impl Database {
    /// The names of the secrets that the folder's key does not open.
    pub async fn sealed_otherwise(&self) -> Result<Vec<String>, StoreError> {
        let sealer = self.sealer.clone();
        self.readers.read(move |db| sealed_otherwise(db, &sealer)).await
    }
}
