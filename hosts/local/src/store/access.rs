//! The rows of API tokens and of credentials, which are sealed with the folder's key.

use super::{Database, seal::Sealer};
use async_trait::async_trait;
use engine::port::{Secret, Secrets, StoreError, Token, Tokens};
use rusqlite::{Connection, OptionalExtension, params};

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
        self.writer
            .call(Self::place(&token.owner), move |db, _| {
                db.prepare_cached("INSERT OR REPLACE INTO tokens(sha256, body) VALUES (?1, ?2)")?
                    .execute([&token.sha256, &body])?;
                Ok(())
            })
            .await
    }

    /// Whether any token exists, expired ones included.
    async fn has_tokens(&self) -> Result<bool, StoreError> {
        self.readers.read(|db| db.query_row("SELECT EXISTS (SELECT 1 FROM tokens)", [], |row| row.get(0))).await
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
}

impl Database {
    /// The names of the secrets that the folder's key does not open.
    pub async fn sealed_otherwise(&self) -> Result<Vec<String>, StoreError> {
        let sealer = self.sealer.clone();
        self.readers.read(move |db| sealed_otherwise(db, &sealer)).await
    }
}

/// The names of the secrets that a folder's key does not open, as it is where the key was lost or replaced.
fn sealed_otherwise(db: &Connection, sealer: &Sealer) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare("SELECT owner, name, sealed FROM secrets ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let (owner, name, sealed): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if sealer.open(&owner, &name, &sealed).is_err() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Says which secrets the folder's key does not open. The host starts all the same: everything else works.
pub(super) fn warn_of_sealed(db: &Connection, sealer: &Sealer) {
    match sealed_otherwise(db, sealer) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => tracing::warn!(
            "the data folder's `key` does not open these secrets: {}. Put back the `key` that they were stored with, or \
             set them again (stepwell secret set NAME); what needs them waits until then",
            names.join(", ")
        ),
        Err(error) => tracing::error!(%error, "the secrets cannot be read: see `stepwell doctor`"),
    }
}
