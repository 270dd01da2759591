//! Every bound of what is sent to people, with its unit and its reason.

use std::time::Duration;

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
