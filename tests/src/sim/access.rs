//! What the simulation never asks for: tokens, groups and credentials. And what it asks another host for: conversations.

use super::{ports::unused, world::SimHost};
use async_trait::async_trait;
use document::{time::Time, work::Message};
use engine::port::{
    Conversation, Group, Groups, Memories, Page, Remembered, Secret, Secrets, StoreError, Token, Tokens, Window,
};
use futures::FutureExt;
use std::collections::BTreeMap;

#[async_trait]
impl Tokens for SimHost {
    async fn token(&self, _: &str) -> Result<Option<Token>, StoreError> {
        unused("a token")
    }

    async fn add_token(&self, _: Token) -> Result<(), StoreError> {
        unused("a token")
    }

    async fn tokens(&self, _: &str, _: &Window) -> Result<Page<Token>, StoreError> {
        unused("tokens")
    }

    async fn remove_token(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a token")
    }

    async fn has_tokens(&self) -> Result<bool, StoreError> {
        unused("tokens")
    }
}

#[async_trait]
impl Groups for SimHost {
    async fn group(&self, _: &str, _: &str) -> Result<Option<Group>, StoreError> {
        unused("a group")
    }

    async fn set_group(&self, _: &str, _: Group) -> Result<(), StoreError> {
        unused("a group")
    }

    async fn remove_group(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a group")
    }

    async fn groups(&self, _: &str, _: &Window) -> Result<Page<Group>, StoreError> {
        unused("groups")
    }

    async fn groups_of(&self, _: &str, _: &str) -> Result<Vec<String>, StoreError> {
        unused("groups")
    }
}

#[async_trait]
impl Secrets for SimHost {
    async fn secret(&self, _: &str, _: &str) -> Result<Option<Secret>, StoreError> {
        Ok(None)
    }

    async fn set_secret(&self, _: &str, _: &str, _: Secret) -> Result<(), StoreError> {
        unused("a secret")
    }

    async fn secret_names(&self, _: &str, _: &Window) -> Result<Page<String>, StoreError> {
        unused("secrets")
    }

    async fn remove_secret(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a secret")
    }
}

/// What a call of the host in memory gives, which waits for nothing.
pub(super) fn at_once<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("the host in memory waits for nothing")
}

#[async_trait]
impl Memories for SimHost {
    async fn remember(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<(), StoreError> {
        self.call(|| at_once(self.world().conversations.remember(owner, key, said, now))).await
    }

    async fn recall(&self, owner: &str, key: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError> {
        self.call(|| at_once(self.world().conversations.recall(owner, key, most, now))).await
    }

    async fn conversation(&self, _: &str, _: &str, _: Time) -> Result<Option<Conversation>, StoreError> {
        unused("the head of a conversation")
    }

    async fn conversations(
        &self,
        _: &str,
        _: Option<&str>,
        _: &Window,
        _: Time,
    ) -> Result<Page<Conversation>, StoreError> {
        unused("conversations")
    }

    async fn forget(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a conversation")
    }
}

impl SimHost {
    /// What every conversation of an owner holds, by its key.
    pub fn remembered(&self, owner: &str) -> BTreeMap<String, Vec<Message>> {
        let world = self.world();
        let (all, now) = (&world.conversations, world.now);
        let keys = at_once(all.conversations(owner, None, &Window { limit: 200, cursor: None }, now))
            .expect("conversations are listed");
        let said = |key: &str| at_once(all.recall(owner, key, usize::MAX, now)).expect("a conversation is read");
        let whole = |key: String| {
            let messages = said(&key).into_iter().flat_map(|one| one.messages).collect();
            (key, messages)
        };
        keys.items.into_iter().map(|one| whole(one.key)).collect()
    }
}
