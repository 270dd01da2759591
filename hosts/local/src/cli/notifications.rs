//! How a host tells people of questions: the options of `run` and `dev`, each with its variable. clap shows the comments
//! on the type that it derives from as the text of `--help`.

use super::Failure;
use engine::port::Notifier;
use nodes::AllowList;
use notify::{Channels, Given};
use reqwest::Url;
use std::sync::Arc;

/// How a host tells people of questions.
#[derive(Clone, Default, clap::Args)]
pub struct Notifications {
    /// Write mails to this folder in place of sending them [default: STEPWELL_MAIL_TO_FOLDER]
    #[arg(long, value_name = "DIR")]
    mail_to_folder: Option<String>,
    /// Where people reach the host, for the links in messages [default: STEPWELL_PUBLIC_URL, else where it listens]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

impl Notifications {
    /// What tells people of questions, set up by the options and the variables. `allow` is what webhooks may reach
    /// although it is not public. A failure where a variable cannot be read.
    pub fn notifier(&self, allow: AllowList) -> Result<Arc<dyn Notifier>, Failure> {
        let mail_folder = self.mail_to_folder.as_deref().map(Into::into);
        let given = Given { mail_folder, allow, ..Given::default() };
        let channels = Channels::read(|name| std::env::var(name).ok(), given);
        Ok(Arc::new(channels.map_err(|why| Failure::usage(why, "docs/notifications.md says what to set"))?))
    }

    /// Where people reach the host: `--public-url`, else `STEPWELL_PUBLIC_URL`. None where neither says it.
    pub fn public_url(&self) -> Result<Option<String>, Failure> {
        let from_env = || std::env::var("STEPWELL_PUBLIC_URL").ok().filter(|text| !text.trim().is_empty());
        let Some(text) = self.public_url.clone().or_else(from_env) else { return Ok(None) };
        let wrong = |why: &str| {
            let message = format!("the address at which people reach the host cannot be used: {why}");
            Failure::usage(message, "write it as --public-url https://flows.example.com")
        };
        let url = Url::parse(text.trim()).map_err(|why| wrong(&why.to_string()))?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        match url.scheme() {
            "http" | "https" if plain && url.password().is_none() => Ok(Some(url.to_string())),
            "http" | "https" => Err(wrong("it holds more than a host, a port and a path")),
            _ => Err(wrong("it is neither http nor https")),
        }
    }

    /// The options that were given, by their names.
    pub fn given(&self) -> [(&'static str, &Option<String>); 2] {
        [("--mail-to-folder", &self.mail_to_folder), ("--public-url", &self.public_url)]
    }
}
