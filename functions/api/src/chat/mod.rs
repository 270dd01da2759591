//! Chat: a workflow that begins with a `chat_trigger` is a conversation, of which each message is an execution.

mod answered;
mod conversation;
mod message;
mod resume;
mod session;
mod stream;
mod tell;
mod value;

use crate::Routes;

/// All routes of chats. Whoever serves them starts executions, reads them, and answers their questions.
pub fn routes() -> Routes {
    message::routes().merge(resume::routes()).merge(conversation::routes())
}
