//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under the folder's key. Owner and name are authenticated with the
//! secret, so that a row copied to another owner or name does not open.

use engine::port::{Secret, StoreError};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

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
        // What is not for inline documents is sealed as the first release did, which knew nothing else.
        let Secret { value, hosts, for_inline } = secret;
        let text =
            if *for_inline { serde_json::to_vec(&(value, hosts, true)) } else { serde_json::to_vec(&(value, hosts)) };
        let mut text = text.map_err(|_| failed())?;
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(owner, name), &mut text)
            .map_err(|_| failed())?;
        let mut sealed = nonce.to_vec();
        sealed.extend(text);
        sealed.extend(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for this owner and name. `Permanent` where the key, the owner or the name is another.
    pub fn open(&self, owner: &str, name: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let failed = || {
            StoreError::Permanent(format!(
                "the secret {name} cannot be decrypted: the data folder's `key` is not the one it was stored with; \
                 put that file back, or set the secret again"
            ))
        };
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut text = text.to_vec();
        let plain = self.key.open_in_place(nonce, aad(owner, name), &mut text).map_err(|_| failed())?;
        let (value, hosts, for_inline) = serde_json::from_slice(plain)
            .or_else(|_| serde_json::from_slice(plain).map(|(value, hosts)| (value, hosts, false)))
            .map_err(|_| failed())?;
        Ok(Secret { value, hosts, for_inline })
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
}
