//! Credentials: Secrets Manager. One secret each, `PREFIX OWNER/NAME`, as JSON `{"value": "…", "hosts": […]}`.

use crate::{limits, sdk::failed_quietly};
use async_trait::async_trait;
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use document::time::Time;
use engine::port::{Secret, Secrets, StoreError};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

/// The secrets below a prefix. What was read is known for a minute: a call costs more than all else of a step.
pub struct SecretsManager {
    client: Client,
    prefix: String,
    clock: fn() -> Time,
    known: Mutex<HashMap<String, (Time, Secret)>>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    value: String,
    #[serde(default)]
    hosts: Vec<String>,
}

impl SecretsManager {
    /// Names begin with `prefix`, which ends with a slash.
    pub fn new(client: Client, prefix: String, clock: fn() -> Time) -> Self {
        Self { client, prefix, clock, known: Mutex::default() }
    }

    fn name(&self, owner: &str, name: &str) -> String {
        format!("{}{}/{}", self.prefix, plain(owner), plain(name))
    }

    fn known(&self, id: &str) -> Option<Secret> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, secret) = known.get(id)?;
        (*until > (self.clock)()).then(|| secret.clone())
    }

    fn remember(&self, id: String, secret: Secret) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limits::SECRETS {
            known.clear();
        }
        known.insert(id, ((self.clock)().after_seconds(limits::SECRET_SECONDS), secret));
    }
}

/// A part of a name: letters, digits, `_`, `-` and `.` stay, every other byte becomes `=` and its two digits. So two
/// names never become one, and none reaches into another owner's.
fn plain(text: &str) -> String {
    text.bytes().fold(String::new(), |mut plain, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            plain.push(byte.into());
        } else {
            let _ = write!(plain, "={byte:02x}");
        }
        plain
    })
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let id = self.name(owner, name);
        if let Some(secret) = self.known(&id) {
            return Ok(Some(secret));
        }
        let found = match self.client.get_secret_value().secret_id(&id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        let kept: Option<Kept> = found.secret_string().and_then(|text| serde_json::from_str(text).ok());
        let Kept { value, hosts } = kept.ok_or_else(|| {
            let form = "{\"value\": \"…\", \"hosts\": […]}";
            StoreError::Permanent(format!("the secret {id} is not of the form {form}: store it anew over the API"))
        })?;
        let secret = Secret { value, hosts };
        self.remember(id, secret.clone());
        Ok(Some(secret))
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        let id = self.name(owner, name);
        let kept = Kept { value: secret.value.clone(), hosts: secret.hosts.clone() };
        let text = serde_json::to_string(&kept).map_err(|error| StoreError::Permanent(error.to_string()))?;
        // Most are new. One that exists gets another version.
        match self.client.create_secret().name(&id).secret_string(&text).send().await {
            Err(error) if error.code() == Some("ResourceExistsException") => {
                let sent = self.client.put_secret_value().secret_id(&id).secret_string(&text).send().await;
                sent.map_err(|error| failed_quietly("Secrets Manager PutSecretValue", &error))?;
            }
            other => {
                other.map_err(|error| failed_quietly("Secrets Manager CreateSecret", &error))?;
            }
        }
        self.remember(id, secret);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
