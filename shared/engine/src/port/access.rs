//! What opens something: the API tokens of callers, and the credentials that nodes use.

use super::{Page, StoreError, Window};
use crate::scope::Scope;
use async_trait::async_trait;
use document::time::Time;
use serde::{Deserialize, Serialize};

/// An API token as it is stored: without the token itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Hexadecimal SHA-256 of the token.
    pub sha256: String,
    /// The token's name, for people.
    pub name: String,
    /// The tenant whose records the token opens.
    pub owner: String,
    /// The subject that bears the token, such as an e-mail address.
    pub subject: String,
    /// What the token allows.
    #[serde(deserialize_with = "crate::scope::known")]
    pub scopes: Vec<Scope>,
    /// When the token ends; none for a token without an end.
    pub expires_at: Option<Time>,
    /// When the token was made; none for one that an early release made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
}

/// Hexadecimal digits of a token's id.
const ID_DIGITS: usize = 16;

impl Token {
    /// The name by which the token is listed and removed: the beginning of its SHA-256, which tells nothing of the token
    /// itself.
    pub fn id(&self) -> &str {
        Self::id_of(&self.sha256)
    }

    /// Whether a text has the form of an id.
    pub fn is_id(text: &str) -> bool {
        text.len() == ID_DIGITS && text.bytes().all(|one| matches!(one, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The id of the token with this SHA-256.
    pub fn id_of(sha256: &str) -> &str {
        sha256.get(..ID_DIGITS).unwrap_or(sha256)
    }
}

/// API tokens, by the SHA-256 of their text.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// The API token with that SHA-256 (hexadecimal).
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError>;
    /// Stores an API token.
    async fn add_token(&self, token: Token) -> Result<(), StoreError>;
    /// The API tokens of an owner, by their SHA-256, those that have ended too.
    async fn tokens(&self, owner: &str, window: &Window) -> Result<Page<Token>, StoreError>;
    /// Removes the API token of an owner that has this [id](Token::id), so that nobody can use it any more. False where
    /// the owner has none.
    async fn remove_token(&self, owner: &str, id: &str) -> Result<bool, StoreError>;
    /// Whether any API token exists.
    async fn has_tokens(&self) -> Result<bool, StoreError>;
}

/// A stored credential, decrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The secret itself.
    pub value: String,
    /// The hosts that the secret may be sent to: none where the list is empty, and any where it has [`ANY_HOST`].
    pub hosts: Vec<String>,
    /// Whether documents may name the secret that a caller without the scope `admin` sends along.
    pub for_inline: bool,
}

/// What stands for any host in [`Secret::hosts`].
pub const ANY_HOST: &str = "*";

impl Secret {
    /// The hosts of a secret that was stored without a word about them: any.
    pub fn any_host() -> Vec<String> {
        vec![ANY_HOST.to_owned()]
    }
}

/// Stored credentials, by owner and name.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// A credential of an owner, by its name.
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError>;
    /// Stores a credential, in place of one of the same name.
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError>;
}
