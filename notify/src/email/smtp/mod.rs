//! Mails by SMTP (RFC 5321), over connections that are used again.

mod server;

pub use server::Server;

use super::mailer::{Mail, Mailer, domain};
use crate::{
    limits::{SAID_CHARS, SEND, SMTP_IDLE, SMTP_IDLE_TIME},
    text::{cut, one_line},
};
use async_trait::async_trait;
use lettre::{
    address::Envelope,
    message::Mailbox,
    transport::smtp::{Error, client::AsyncSmtpConnection, extension::ClientId},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use stepwell_core::interaction::delivery::Told;
use tokio::time::Instant;

/// Sends mails to one server.
pub struct Smtp {
    server: Server,
    hello: ClientId,
    /// Connections whose last mail was taken, each with the time of that. One whose mail was cut off is never used
    /// again: an answer that is still on its way would be taken for that to the next mail.
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
    limit: Duration,
}

impl Smtp {
    /// Mails by this server. It is greeted in the name of the sender's domain.
    pub fn new(server: Server, from: &Mailbox) -> Self {
        Self { server, hello: ClientId::Domain(domain(from).to_owned()), idle: Mutex::default(), limit: SEND }
    }

    /// The same, with another time for one try.
    pub fn giving_up_after(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    async fn deliver(&self, envelope: &Envelope, bytes: &[u8]) -> Result<(), Error> {
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.server.connect(&self.hello).await?,
        };
        connection.send(envelope, bytes).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < SMTP_IDLE {
            idle.push((connection, Instant::now()));
        }
        Ok(())
    }

    /// A connection that the server has not closed meanwhile.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < SMTP_IDLE_TIME && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    /// What became of a mail that was not taken. A server that refuses the name and the password is one that may be
    /// configured rightly soon, so that such a mail is tried again.
    fn failed(&self, error: &Error) -> Told {
        let server = self.server.name();
        let code = error.status().map(u16::from);
        let mut said = one_line(&said(error));
        self.server.mask(&mut said);
        let said = cut(&said, SAID_CHARS);
        let failed = |error: String| Told::Failed { error, after_seconds: None };
        match code {
            Some(code @ (530 | 534 | 535 | 538)) => failed(format!(
                "{server} refuses the user or the password ({code} {said}): correct them in STEPWELL_SMTP_URL"
            )),
            Some(code) if error.is_permanent() => {
                Told::Refused { error: format!("{server} refused the mail: {code} {said}") }
            }
            Some(code) => failed(format!("{server} takes no mail now: {code} {said}")),
            // No other try changes what the address is written in.
            None if error.is_client() && said.contains("SMTPUTF8") => Told::Refused {
                error: format!("{server} takes no address with letters beyond ASCII before the @ (SMTPUTF8, RFC 6531)"),
            },
            None if error.is_tls() || is_about_tls(error) => failed(format!(
                "no secure connection to {server}: {said}. Where its certificate is signed by an authority of your own, \
                 name that authority's in STEPWELL_SMTP_CA"
            )),
            None => failed(format!("the mail did not reach {server}: {said}")),
        }
    }
}

/// What an error says, without its own words around it.
fn said(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Whether a connection broke off since TLS could not be agreed on. An `io::Error` hides what it wraps from `source`, so it
/// is unwrapped here.
fn is_about_tls(error: &Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Told {
        let envelope = Envelope::new(Some(mail.from.email.clone()), vec![mail.to.clone()]);
        let (envelope, bytes) = match (envelope, mail.to_bytes()) {
            (Ok(envelope), Ok(bytes)) => (envelope, bytes),
            (Err(error), _) => return Told::Refused { error: error.to_string() },
            (_, Err(error)) => return Told::Refused { error },
        };
        match tokio::time::timeout(self.limit, self.deliver(&envelope, &bytes)).await {
            Ok(Ok(())) => Told::Sent { reference: Some(mail.message_id.clone()) },
            Ok(Err(error)) => self.failed(&error),
            Err(_) => {
                let (server, seconds) = (self.server.name(), self.limit.as_secs_f64());
                Told::Failed {
                    error: format!("{server} did not take the mail within {seconds} s"),
                    after_seconds: None,
                }
            }
        }
    }
}
