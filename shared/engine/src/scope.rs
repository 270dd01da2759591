//! What API tokens allow.

use serde::{Deserialize, Deserializer};

document::closed_set!(
    /// What a token lets its bearer do. No scope includes another.
    Scope {
        /// To read: the GET routes, and the static checks of a document.
        Read = "read",
        /// To start executions, signal to them, and pause, resume or cancel them.
        Run = "run",
        /// To answer interactions.
        Respond = "respond",
        /// To save workflows, tokens and secrets, to delete workflows and executions, and to control many executions at once.
        Admin = "admin",
    }
);

/// Reads the scopes of a stored token. A scope of another release opens nothing here, so it is left out; the token
/// keeps those that this release knows.
pub fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    Ok(words.iter().filter_map(|word| Scope::parse(word)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Scope;
    use crate::port::Token;
    use serde_json::json;

    #[test]
    fn a_stored_scope_that_nobody_knows_opens_nothing_and_breaks_nothing() {
        let stored = |scopes: &[&str]| -> Token {
            serde_json::from_value(json!({"sha256": "00", "name": "ci", "owner": "acme", "subject": "ci@example.com",
                "scopes": scopes, "expires_at": null}))
            .unwrap()
        };
        assert_eq!(stored(&["read", "work", "READ", ""]).scopes, [Scope::Read]);
        assert_eq!(stored(&["work"]).scopes, []);
        assert_eq!(serde_json::to_value(stored(&["read", "admin"])).unwrap()["scopes"], json!(["read", "admin"]));
    }
}
