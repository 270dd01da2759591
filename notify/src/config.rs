//! The channels as an operator sets them up, by variables that all hosts share.

use crate::{
    Channels,
    email::{Email, Folder, Mailbox, Mailer},
    webhook::{Key, Webhooks},
};
use engine::port::Notifier;
use nodes::{AllowList, Poster};
use std::{path::PathBuf, sync::Arc};

/// The server that takes mails.
const SMTP_URL: &str = "STEPWELL_SMTP_URL";
/// A file with certificates that the server's may be signed by.
const SMTP_CA: &str = "STEPWELL_SMTP_CA";
/// Who the mails are from.
const MAIL_FROM: &str = "STEPWELL_MAIL_FROM";
/// A folder that mails are written to in place of being sent.
const MAIL_TO_FOLDER: &str = "STEPWELL_MAIL_TO_FOLDER";
/// The key by which webhooks are signed that have none of their own.
const WEBHOOK_SECRET: &str = "STEPWELL_WEBHOOK_SECRET";
/// Who mails in a folder are from where nothing else is said.
const FOLDER_FROM: &str = "Stepwell <stepwell@localhost>";

/// What is wrong where no mail can be sent.
pub(crate) const NO_MAIL: &str = "this host sends no e-mail: set STEPWELL_SMTP_URL and STEPWELL_MAIL_FROM, or have mails \
                                  written to a folder with --mail-to-folder DIR (STEPWELL_MAIL_TO_FOLDER)";
/// What is wrong where Slack cannot be reached.
pub(crate) const NO_SLACK: &str = "this host has no access to Slack: set STEPWELL_SLACK_TOKEN and \
                                   STEPWELL_SLACK_SIGNING_SECRET";

/// What a host gives beside the variables.
#[derive(Default)]
pub struct Given {
    /// Sends mails in place of SMTP, such as a service of the cloud.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The folder that mails are written to, where an option names one. It comes before everything else.
    pub mail_folder: Option<PathBuf>,
    /// Sends messages to Slack.
    pub slack: Option<Arc<dyn Notifier>>,
    /// What webhooks may reach although it is not public.
    pub allow: AllowList,
}

impl Channels {
    /// Reads the variables of all channels by their names. An empty one counts as one that is not set.
    ///
    /// # Errors
    /// A sentence that names the variable that is wrong or missing, and says what to write. It holds no password.
    pub fn read(read: impl Fn(&str) -> Option<String>, given: Given) -> Result<Self, String> {
        let read = |name: &str| read(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let key = read(WEBHOOK_SECRET).map(|text| Key::parse(&text)).transpose();
        let key = key.map_err(|why| format!("{WEBHOOK_SECRET} is no key for webhooks: {why}"))?;
        let poster = Poster::new(given.allow, &format!("stepwell/{}", env!("CARGO_PKG_VERSION")))?;
        let folder = given.mail_folder.or_else(|| read(MAIL_TO_FOLDER).map(PathBuf::from));
        Ok(Self {
            email: email(read, folder, given.mailer)?,
            slack: given.slack,
            webhook: Webhooks::new(poster, key),
        })
    }
}

/// What sends mails, and who they are from.
fn email(
    read: impl Fn(&str) -> Option<String>,
    folder: Option<PathBuf>,
    mailer: Option<Arc<dyn Mailer>>,
) -> Result<Option<Email>, String> {
    let from = read(MAIL_FROM).map(|text| mailbox(&text)).transpose()?;
    if let Some(path) = folder {
        let from = from.map_or_else(|| mailbox(FOLDER_FROM), Ok)?;
        let folder = Folder::open(&path).map_err(|error| {
            let path = path.display();
            format!("no mail can be written to {path}: {error}. Name a folder that is yours and may be written to")
        })?;
        return Ok(Some(Email::new(Arc::new(folder), from)));
    }
    let (url, ca) = (read(SMTP_URL), read(SMTP_CA));
    match (mailer, url, ca, from) {
        (Some(mailer), None, None, Some(from)) => Ok(Some(Email::new(mailer, from))),
        (Some(_), None, None, None) => Ok(None),
        (Some(_), ..) => Err(format!("{SMTP_URL} and {SMTP_CA} do nothing here, where mails go another way: unset them")),
        (None, Some(url), ca, Some(from)) => Ok(Some(Email::new(smtp(&url, ca.as_deref(), &from)?, from))),
        (None, Some(_), _, None) => Err(format!("{SMTP_URL} is set, and {MAIL_FROM} is not: set it to the sender's address")),
        (None, None, Some(_), _) => Err(format!("{SMTP_CA} is set, and {SMTP_URL} is not: set both, or neither")),
        (None, None, None, Some(_)) => {
            Err(format!("{MAIL_FROM} is set, and nothing sends mail: set {SMTP_URL} too, or give --mail-to-folder DIR"))
        }
        (None, None, None, None) => Ok(None),
    }
}

#[cfg(feature = "smtp")]
fn smtp(url: &str, ca: Option<&str>, from: &Mailbox) -> Result<Arc<dyn Mailer>, String> {
    use crate::email::smtp::{Server, Smtp};
    let certificates = ca.map(|path| Server::certificates(path.as_ref())).transpose();
    let certificates = certificates.map_err(|why| format!("{SMTP_CA} cannot be used: {why}"))?.unwrap_or_default();
    let server = Server::parse(url, certificates).map_err(|why| format!("{SMTP_URL} cannot be used: {why}"))?;
    Ok(Arc::new(Smtp::new(server, from)))
}

#[cfg(not(feature = "smtp"))]
fn smtp(_: &str, _: Option<&str>, _: &Mailbox) -> Result<Arc<dyn Mailer>, String> {
    Err(format!("{SMTP_URL} is set, and this program sends no mail by SMTP: unset it"))
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let wrong = || format!("{MAIL_FROM} is no sender: write it as `Flows <flows@example.com>` or `flows@example.com`");
    text.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use stepwell_core::interaction::channel::ChannelKind;

    fn channels(variables: &[(&str, &str)], given: Given) -> Result<Channels, String> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Channels::read(find, given)
    }

    fn refused(variables: &[(&str, &str)]) -> String {
        channels(variables, Given::default()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn without_variables_only_webhooks_reach_anybody() {
        let channels = channels(&[(SMTP_URL, " ")], Given::default()).unwrap();
        assert_eq!(channels.unconfigured(ChannelKind::Webhook), None);
        for (kind, named) in [(ChannelKind::Email, SMTP_URL), (ChannelKind::Slack, "STEPWELL_SLACK_TOKEN")] {
            assert!(channels.unconfigured(kind).unwrap().contains(named));
        }
        assert!(channels.unconfigured(ChannelKind::Email).unwrap().contains("--mail-to-folder"));
    }

    #[test]
    fn what_is_half_set_is_refused_with_what_is_missing() {
        let url = (SMTP_URL, "smtp://127.0.0.1:1025");
        assert!(refused(&[url]).contains(MAIL_FROM));
        assert!(refused(&[(MAIL_FROM, "flows@example.com")]).contains("--mail-to-folder"));
        assert!(refused(&[(SMTP_CA, "ca.pem")]).contains(SMTP_URL));
        assert!(refused(&[url, (MAIL_FROM, "nobody")]).contains("Flows <flows@example.com>"));
        assert!(refused(&[(WEBHOOK_SECRET, "whsec_c2hvcnQ=")]).contains(WEBHOOK_SECRET));
    }

    #[cfg(feature = "smtp")]
    #[test]
    fn a_server_and_a_sender_are_enough_for_mails() {
        let set = [(SMTP_URL, "smtp://127.0.0.1:1025"), (MAIL_FROM, "Flows <flows@example.com>")];
        assert_eq!(channels(&set, Given::default()).unwrap().unconfigured(ChannelKind::Email), None);
        let password = [(SMTP_URL, "smtp://ana:s3cret-word@mail.example.com?tls=none"), set[1]];
        let why = refused(&password);
        assert!(why.contains(SMTP_URL) && !why.contains("s3cret"), "{why}");
    }
}
