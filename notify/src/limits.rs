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
/// Bytes of a webhook's answer that are read, to say what the server said.
pub const ANSWER_BYTES: usize = 2 * 1024;
/// Allow lists of executions whose connections are kept: a folder rarely knows more than one or two.
pub const WEBHOOK_REACHES: usize = 16;

// Slack: the bounds of its Web API and of Block Kit stand in its reference; what is sent beyond them is refused whole.

/// Time for a call of Slack's Web API that sends a message. Slack answers in less than a second as a rule, and a message
/// is tried again.
pub const SLACK_CALL: Duration = Duration::from_secs(15);
/// Time for a call for which a person waits: Slack gives up on our answer after three seconds.
pub const SLACK_LOOKUP: Duration = Duration::from_millis(1_500);
/// Bytes of an answer of Slack that are read. A user object has some 3 KB, and a posted message comes back with its blocks.
pub const SLACK_ANSWER_BYTES: usize = 512 * 1024;
/// How old a signed request may be, and how far its time may lie ahead: what Slack recommends against replays.
pub const SLACK_WINDOW: Duration = Duration::from_secs(5 * 60);
/// How long it is remembered who a Slack user is: a person who leaves, or whose address changes, is another one soon after.
pub const SLACK_REMEMBER: Duration = Duration::from_secs(5 * 60);
/// Users, and channels of direct messages, that are remembered: some megabytes.
pub const SLACK_REMEMBERED: usize = 10_000;
/// Seconds of a `Retry-After` that are believed: one day. Slack asks for a minute at most.
pub const SLACK_RETRY_SECONDS: f64 = 86_400.0;
/// Characters of a text in a section, and of a text that a form takes: Slack's own bound.
pub const SLACK_TEXT: usize = 3_000;
/// Characters of a message's notification: what screens of phones show of it is shorter.
pub const SLACK_NOTIFICATION: usize = 300;
/// Characters of a line below a message, and of the text above a reminder's link: short enough to be read at a glance.
pub const SLACK_LINE: usize = 1_000;
/// Characters of a button's label, and of an option's: Slack's own bound.
pub const SLACK_LABEL: usize = 75;
/// Characters of a URL behind a button: Slack's own bound.
pub const SLACK_URL: usize = 3_000;
/// Characters of a field's label and of its hint. Slack takes 2,000; more than a paragraph hides the field.
pub const SLACK_FIELD_LABEL: usize = 500;
/// Options that are shown as buttons side by side. Slack takes 25; beyond five they fill lines, and a menu reads better.
pub const SLACK_BUTTONS: usize = 5;
/// Options of a menu: Slack's own bound.
pub const SLACK_OPTIONS: usize = 100;
/// Fields of a form. Slack takes 100 blocks; nobody fills in half as many in a small window.
pub const SLACK_FIELDS: usize = 40;
/// Levels of objects in a schema that a form flattens: a label that names more is not understood.
pub const SLACK_NESTING: usize = 4;
/// People whom one line names; the others are counted.
pub const SLACK_NAMES: usize = 10;
/// Bytes of a token, and of a signing secret, at most: several times what Slack gives.
pub const SLACK_SECRET_BYTES: usize = 512;
/// Bytes of an id in a request of Slack. They have a dozen.
pub const SLACK_ID_BYTES: usize = 256;
