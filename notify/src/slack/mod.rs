//! Slack: messages with buttons and forms, by its Web API.
//!
//! | file | is |
//! |---|---|
//! | `settings.rs` | the variables of a host |
//! | `client.rs`, `fault.rs` | calls of the Web API, and what its errors mean |
//! | `people.rs`, `remembered.rs` | the members of the workspace, by e-mail address |
//! | `notifier.rs` | sends letters |
//! | `blocks.rs`, `shown.rs` | messages and forms, as blocks |
//! | `text.rs`, `markdown.rs` | text as Slack takes it |
//! | `form/` | the fields of a form, and the answer that they make |
//! | `signature.rs`, `payload.rs`, `desk.rs` | what the route that Slack calls asks |

mod blocks;
mod client;
mod desk;
mod fault;
mod form;
mod markdown;
mod notifier;
mod payload;
mod people;
mod remembered;
mod settings;
mod shown;
mod signature;
mod text;

#[cfg(test)]
mod tests;

pub use settings::{API, OWNER, SIGNING_SECRET, Settings, TOKEN};

use client::Client;
use people::People;

/// Sends messages to Slack, and reads what Slack sends. A host builds one, so that connections and what was looked up are
/// kept.
pub struct Slack {
    client: Client,
    people: People,
    signing_secret: String,
    owner: Option<String>,
}

impl Slack {
    /// Connects at the first call. `user_agent` is what Slack sees of the host.
    ///
    /// # Errors
    /// Where `user_agent` has characters that no header may hold.
    pub fn new(settings: Settings, user_agent: &str) -> Result<Self, String> {
        let client = Client::new(&settings, user_agent)?;
        let Settings { signing_secret, owner, .. } = settings;
        Ok(Self { client, people: People::default(), signing_secret, owner })
    }
}
