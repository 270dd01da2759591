//! What the simulation never asks for: tokens, groups and credentials.

use super::{ports::unused, world::SimHost};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{
    Conversation, Group, Groups, Memories, Page, Remembered, Secret, Secrets, StoreError, Token, Tokens, Window,
};

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

#[async_trait]
impl Memories for SimHost {
    async fn remember(&self, _: &str, _: &str, _: &Remembered, _: Time) -> Result<(), StoreError> {
        unused("a conversation")
    }

    async fn recall(&self, _: &str, _: &str, _: usize, _: Time) -> Result<Vec<Remembered>, StoreError> {
        unused("a conversation")
    }

    async fn conversations(&self, _: &str, _: &Window, _: Time) -> Result<Page<Conversation>, StoreError> {
        unused("conversations")
    }

    async fn forget(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        unused("a conversation")
    }
}
