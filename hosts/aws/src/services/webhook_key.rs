//! The key by which webhooks are signed that have none of their own: the text of a secret of Secrets Manager, read when a
//! webhook needs it first and kept until the process ends.

use crate::services::sdk::failed_quietly;
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use engine::port::StoreError;
use notify::webhook::Key;
use tokio::sync::OnceCell;

/// Where the key is kept.
pub struct WebhookKey {
    client: Client,
    id: String,
    text: OnceCell<String>,
}

impl WebhookKey {
    /// The key in the secret of that name; `prefix` begins the name of every secret, and ends with a slash.
    pub fn new(client: Client, prefix: &str, name: &str) -> Self {
        Self { client, id: format!("{prefix}{name}"), text: OnceCell::new() }
    }

    /// The key, as `whsec_…`.
    ///
    /// # Errors
    /// Secrets Manager does not answer, or the secret is not there or holds no key. The error repeats nothing of it.
    pub async fn text(&self) -> Result<String, StoreError> {
        self.text.get_or_try_init(|| self.read()).await.cloned()
    }

    async fn read(&self) -> Result<String, StoreError> {
        let found = match self.client.get_secret_value().secret_id(&self.id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                let why = format!("there is no secret {}: store the key of webhooks there, as whsec_…", self.id);
                return Err(StoreError::Permanent(why));
            }
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        let text = found.secret_string().unwrap_or_default().trim();
        match Key::parse(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(why) => Err(StoreError::Permanent(format!("the secret {} is no key for webhooks: {why}", self.id))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::scripted::{Script, error, json};
    use serde_json::json;

    #[tokio::test]
    async fn it_is_read_when_it_is_needed_first_and_once() {
        let text = format!("whsec_{}", "QUJD".repeat(12));
        let kept = json(200, json!({"Name": "n", "SecretString": format!("{text}\n")}));
        let script = Script::new([error(400, "ResourceNotFoundException"), kept]);
        let key = WebhookKey::new(script.clients().secrets(), "stepwell/s/", "webhooks");
        assert!(script.asked().is_empty());
        let why = key.text().await.unwrap_err().to_string();
        assert!(why.contains("stepwell/s/webhooks") && why.contains("whsec_"), "{why}");
        assert_eq!((key.text().await.unwrap(), key.text().await.unwrap()), (text.clone(), text));
        assert_eq!(script.operations(), ["GetSecretValue", "GetSecretValue"]);
        assert_eq!(script.asked()[1].json()["SecretId"], "stepwell/s/webhooks");
    }

    #[tokio::test]
    async fn no_error_repeats_what_the_secret_holds() {
        let script = Script::new([json(200, json!({"Name": "n", "SecretString": "whsec_c2hvcnQ="}))]);
        let key = WebhookKey::new(script.clients().secrets(), "stepwell/s/", "webhooks");
        let why = key.text().await.unwrap_err().to_string();
        assert!(why.contains("stepwell/s/webhooks") && !why.contains("c2hvcnQ"), "{why}");
    }
}
