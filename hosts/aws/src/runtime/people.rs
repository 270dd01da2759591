//! How the functions reach people, from the environment: which channels a stack has, what sends by them, the key of
//! people's links. Nothing of it makes a call before it is needed.

use crate::{
    host::People,
    services::{
        channels::{SetUp, StackChannels, ToSlack},
        clients::Clients,
        link_key::LinkKey,
        mail::Ses,
        slack::{SlackOfStack, Variable},
        webhook_key::WebhookKey,
    },
};
use engine::port::Notifier;
use nodes::AllowList;
use notify::{Channels, Given};
use std::{env, sync::Arc};

/// Reads a variable of this process.
const ENVIRONMENT: Variable = |name| env::var(name).ok();

/// What a function does for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing.
    None,
    /// It says of documents which of their channels the stack lacks.
    Checks,
    /// It shows pages and takes answers.
    Answers,
    /// It sends messages.
    Sends,
}

/// How a function of this role reaches people.
///
/// # Errors
/// A variable has a value that cannot be used, which the error names.
pub(crate) fn people(role: Role, clients: &Clients, prefix: &str) -> Result<People, String> {
    let links = || links(clients, prefix);
    match role {
        Role::None => Ok(People::default()),
        Role::Checks => Ok(People { notifier: Some(Arc::new(channels(clients, prefix, false)?)), ..People::default() }),
        Role::Answers => Ok(People { links: links()?, ..People::default() }),
        Role::Sends => {
            let notifier: Arc<dyn Notifier> = Arc::new(channels(clients, prefix, true)?);
            Ok(People { links: links()?, notifier: Some(notifier), ..People::default() })
        }
    }
}

/// Slack with the credentials of the stack; none where it has none.
///
/// # Errors
/// The variables hold half of the credentials, or what is none.
pub fn slack() -> Result<Option<SlackOfStack>, String> {
    let prefix = env::var("STEPWELL_SECRETS_PREFIX").unwrap_or_default();
    SlackOfStack::read(Clients::from_env().secrets(), &prefix, ENVIRONMENT)
}

fn set(name: &str) -> Option<String> {
    ENVIRONMENT(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn links(clients: &Clients, prefix: &str) -> Result<Option<Arc<LinkKey>>, String> {
    let base = set("STEPWELL_PUBLIC_URL");
    base.map(|base| Ok(Arc::new(LinkKey::new(clients.secrets(), prefix, &base)?))).transpose()
}

fn mailer(clients: &Clients) -> Ses {
    Ses::new(clients.mail(), clients.region()).with_configuration_set(set("STEPWELL_MAIL_CONFIGURATION_SET"))
}

fn channels(clients: &Clients, prefix: &str, sends: bool) -> Result<StackChannels, String> {
    let slack = SlackOfStack::read(clients.secrets(), prefix, ENVIRONMENT)?;
    let set_up = SetUp { email: set("STEPWELL_MAIL_FROM").is_some(), slack: slack.is_some() };
    if !sends {
        return Ok(StackChannels { set_up, channels: None, webhook_key: None });
    }
    let given = Given {
        mailer: Some(Arc::new(mailer(clients))),
        slack: slack.map(|slack| Arc::new(ToSlack(Arc::new(slack))) as Arc<dyn Notifier>),
        allow: AllowList::parse(&env::var("STEPWELL_HTTP_ALLOW").unwrap_or_default())?,
        mail_folder: None,
    };
    let webhook_key = set("STEPWELL_WEBHOOK_SECRET_NAME").map(|name| WebhookKey::new(clients.secrets(), prefix, &name));
    Ok(StackChannels { set_up, channels: Some(Channels::read(ENVIRONMENT, given)?), webhook_key })
}
