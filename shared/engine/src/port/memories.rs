//! What agents remember of conversations.

use super::{Page, StoreError, Window};
use async_trait::async_trait;
use document::{time::Time, work::Message};
use serde::{Deserialize, Serialize};

/// What one agent added to a conversation when it had succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Which visit of which execution it was: what is added again under the same id is there once.
    pub id: String,
    /// When the agent had come to its end. Conversations are in this order.
    pub at: Time,
    /// Who had started the execution of that agent, where somebody had; absent in what was added before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was said, the oldest first.
    pub messages: Vec<Message>,
    /// When the whole conversation is forgotten, unless something is added before.
    pub until: Time,
}

/// A conversation that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its key.
    pub key: String,
    /// When something was added last.
    pub at: Time,
    /// When it is forgotten.
    pub until: Time,
    /// Who had every part in it, as [`Remembered::by`] tells; none where several had, or where nobody knows of one.
    pub by: Option<String>,
}

impl Conversation {
    /// Whether nobody but this person had a part in it.
    pub fn is_of(&self, person: &str) -> bool {
        self.by.as_ref().is_some_and(|by| by.eq_ignore_ascii_case(person))
    }

    /// Who has every part in it once something is added by somebody; none where that are several, or nobody knows.
    pub fn with_part_of<'a>(&'a self, by: Option<&str>) -> Option<&'a str> {
        self.by.as_deref().filter(|_| by.is_some_and(|by| self.is_of(by)))
    }
}

/// Conversations of an owner, by their keys. One whose time is over counts as forgotten, whether it is still stored or
/// not.
#[async_trait]
pub trait Memories: Send + Sync {
    /// Adds to a conversation, once for each id.
    async fn remember(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<(), StoreError>;
    /// The last things that were added to a conversation, at most `most` of them, the oldest first.
    async fn recall(&self, owner: &str, key: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError>;
    /// One conversation; none where there is none of that key.
    async fn conversation(&self, owner: &str, key: &str, now: Time) -> Result<Option<Conversation>, StoreError>;
    /// The conversations, by their keys: all, or those in which nobody but one person had a part.
    async fn conversations(
        &self,
        owner: &str,
        of: Option<&str>,
        window: &Window,
        now: Time,
    ) -> Result<Page<Conversation>, StoreError>;
    /// Forgets a conversation. False where there is none.
    async fn forget(&self, owner: &str, key: &str) -> Result<bool, StoreError>;
}
