//! Credentials in Secrets Manager: one secret for each, named `PREFIX OWNER/NAME` without the space, whose text is JSON
//! of the form `{"value": "…", "hosts": […], "exact": true, "for_inline": true}`. Without `hosts` it may be sent anywhere.

use crate::{limits, services::sdk::failed_quietly};
use async_trait::async_trait;
use aws_sdk_secretsmanager::{
    Client,
    error::ProvideErrorMetadata,
    types::{Filter, FilterNameStringType},
};
use document::time::Time;
use engine::port::{Page, Secret, Secrets, StoreError, Window};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

/// The secrets whose names begin with a prefix. A secret that was read is remembered for a minute, because reading it
/// costs more than all else in a step.
pub struct SecretsManager {
    client: Client,
    prefix: String,
    clock: fn() -> Time,
    known: Mutex<HashMap<String, (Time, Secret)>>,
}

/// The text of a secret, as JSON.
#[derive(Serialize, Deserialize)]
struct Kept {
    value: String,
    #[serde(default)]
    hosts: Option<Vec<String>>,
    /// Whether an empty list of hosts means none. The first release wrote one for any.
    #[serde(default)]
    exact: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    for_inline: bool,
}

impl Kept {
    fn hosts(self) -> Vec<String> {
        match self.hosts {
            Some(hosts) if self.exact || !hosts.is_empty() => hosts,
            _ => Secret::any_host(),
        }
    }
}

impl SecretsManager {
    /// `prefix` begins the name of every secret and ends with a slash. `clock` decides when a remembered secret is read
    /// again.
    pub fn new(client: Client, prefix: String, clock: fn() -> Time) -> Self {
        Self { client, prefix, clock, known: Mutex::default() }
    }

    fn name(&self, owner: &str, name: &str) -> String {
        format!("{}{}", self.of(owner), plain(name))
    }

    /// What the names of all secrets of an owner begin with.
    fn of(&self, owner: &str) -> String {
        format!("{}{}/", self.prefix, plain(owner))
    }

    fn known(&self, id: &str) -> Option<Secret> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, secret) = known.get(id)?;
        (*until > (self.clock)()).then(|| secret.clone())
    }

    fn forget(&self, id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn remember(&self, id: String, secret: Secret) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgetting everything bounds the memory; what is needed is read again.
        if known.len() >= limits::SECRETS {
            known.clear();
        }
        known.insert(id, ((self.clock)().after_seconds(limits::SECRET_SECONDS), secret));
    }
}

/// One part of a secret's name, as Secrets Manager takes it: ASCII letters and digits, `_`, `-` and `.` stay, and every
/// other byte becomes `=` and two hexadecimal digits. So different names stay different, and no name reaches into those
/// of another owner by a slash.
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
        let mut kept = kept.ok_or_else(|| {
            let form = "{\"value\": \"…\", \"hosts\": […]}";
            StoreError::Permanent(format!("the secret {id} is not of the form {form}: store it anew over the API"))
        })?;
        let value = std::mem::take(&mut kept.value);
        let for_inline = kept.for_inline;
        let secret = Secret { value, hosts: kept.hosts(), for_inline };
        self.remember(id, secret.clone());
        Ok(Some(secret))
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        let id = self.name(owner, name);
        let Secret { value, hosts, for_inline } = secret.clone();
        let kept = Kept { value, hosts: Some(hosts), exact: true, for_inline };
        let text = serde_json::to_string(&kept).map_err(|error| StoreError::Permanent(error.to_string()))?;
        // Most credentials that are stored are new, so creating is tried first; one that exists gets a new version.
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

    /// In the order of Secrets Manager, which is that of their making.
    async fn secret_names(&self, owner: &str, window: &Window) -> Result<Page<String>, StoreError> {
        let of = self.of(owner);
        let by_name = Filter::builder().key(FilterNameStringType::Name).values(&of).build();
        let limit = i32::try_from(window.limit.min(limits::SECRETS_OF_A_CALL)).unwrap_or(1).max(1);
        let asked =
            self.client.list_secrets().filters(by_name).max_results(limit).set_next_token(window.cursor.clone());
        let found = asked.send().await.map_err(|error| failed_quietly("Secrets Manager ListSecrets", &error))?;
        // The service's filter looks at the beginnings of words, too.
        let names = found.secret_list().iter().filter_map(|one| one.name()?.strip_prefix(&of));
        let items = names.filter(|name| !name.contains(['/', '='])).map(str::to_owned).collect();
        Ok(Page { items, next_cursor: found.next_token().map(str::to_owned) })
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        let id = self.name(owner, name);
        self.forget(&id);
        match self.client.get_secret_value().secret_id(&id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(false),
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        // At once and for good: a secret that waits for its end would keep its name from the next one.
        let gone = self.client.delete_secret().secret_id(&id).force_delete_without_recovery(true).send().await;
        gone.map_err(|error| failed_quietly("Secrets Manager DeleteSecret", &error))?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
