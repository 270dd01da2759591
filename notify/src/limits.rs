//! The bounds of messages about questions, each with its unit and its reason.

use std::time::Duration;

/// Time for one try to send a message: a notifier ends within a minute, and what surrounds the try has the rest.
pub const SEND: Duration = Duration::from_secs(50);
/// Characters of a subject line: lists of mails show some 70, and 255 are what common servers take without folding.
pub const SUBJECT_CHARS: usize = 120;
/// Characters of a question in the body of a mail. A longer one is read on its page.
pub const QUESTION_CHARS: usize = 2_000;
/// Bytes of Markdown that are rendered: some ten printed pages. Gmail cuts a mail off at 102 kB of HTML.
pub const MARKDOWN_BYTES: usize = 32 * 1024;
/// Characters of a content, of arguments and of any other value that a mail shows. The whole stands on the page.
pub const VALUE_CHARS: usize = 8_000;
/// Characters of a comment, of a name or of a label in a mail.
pub const LINE_CHARS: usize = 300;
/// Options, fields and answers that a mail lists, each of them: more than that nobody reads in a mail.
pub const LISTED: usize = 40;
/// Characters of what a server says that are kept with an error, which the question's state holds.
pub const SAID_CHARS: usize = 300;
/// Characters of what the channel calls a message that are put into a header. RFC 5322 folds lines at 998.
pub const REFERENCE_CHARS: usize = 250;
/// Connections to the mail server that are kept for the next mail. Where more mails are sent at once, there are more, and
/// they are closed afterwards: common servers let one client have ten or twenty.
pub const SMTP_IDLE: usize = 8;
/// Time for which such a connection is kept: less than the minute after which some servers close it.
pub const SMTP_IDLE_TIME: Duration = Duration::from_secs(30);
/// Bytes of a file with certificates: those of all authorities of the world have some 250 kB.
pub const CERTIFICATE_BYTES: u64 = 1024 * 1024;
/// Bytes of a key for Standard Webhooks at least, as its specification says: 192 bits.
pub const WEBHOOK_KEY_BYTES: usize = 24;
/// Bytes of such a key at most, as its specification says.
pub const WEBHOOK_KEY_MOST_BYTES: usize = 64;
/// Bytes of a webhook's answer that are read, to say what the server said.
pub const ANSWER_BYTES: usize = 2 * 1024;
