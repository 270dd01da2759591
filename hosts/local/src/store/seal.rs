//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under the folder's key. Owner and name are authenticated with the
//! secret, so that a row copied to another owner or name does not open.

use engine::port::{Secret, StoreError};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use serde::{Deserialize, Serialize};

/// What is sealed, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Object {
        value: String,
        hosts: Vec<String>,
        #[serde(default)]
        for_inline: bool,
    },
    /// As the first release wrote it. There no hosts meant any.
    Pair(String, Vec<String>),
}

/// Seals and opens secrets under the key of one data folder.
pub struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Draws 32 random bytes for a new key. An error where the system gives no randomness.
pub fn fresh_key() -> std::io::Result<[u8; 32]> {
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| std::io::Error::other("no randomness to be had"))?;
    Ok(key)
}

/// The key of people's links, which follows from the folder's and tells nothing of it.
pub fn link_key(key: &[u8; 32]) -> [u8; 32] {
    let mut derived = [0; 32];
    derived.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"stepwell: links").as_ref());
    derived
}

impl Sealer {
    /// Takes the folder's key. None only for a key of a wrong length, which the type excludes.
    pub fn new(key: &[u8; 32]) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
        Some(Self { key, random: SystemRandom::new() })
    }

    /// Seals a secret. Returns the nonce of 12 bytes, the ciphertext and the tag of 16 bytes, one after another.
    pub fn seal(&self, owner: &str, name: &str, secret: &Secret) -> Result<Vec<u8>, StoreError> {
        let failed = || StoreError::Permanent("the secret could not be encrypted".into());
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| failed())?;
        let Secret { value, hosts, for_inline } = secret.clone();
        let mut text = serde_json::to_vec(&Kept::Object { value, hosts, for_inline }).map_err(|_| failed())?;
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(owner, name), &mut text)
            .map_err(|_| failed())?;
        let mut sealed = nonce.to_vec();
        sealed.extend(text);
        sealed.extend(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for this owner and name. `Transient` where the key, the owner or the name is another: what
    /// needs the secret waits until the key is put back or the secret is set again.
    pub fn open(&self, owner: &str, name: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let failed = || {
            StoreError::Transient(format!(
                "the secret {name} cannot be decrypted: the data folder's `key` is not the one it was stored with; \
                 put that file back, or set the secret again"
            ))
        };
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut text = text.to_vec();
        let plain = self.key.open_in_place(nonce, aad(owner, name), &mut text).map_err(|_| failed())?;
        Ok(match serde_json::from_slice(plain).map_err(|_| failed())? {
            Kept::Object { value, hosts, for_inline } => Secret { value, hosts, for_inline },
            Kept::Pair(value, hosts) if hosts.is_empty() => {
                Secret { value, hosts: Secret::any_host(), for_inline: false }
            }
            Kept::Pair(value, hosts) => Secret { value, hosts, for_inline: false },
        })
    }
}

/// The authenticated data: the owner's length, the owner, the name. The length keeps `ann` and `token` apart from
/// `annt` and `oken`.
fn aad(owner: &str, name: &str) -> Aad<Vec<u8>> {
    let mut id = (owner.len() as u64).to_be_bytes().to_vec();
    id.extend(owner.as_bytes());
    id.extend(name.as_bytes());
    Aad::from(id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_opens_only_as_what_it_was_sealed_as() {
        let sealer = Sealer::new(&fresh_key().unwrap()).unwrap();
        let secret = Secret { value: "s3cret".into(), hosts: vec!["api.example.com".into()], for_inline: true };
        let sealed = sealer.seal("ann", "token", &secret).unwrap();
        assert!(sealer.open("ann", "token", &sealed).unwrap() == secret);
        let closed = Secret { for_inline: false, ..secret.clone() };
        let as_before = sealer.seal("ann", "token", &closed).unwrap();
        assert!(sealer.open("ann", "token", &as_before).unwrap() == closed);
        assert!(sealer.open("bob", "token", &sealed).is_err());
        assert!(sealer.open("annt", "oken", &sealed).is_err());
        assert!(Sealer::new(&fresh_key().unwrap()).unwrap().open("ann", "token", &sealed).is_err());
        assert!(!sealed.windows(6).any(|part| part == b"s3cret"));
    }

    #[test]
    fn no_hosts_are_none_and_those_of_the_first_release_any() {
        let sealer = Sealer::new(&fresh_key().unwrap()).unwrap();
        let none = Secret { value: "s3cret".into(), hosts: vec![], for_inline: false };
        let sealed = sealer.seal("ann", "token", &none).unwrap();
        assert!(sealer.open("ann", "token", &sealed).unwrap().hosts.is_empty());
        let read = |text: &str| serde_json::from_str::<Kept>(text).unwrap();
        assert!(matches!(read(r#"["s3cret",[]]"#), Kept::Pair(_, hosts) if hosts.is_empty()));
        // The bytes that the first release sealed.
        let nonce = [7; NONCE_LEN];
        let mut text = br#"["s3cret",[]]"#.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        let tag = sealer.key.seal_in_place_separate_tag(unique, aad("ann", "token"), &mut text).unwrap();
        let old = [&nonce[..], &text, tag.as_ref()].concat();
        assert_eq!(sealer.open("ann", "token", &old).unwrap().hosts, ["*"]);
    }
}
