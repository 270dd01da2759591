//! The key of people's links. It is not the key that signs receipts, since that one is replaced from time to time, and
//! links that were sent go on working.

use crate::services::kept_key::KeptKey;
use aws_sdk_secretsmanager::Client;
use engine::{link::Links, port::StoreError};

/// The end of the secret's name.
const NAME: &str = "+link-key";

/// Where the key of people's links is kept, and where the links lead.
pub struct LinkKey {
    key: KeptKey,
    base: String,
}

impl LinkKey {
    /// `prefix` begins the name of every secret and ends with a slash. `base` is the address at which people reach the
    /// stack, such as `https://flows.example.com`.
    ///
    /// # Errors
    /// `base` is no address that a link can begin with.
    pub fn new(client: Client, prefix: &str, base: &str) -> Result<Self, String> {
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")).unwrap_or_default();
        let odd = |c: char| c.is_whitespace() || matches!(c, '?' | '#' | '@');
        if host.is_empty() || host.starts_with('/') || host.contains(odd) {
            return Err("STEPWELL_PUBLIC_URL is no address of a host: write it as https://flows.example.com".into());
        }
        Ok(Self { key: KeptKey::new(client, prefix, NAME), base: base.to_owned() })
    }

    /// The links that the key makes. Where there is no key yet, one is made.
    ///
    /// # Errors
    /// Secrets Manager does not answer, or the secret is damaged.
    pub async fn links(&self) -> Result<Links, StoreError> {
        Ok(Links::new(&self.base, self.key.key().await?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::scripted::{Answer, Script, error, impatient, json};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde_json::json;

    fn key(script: &Script) -> LinkKey {
        let client = script.clients().secrets();
        let client = Client::from_conf(client.config().to_builder().retry_config(impatient()).build());
        LinkKey::new(client, "stepwell/s/", "https://flows.example.com").unwrap()
    }

    fn kept(text: &str) -> Answer {
        json(200, json!({ "Name": "n", "SecretString": text }))
    }

    #[tokio::test]
    async fn the_first_link_makes_the_key_and_every_process_has_the_same_links() {
        let made = json(200, json!({"ARN": "a", "Name": "n", "VersionId": "1"}));
        let script = Script::new([error(400, "ResourceNotFoundException"), made]);
        let first = key(&script).links().await.unwrap();
        let stored = script.asked()[1].json();
        assert_eq!((&stored["Name"], first.base()), (&json!("stepwell/s/+link-key"), "https://flows.example.com"));
        let text = stored["SecretString"].as_str().unwrap();
        let second = key(&Script::new([kept(text)])).links().await.unwrap();
        let id = "018f2b6e-7a10-8c3d-9e4f-0123456789ab".into();
        assert_eq!(first.link(&id, "ana@example.com"), second.link(&id, "ana@example.com"));
    }

    #[tokio::test]
    async fn of_two_processes_that_make_a_key_one_counts() {
        let theirs = BASE64_STANDARD.encode([7; 32]);
        let none = error(400, "ResourceNotFoundException");
        let script = Script::new([none, error(400, "ResourceExistsException"), kept(&theirs)]);
        let links = key(&script).links().await.unwrap();
        let id = "018f2b6e-7a10-8c3d-9e4f-0123456789ab".into();
        assert_eq!(links.token(&id, "ana"), Links::new("", [7; 32]).token(&id, "ana"));
    }

    #[tokio::test]
    async fn no_error_repeats_the_key_and_no_odd_address_begins_a_link() {
        let failed = key(&Script::new([kept("c2hvcnQ=")])).links().await.err().unwrap();
        assert!(matches!(&failed, StoreError::Transient(why) if !why.contains("c2hvcnQ")), "{failed}");
        let client = || Script::default().clients().secrets();
        for odd in ["flows.example.com", "https://", "https:///x", "https://a?b", "https://me:pw@a", "ftp://a"] {
            let why = LinkKey::new(client(), "s/", odd).err().unwrap();
            assert!(why.contains("STEPWELL_PUBLIC_URL") && !why.contains("pw"), "{why}");
        }
    }
}
