//! A letter becomes a mail: subject, thread, and both bodies.
//!
//! Mails of one question to one receiver make up a thread. Its name follows from both, so that a mail belongs to it even
//! where nobody knows any more what the first one was called; and each mail has an id of its own, since one person may
//! get a copy and a mail with a link.

use super::{
    content::Content,
    html,
    mailer::{Mail, domain},
    plain,
};
use crate::{
    limits::{REFERENCE_CHARS, SUBJECT_CHARS},
    text::{cut, one_line},
};
use engine::port::Letter;
use lettre::{Address, message::Mailbox};
use stepwell_core::id::derive;

/// Writes the mail of a letter.
///
/// # Errors
/// Where the receiver is no e-mail address.
pub fn compose(letter: &Letter, from: &Mailbox) -> Result<Mail, String> {
    let to: Address = letter.to.trim().parse().map_err(|_| {
        let to = cut(&one_line(&letter.to), SUBJECT_CHARS);
        format!("`{to}` is no e-mail address: name people by their addresses, as in ana@example.com")
    })?;
    let domain = domain(from);
    let receiver = letter.to.trim().to_ascii_lowercase();
    let thread = derive(&["mail thread", letter.interaction.interaction_id.as_str(), &receiver]);
    let thread = format!("<{thread}@{domain}>");
    let first = letter.reference.as_deref().filter(|id| is_message_id(id)).map(str::to_owned);
    let later = letter.number > 1;
    let content = Content::of(letter);
    Ok(Mail {
        message_id: format!("<{}@{domain}>", id_of(letter)),
        in_reply_to: later.then(|| first.clone().unwrap_or_else(|| thread.clone())),
        references: [Some(thread), first.filter(|_| later)].into_iter().flatten().collect(),
        from: from.clone(),
        to,
        subject: subject(&letter.interaction.question, later),
        text: plain::body(&content),
        html: html::body(&content),
        at: letter.now,
        execution: letter.execution.clone(),
        delivering: letter.delivering.clone(),
    })
}

/// The question as a subject, in one line. Mails after the first have the same behind `Re:`, by which programs that know
/// no threads put them together.
fn subject(question: &str, later: bool) -> String {
    let question = cut(&one_line(question), SUBJECT_CHARS);
    if later { format!("Re: {question}") } else { question }
}

/// The letter's id where it can stand in a header, as a UUID can.
fn id_of(letter: &Letter) -> String {
    let fits = letter.id.len() <= REFERENCE_CHARS && letter.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits && !letter.id.is_empty() { letter.id.clone() } else { derive(&["mail", &letter.id]) }
}

/// Whether a text can stand in a header as the id of a message.
fn is_message_id(text: &str) -> bool {
    let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    text.len() <= REFERENCE_CHARS
        && inside.is_some_and(|id| {
            id.contains('@') && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
        })
}
