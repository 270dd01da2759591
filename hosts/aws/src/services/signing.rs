//! The keys that sign receipts, in one secret of Secrets Manager beside the credentials. It is made when it is needed
//! first, and its name is one that no credential of an owner has.

use crate::{limits, services::sdk::failed_quietly};
use async_trait::async_trait;
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use document::time::Time;
use engine::{
    port::{PublicKey, Signer, StoreError},
    signing::KeyRing,
};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{Ed25519KeyPair, KeyPair},
};
use std::sync::{Arc, Mutex, PoisonError};
use stepwell_core::{id::derive, interaction::receipt::key_id};

/// The end of the secret's name. The names of credentials hold no `+`.
const NAME: &str = "+signing-keys";

/// The signer of a stack. The keys are remembered for a minute, in which a process may still sign with a key that was
/// just retired; its public key is listed all the same.
pub struct SigningKeys {
    client: Client,
    id: String,
    clock: fn() -> Time,
    known: Mutex<Option<(Time, Arc<Open>)>>,
}

struct Open {
    pair: Ed25519KeyPair,
    ring: KeyRing,
}

impl SigningKeys {
    /// `prefix` begins the name of every secret and ends with a slash.
    pub fn new(client: Client, prefix: &str, clock: fn() -> Time) -> Self {
        Self { client, id: format!("{prefix}{NAME}"), clock, known: Mutex::default() }
    }

    async fn open(&self) -> Result<Arc<Open>, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some((until, open)) if until > (self.clock)() => Ok(open),
            _ => self.read_or_make().await,
        }
    }

    fn remember(&self, open: Open) -> Arc<Open> {
        let open = Arc::new(open);
        let until = (self.clock)().after_seconds(limits::SECRET_SECONDS);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((until, open.clone()));
        open
    }

    async fn read_or_make(&self) -> Result<Arc<Open>, StoreError> {
        if let Some(open) = self.read().await? {
            return Ok(self.remember(open));
        }
        let (open, text) = self.made(&[])?;
        match self.client.create_secret().name(&self.id).secret_string(text).send().await {
            // Another process made one meanwhile, and that one counts.
            Err(error) if error.code() == Some("ResourceExistsException") => {
                let there = self.read().await?;
                let there = there.ok_or_else(|| StoreError::Transient("the signing keys are being made".into()))?;
                return Ok(self.remember(there));
            }
            made => made.map_err(|error| failed_quietly("Secrets Manager CreateSecret", &error))?,
        };
        Ok(self.remember(open))
    }

    /// The keys as they are stored; none where there are none yet.
    async fn read(&self) -> Result<Option<Open>, StoreError> {
        let found = match self.client.get_secret_value().secret_id(&self.id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        let open = found.secret_string().and_then(opened);
        let damaged = || StoreError::Transient(format!("the secret {} holds no signing keys: restore it", self.id));
        open.map(Some).ok_or_else(damaged)
    }

    /// A new key before these public keys, and the text to store.
    fn made(&self, before: &[PublicKey]) -> Result<(Open, String), StoreError> {
        let failed = || StoreError::Transient("no signing key could be made".into());
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| failed())?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| failed())?;
        let ring = KeyRing::new(&seed, pair.public_key().as_ref(), before, (self.clock)());
        let text = serde_json::to_string(&ring).map_err(|_| failed())?;
        Ok((Open { pair, ring }, text))
    }
}

/// Reads the secret's text; none where it is not as it was written.
fn opened(text: &str) -> Option<Open> {
    let ring: KeyRing = serde_json::from_str(text).ok()?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&ring.seed()?).ok()?;
    ring.signs_with(pair.public_key().as_ref()).then_some(Open { pair, ring })
}

#[async_trait]
impl Signer for SigningKeys {
    async fn sign(&self, bytes: &[u8]) -> Result<(String, Vec<u8>), StoreError> {
        let open = self.open().await?;
        Ok((key_id(open.pair.public_key().as_ref()), open.pair.sign(bytes).as_ref().to_vec()))
    }

    async fn keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        // What another process made a moment ago is listed too.
        Ok(self.read_or_make().await?.ring.keys().to_vec())
    }

    async fn rotate(&self) -> Result<PublicKey, StoreError> {
        let before = self.read_or_make().await?;
        let (open, text) = self.made(before.ring.keys())?;
        // Two rotations at once name the same version with different texts, of which Secrets Manager takes one: no
        // public key is lost.
        let newest = before.ring.keys().first().map(|key| key.key_id.clone()).unwrap_or_default();
        let version = derive(&["signing key after", &newest]);
        let put = self.client.put_secret_value().secret_id(&self.id).secret_string(text).client_request_token(version);
        match put.send().await {
            Err(error) if error.code() == Some("ResourceExistsException") => {
                return Err(StoreError::Transient("another key was made at the same time: list the keys".into()));
            }
            put => put.map_err(|error| failed_quietly("Secrets Manager PutSecretValue", &error))?,
        };
        let open = self.remember(open);
        let new = open.ring.keys().first().cloned();
        new.ok_or_else(|| StoreError::Transient("no signing key could be made".into()))
    }
}

#[cfg(test)]
mod tests;
