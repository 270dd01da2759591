//! What a host keeps of the keys that sign receipts: the private key that signs now, and all public keys. A rotation
//! drops the private key before it, so that nobody can sign with that any more.

use crate::port::PublicKey;
use base64::{Engine, prelude::BASE64_STANDARD};
use document::time::Time;
use serde::{Deserialize, Serialize};
use stepwell_core::interaction::receipt::key_id;

/// The keys as a host stores them, in one piece. It is a credential.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyRing {
    /// The seed of the private key (RFC 8032), 32 bytes in base64.
    private_key: String,
    /// All public keys, newest first; the first one is that of the private key.
    keys: Vec<PublicKey>,
}

impl KeyRing {
    /// A new key, given as its seed and the public key that follows from that, before the keys that were there.
    pub fn new(seed: &[u8; 32], public: &[u8], before: &[PublicKey], now: Time) -> Self {
        let new = PublicKey {
            key_id: key_id(public),
            public_key: BASE64_STANDARD.encode(public),
            created_at: now,
            retired_at: None,
        };
        let retired = before.iter().cloned();
        let retired = retired.map(|key| PublicKey { retired_at: key.retired_at.or(Some(now)), ..key });
        Self { private_key: BASE64_STANDARD.encode(seed), keys: std::iter::once(new).chain(retired).collect() }
    }

    /// The seed of the private key; none where what was stored is damaged.
    pub fn seed(&self) -> Option<[u8; 32]> {
        BASE64_STANDARD.decode(&self.private_key).ok()?.try_into().ok()
    }

    /// Whether this public key is the one that signs now.
    pub fn signs_with(&self, public: &[u8]) -> bool {
        self.keys.first().is_some_and(|key| key.key_id == key_id(public))
    }

    /// All public keys, newest first.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}
