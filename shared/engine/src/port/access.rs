//! What opens something: the API tokens of callers, and the credentials that nodes use.

use super::{Page, StoreError, Window};
use crate::scope::Scope;
use async_trait::async_trait;
use document::time::Time;
use serde::{Deserialize, Serialize};
use std::net::Ipv6Addr;

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

    /// Whether a text of [`Secret::hosts`] can be the host of a request: [`ANY_HOST`], or a name or an address as a URL has
    /// it, with a port where one is meant. Anything else, such as a whole URL, names no host that there is.
    pub fn is_host(text: &str) -> bool {
        let text = text.trim();
        if text == ANY_HOST || text.parse::<Ipv6Addr>().is_ok() {
            return true;
        }
        if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return address.parse::<Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
        }
        let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
        let in_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        !name.is_empty() && name.bytes().all(in_names) && port.is_none_or(is_port)
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Stored credentials, by owner and name.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// A credential of an owner, by its name.
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError>;
    /// Stores a credential, in place of one of the same name.
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError>;
    /// The names of an owner's credentials. A page may have fewer than asked for, and still a next one.
    async fn secret_names(&self, owner: &str, window: &Window) -> Result<Page<String>, StoreError>;
    /// Removes a credential of an owner with its value. False where there is none of this name.
    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_a_secret_is_a_name_or_an_address_with_a_port_where_one_is_meant() {
        for host in
            ["*", " api.example.com ", "localhost:9000", "127.0.0.1", "10.0.0.1:80", "::1", "[::1]", "[::1]:443", "a_b"]
        {
            assert!(Secret::is_host(host), "{host}");
        }
        let wrong = [
            "",
            " ",
            "https://api.example.com",
            "api.example.com/v1",
            "*.example.com",
            "a b",
            "me@example.com",
            "a:",
            "a:x",
            "a:99999",
            "a:+1",
            "[::1",
            "[::1]x",
            "[a]",
            "bücher.example",
            "::1:x",
        ];
        for host in wrong {
            assert!(!Secret::is_host(host), "{host}");
        }
    }
}
