//! Tokens, credentials and the state of the service.

use super::{Fault, Timestamp, words};
use crate::Scope;
use ::document::time::Time;
use engine::port::Token;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    /// What the token is for, in words for people.
    pub name: String,
    /// The e-mail address of whoever bears the token: it must be given, since answers and starts are recorded in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the bearer may do: at least one of `read`, `run`, `respond` and `admin`.
    #[schema(value_type = Vec<words::Scope>)]
    pub scopes: Vec<String>,
    /// When the token ends, in RFC 3339; a token without it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// A new token; it is shown this once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"token": "sw_4f2a", "id": "9f86d081884c7d65", "name": "ci", "owner": "acme", "subject": "ci@example.com",
    "scopes": ["read", "run"], "expires_at": null}))]
pub struct NewToken {
    /// The token itself, for the header `Authorization: Bearer TOKEN`.
    pub token: String,
    /// The name by which it is listed and removed.
    pub id: String,
    /// What the token is for, in words for people.
    pub name: String,
    /// The tenant whose records the token opens.
    pub owner: String,
    /// The e-mail address of whoever bears the token: assignees are matched with it.
    pub subject: String,
    /// What the bearer may do.
    #[schema(value_type = Vec<words::Scope>)]
    pub scopes: Vec<Scope>,
    /// When the token ends; null for a token that never ends.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is listed: without the token itself, which nobody can be shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"id": "9f86d081884c7d65", "name": "ci", "owner": "acme", "subject": "ci@example.com",
    "scopes": ["read", "run"], "created_at": "2026-01-31T09:00:00.000Z", "expires_at": null, "expired": false}))]
pub struct TokenRow {
    /// The name by which it is removed.
    pub id: String,
    /// What the token is for, in words for people.
    pub name: String,
    /// The tenant whose records the token opens.
    pub owner: String,
    /// The e-mail address of whoever bears the token.
    pub subject: String,
    /// What the bearer may do.
    #[schema(value_type = Vec<words::Scope>)]
    pub scopes: Vec<Scope>,
    /// When it was made; null for one that an early release made.
    pub created_at: Option<Timestamp>,
    /// When it ends; null for a token that never ends.
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub expired: bool,
}

impl TokenRow {
    /// A token as it is listed at `now`.
    pub fn of(token: &Token, now: Time) -> Self {
        Self {
            id: token.id().to_owned(),
            name: token.name.clone(),
            owner: token.owner.clone(),
            subject: token.subject.clone(),
            scopes: token.scopes.clone(),
            created_at: token.created_at.map(Timestamp),
            expires_at: token.expires_at.map(Timestamp),
            expired: token.expires_at.is_some_and(|end| end <= now),
        }
    }
}

/// A credential to be stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretBody {
    /// The credential itself, 1 to 65536 bytes; it can never be read back.
    pub value: String,
    /// The hosts that the credential may be sent to: none where the list is empty, any where it holds `*` or is absent.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
    /// Whether documents may name the credential that callers without the scope `admin` send along; false where absent.
    #[serde(default)]
    pub for_inline: bool,
}

/// A credential that was stored, without its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "API_KEY", "hosts": ["api.example.com"], "for_inline": false, "warnings": []}))]
pub struct StoredSecret {
    /// The name by which documents refer to it.
    pub name: String,
    /// The hosts that it may be sent to.
    pub hosts: Vec<String>,
    /// Whether documents may name it that callers without the scope `admin` send along.
    pub for_inline: bool,
    /// What is probably not meant: `secret_without_hosts`, `secret_not_masked`.
    pub warnings: Vec<Fault>,
}

/// A credential as it is listed: without its value, which nobody can be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "API_KEY", "hosts": ["api.example.com"], "for_inline": false}))]
pub struct SecretRow {
    /// The name by which documents refer to it.
    pub name: String,
    /// The hosts that it may be sent to; null where it cannot be opened, since the host has another key.
    pub hosts: Option<Vec<String>>,
    /// Whether documents may name it that callers without the scope `admin` send along; null as above.
    pub for_inline: Option<bool>,
}

/// That the service answers, and what its host can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "version": "0.1.0", "host": {}}))]
pub struct Health {
    /// Always `ok`: a service that does not work does not answer.
    pub status: String,
    /// The release of the service.
    pub version: String,
    /// What the host can do, by name.
    #[schema(value_type = Object)]
    pub host: Value,
}
