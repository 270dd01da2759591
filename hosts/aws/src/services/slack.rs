//! Slack with the credentials of a stack: a secret of Secrets Manager, or variables. They are read when Slack is needed
//! first, since most invocations need none.

use crate::services::sdk::failed_quietly;
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use engine::port::StoreError;
use notify::slack::{SIGNING_SECRET, Settings, Slack, TOKEN};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What Slack sees of this program.
const USER_AGENT: &str = concat!("stepwell/", env!("CARGO_PKG_VERSION"));

/// Reads one variable of the environment.
pub type Variable = fn(&str) -> Option<String>;

/// Slack as a stack reaches it. It is read once per process, so that what was looked up is kept.
pub struct SlackOfStack {
    client: Client,
    /// The name of the secret; none: the variables hold the credentials.
    id: Option<String>,
    variable: Variable,
    slack: OnceCell<Arc<Slack>>,
}

/// The text of the secret, as JSON.
#[derive(Deserialize)]
struct Kept {
    bot_token: String,
    signing_secret: String,
}

impl SlackOfStack {
    /// None where the stack has nothing of Slack. `prefix` begins the name of every secret, and `STEPWELL_SLACK_SECRET`
    /// is the rest of it.
    ///
    /// # Errors
    /// The variables hold half of what is needed, or what is none.
    pub fn read(client: Client, prefix: &str, variable: Variable) -> Result<Option<Self>, String> {
        let name = variable("STEPWELL_SLACK_SECRET").filter(|name| !name.is_empty());
        let is_set = name.is_some() || Settings::read(variable)?.is_some();
        let id = name.map(|name| format!("{prefix}{name}"));
        Ok(is_set.then(|| Self { client, id, variable, slack: OnceCell::new() }))
    }

    /// Slack, whose credentials are read at the first call that succeeds.
    ///
    /// # Errors
    /// Secrets Manager does not answer, or the secret is not there or not of its form.
    pub async fn slack(&self) -> Result<Arc<Slack>, StoreError> {
        self.slack.get_or_try_init(|| self.connect()).await.cloned()
    }

    async fn connect(&self) -> Result<Arc<Slack>, StoreError> {
        let kept = match &self.id {
            Some(id) => Some(self.secret(id).await?),
            None => None,
        };
        let of_secret = |name: &str| {
            let kept = kept.as_ref()?;
            match name {
                TOKEN => Some(kept.bot_token.clone()),
                SIGNING_SECRET => Some(kept.signing_secret.clone()),
                _ => None,
            }
        };
        let settings = Settings::read(|name| of_secret(name).or_else(|| (self.variable)(name)));
        let made = settings.and_then(|settings| match settings {
            Some(settings) => Slack::new(settings, USER_AGENT),
            None => Err("it has neither of Slack's credentials".into()),
        });
        let from = self.id.as_deref().map(|id| format!(" with the secret {id}")).unwrap_or_default();
        made.map(Arc::new).map_err(|why| StoreError::Permanent(format!("Slack cannot be reached{from}: {why}")))
    }

    async fn secret(&self, id: &str) -> Result<Kept, StoreError> {
        let found = match self.client.get_secret_value().secret_id(id).send().await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                let form = "{\"bot_token\": \"xoxb-…\", \"signing_secret\": \"…\"}";
                return Err(StoreError::Permanent(format!("there is no secret {id}: store one of the form {form}")));
            }
            other => other.map_err(|error| failed_quietly("Secrets Manager GetSecretValue", &error))?,
        };
        let kept = found.secret_string().and_then(|text| serde_json::from_str(text).ok());
        kept.ok_or_else(|| {
            let why = "is no JSON object with bot_token and signing_secret: store it anew";
            StoreError::Permanent(format!("the secret {id} {why}"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::scripted::{Script, error, json};
    use serde_json::json;

    fn by_secret(name: &str) -> Option<String> {
        (name == "STEPWELL_SLACK_SECRET").then(|| "slack".into())
    }

    #[tokio::test]
    async fn the_secret_is_read_when_slack_is_needed_first_and_once() {
        let text = json!({"bot_token": "xoxb-1", "signing_secret": "s"}).to_string();
        let script = Script::new([
            error(400, "ResourceNotFoundException"),
            json(200, json!({ "Name": "n", "SecretString": text })),
        ]);
        let stack = SlackOfStack::read(script.clients().secrets(), "stepwell/s/", by_secret).unwrap().unwrap();
        assert!(script.asked().is_empty());
        let why = stack.slack().await.err().unwrap().to_string();
        assert!(why.contains("stepwell/s/slack") && why.contains("bot_token"), "{why}");
        stack.slack().await.unwrap();
        stack.slack().await.unwrap();
        assert_eq!(script.operations(), ["GetSecretValue", "GetSecretValue"]);
        assert_eq!(script.asked()[0].json()["SecretId"], "stepwell/s/slack");
    }

    #[tokio::test]
    async fn no_error_repeats_what_the_secret_holds() {
        for text in [json!({"bot_token": "xoxb-s3cret"}), json!({"bot_token": "xoxb s3cret", "signing_secret": "s"})] {
            let script = Script::new([json(200, json!({ "Name": "n", "SecretString": text.to_string() }))]);
            let stack = SlackOfStack::read(script.clients().secrets(), "stepwell/s/", by_secret).unwrap().unwrap();
            let why = stack.slack().await.err().unwrap().to_string();
            assert!(why.contains("stepwell/s/slack") && !why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn without_a_secret_the_variables_count_and_half_of_them_is_refused() {
        let client = || Script::default().clients().secrets();
        assert!(SlackOfStack::read(client(), "s/", |_| None).unwrap().is_none());
        let both: Variable = |name| [TOKEN, SIGNING_SECRET].contains(&name).then(|| "xoxb-1".into());
        assert!(SlackOfStack::read(client(), "s/", both).unwrap().is_some());
        let half: Variable = |name| (name == TOKEN).then(|| "xoxb-1".into());
        assert!(SlackOfStack::read(client(), "s/", half).err().unwrap().contains(SIGNING_SECRET));
    }
}
