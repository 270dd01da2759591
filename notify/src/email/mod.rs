//! E-mail: what is written, how it becomes a message, and who takes it.

mod compose;
mod content;
mod folder;
mod html;
mod mailer;
mod plain;
#[cfg(feature = "smtp")]
pub mod smtp;

pub use compose::compose;
pub use folder::Folder;
pub use lettre::{Address, message::Mailbox};
pub use mailer::{Mail, Mailer};

use engine::port::Letter;
use std::sync::Arc;
use stepwell_core::interaction::delivery::Told;

/// Writes mails and hands them to a mailer.
pub struct Email {
    mailer: Arc<dyn Mailer>,
    from: Mailbox,
}

impl Email {
    /// Mails from this sender, which this mailer takes.
    pub fn new(mailer: Arc<dyn Mailer>, from: Mailbox) -> Self {
        Self { mailer, from }
    }

    /// Writes and sends one mail.
    pub async fn send(&self, letter: &Letter) -> Told {
        match compose(letter, &self.from) {
            Ok(mail) => self.mailer.send(&mail).await,
            Err(error) => Told::Refused { error },
        }
    }
}
