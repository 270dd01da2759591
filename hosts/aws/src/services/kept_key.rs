//! A key of 32 random bytes in a secret of Secrets Manager beside the credentials. Whoever needs it first makes it. Its
//! name is one that no credential of an owner has: theirs hold no `+`.

use crate::services::sdk::failed_quietly;
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use base64::{Engine, prelude::BASE64_STANDARD};
use engine::port::StoreError;
use ring::rand::{SecureRandom, SystemRandom};

/// The end of the name of the secret that holds the key of sessions.
pub const SESSION: &str = "+session-key";

/// Where a key is kept.
pub struct KeptKey {
    client: Client,
    id: String,
}

impl KeptKey {
    /// `prefix` begins the name of every secret and ends with a slash.
    pub fn new(client: Client, prefix: &str, name: &str) -> Self {
        Self { client, id: format!("{prefix}{name}") }
    }

    /// The key. Where there is none yet, one is made.
    ///
    /// # Errors
    /// Secrets Manager does not answer, or the secret is damaged.
    pub async fn key(&self) -> Result<[u8; 32], StoreError> {
        if let Some(key) = self.read().await? {
            return Ok(key);
        }
        let mut key = [0; 32];
        let failed = || StoreError::Transient("no key could be made".into());
        SystemRandom::new().fill(&mut key).map_err(|_| failed())?;
        let made = self.client.create_secret().name(&self.id).secret_string(BASE64_STANDARD.encode(key));
        match made.send().await {
            // Another process made one meanwhile, and that one counts.
            Err(error) if error.code() == Some("ResourceExistsException") => {
                let there = self.read().await?;
                let there = there.ok_or_else(|| StoreError::Transient("the key is being made".into()))?;
                return Ok(there);
            }
            made => made.map_err(|error| failed_quietly("Secrets Manager CreateSecret", &error))?,
        };
        Ok(key)
    }

    /// The key as it is stored; none where there is none yet.
    async fn read(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let found = match self.client.get_secret_value().secret_id(&self.id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        let key = found.secret_string().and_then(|text| BASE64_STANDARD.decode(text.trim()).ok()?.try_into().ok());
        let damaged = || {
            let why = "is not 32 bytes in base64: restore it, or remove it, after which nothing that it made counts";
            StoreError::Transient(format!("the secret {} {why}", self.id))
        };
        key.map(Some).ok_or_else(damaged)
    }
}
