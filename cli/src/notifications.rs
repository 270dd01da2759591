//! How a host tells people of questions: the options of `run` and `dev`, each with its variable. clap shows the comments
//! on the type that it derives from as the text of `--help`.

use super::Failure;
use engine::port::{Notifier, SlackDesk};
use local::People;
use nodes::AllowList;
use notify::{
    Channels, Given,
    slack::{Settings, Slack},
};
use reqwest::Url;
use std::sync::Arc;

/// What Slack sees of this program.
const AGENT: &str = concat!("stepwell/", env!("CARGO_PKG_VERSION"));

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
    /// What tells people of questions, and what takes their answers in Slack where Slack is set up, by the options and
    /// the variables. `allow` is what webhooks may reach although it is not public. A failure where a variable cannot be
    /// read.
    pub fn people(&self, allow: AllowList) -> Result<People, Failure> {
        let variable = |name: &str| std::env::var(name).ok();
        let slack = slack(variable).map_err(|why| Failure::usage(why, "docs/slack.md says what to set"))?;
        let mail_folder = self.mail_to_folder.as_deref().map(Into::into);
        let to_slack = slack.clone().map(|slack| slack as Arc<dyn Notifier>);
        let given = Given { mail_folder, allow, slack: to_slack, ..Given::default() };
        let channels = Channels::read(variable, given);
        let channels = channels.map_err(|why| Failure::usage(why, "docs/notifications.md says what to set"))?;
        Ok(People { notifier: Some(Arc::new(channels)), slack: slack.map(|slack| slack as Arc<dyn SlackDesk>) })
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

/// Slack by the variables; none where they set up none. Whose people the members of its workspace are they alone say: by
/// themselves those are nobody's, who answer what names them.
fn slack(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Arc<Slack>>, String> {
    let connect = |settings| Slack::new(settings, AGENT).map(Arc::new);
    Settings::read(variable).and_then(|settings| settings.map(connect).transpose())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use notify::slack::{OWNER, SIGNING_SECRET, TOKEN};

    #[test]
    fn the_members_of_a_workspace_are_no_tenants_people_unless_a_variable_says_so() {
        let owner = |said: Option<&str>| {
            let variable = |name: &str| match name {
                TOKEN => Some("xoxb-1".to_owned()),
                SIGNING_SECRET => Some("s".to_owned()),
                OWNER => said.map(str::to_owned),
                _ => None,
            };
            slack(variable).unwrap().unwrap().owner().map(str::to_owned)
        };
        assert_eq!(owner(None), None);
        assert_eq!(owner(Some("local")).as_deref(), Some("local"));
        assert!(slack(|_| None).unwrap().is_none());
    }
}
