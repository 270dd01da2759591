//! A mail as a message of RFC 5322, and who takes it.

use async_trait::async_trait;
use document::time::Time;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use std::time::{Duration, UNIX_EPOCH};
use stepwell_core::{effect::Delivering, id::ExecutionId, interaction::delivery::Told};

/// Takes mails: a server, a service of the cloud, a folder.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail, within [`SEND`](crate::limits::SEND). Where it was taken, the reference is the `Message-ID`
    /// under which its receiver sees it, in angle brackets: later mails refer to it.
    async fn send(&self, mail: &Mail) -> Told;
}

/// One mail to one receiver.
#[derive(Clone)]
pub struct Mail {
    /// The `Message-ID`, in angle brackets. It is the same at each try.
    pub message_id: String,
    /// The `Message-ID` of the mail that this one answers; none for the first of a thread.
    pub in_reply_to: Option<String>,
    /// The ids of the thread, by which programs put mails together.
    pub references: Vec<String>,
    /// The sender.
    pub from: Mailbox,
    /// The receiver.
    pub to: Address,
    /// The subject: one line.
    pub subject: String,
    /// The body for programs that show text.
    pub text: String,
    /// The body for programs that show HTML.
    pub html: String,
    /// The date.
    pub at: Time,
    /// The execution that asks.
    pub execution: ExecutionId,
    /// Which try of which message this is. A service that tells later what became of a mail hands it back.
    pub delivering: Delivering,
}

/// Mails hold links that nobody else may know, so that only the id is told.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({})", self.message_id)
    }
}

/// The domain of a sender, by which messages are named and servers greeted. One beyond ASCII has a stand-in, since
/// neither place takes it.
pub(super) fn domain(from: &Mailbox) -> &str {
    let domain = from.email.domain();
    if domain.is_ascii() { domain } else { "stepwell.invalid" }
}

/// Headers that keep programs from answering: RFC 3834, and what Exchange heeds in its place.
const AUTOMATIC: [(&str, &str); 2] = [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")];

impl Mail {
    /// The message as it travels (RFC 5322, MIME), in ASCII but for addresses that are not. The same mail always gives the same bytes.
    ///
    /// # Errors
    /// Where a header cannot be written, which says which.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(self.at.0).unwrap_or_default());
        let mut builder = Message::builder()
            .message_id(Some(self.message_id.clone()))
            .date(date)
            .from(self.from.clone())
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.subject.clone());
        if let Some(id) = &self.in_reply_to {
            builder = builder.in_reply_to(id.clone());
        }
        if !self.references.is_empty() {
            builder = builder.references(self.references.join(" "));
        }
        for (name, value) in AUTOMATIC {
            let known =
                HeaderName::new_from_ascii(name.into()).map_err(|_| format!("the header {name} is no header"))?;
            builder = builder.raw_header(HeaderValue::new(known, value.into()));
        }
        // Made of the id, so that the bytes are the same at each try.
        let boundary = format!("=_{}", self.message_id.trim_matches(['<', '>']).split('@').next().unwrap_or_default());
        let parts = MultiPart::alternative()
            .boundary(boundary)
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(SinglePart::html(self.html.clone()));
        let message = builder.multipart(parts).map_err(|error| format!("the mail cannot be written: {error}"))?;
        Ok(message.formatted())
    }
}
