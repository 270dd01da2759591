//! Conversations that agents remember.

use crate::Memory;
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Conversation, Memories, Page, Remembered, StoreError, Window};

fn key(owner: &str, name: &str) -> (String, String) {
    (owner.to_owned(), name.to_owned())
}

/// What is known of a conversation without what was said in it.
fn head(key: &str, all: &[Remembered]) -> Conversation {
    let by = |said: &Remembered| said.by.clone();
    let head = Conversation {
        key: key.to_owned(),
        at: all.last().map_or(Time(0), |said| said.at),
        until: until(all),
        by: all.first().and_then(by),
    };
    let of_one = all.iter().all(|said| head.with_part_of(said.by.as_deref()).is_some());
    Conversation { by: head.by.clone().filter(|_| of_one), ..head }
}

/// When the whole of a conversation is forgotten.
fn until(all: &[Remembered]) -> Time {
    all.iter().map(|said| said.until).max().unwrap_or(Time(0))
}

#[async_trait]
impl Memories for Memory {
    async fn remember(&self, owner: &str, name: &str, said: &Remembered, now: Time) -> Result<(), StoreError> {
        let mut world = self.world();
        let all = world.memories.entry(key(owner, name)).or_default();
        if until(all) < now {
            all.clear();
        }
        if !all.iter().any(|one| one.id == said.id) {
            all.push(said.clone());
            all.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        }
        Ok(())
    }

    async fn recall(&self, owner: &str, name: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError> {
        let world = self.world();
        let all = world.memories.get(&key(owner, name)).filter(|all| until(all) >= now);
        Ok(all.map(|all| all[all.len().saturating_sub(most)..].to_vec()).unwrap_or_default())
    }

    async fn conversation(&self, owner: &str, name: &str, now: Time) -> Result<Option<Conversation>, StoreError> {
        let world = self.world();
        let all = world.memories.get(&key(owner, name)).filter(|all| until(all) >= now);
        Ok(all.map(|all| head(name, all)))
    }

    async fn conversations(
        &self,
        owner: &str,
        of: Option<&str>,
        window: &Window,
        now: Time,
    ) -> Result<Page<Conversation>, StoreError> {
        let world = self.world();
        let after = window.cursor.as_deref().unwrap_or_default();
        let own =
            world.memories.iter().filter(|((of, name), all)| of == owner && name.as_str() > after && until(all) >= now);
        let mut items: Vec<Conversation> = own
            .map(|((_, name), all)| head(name, all))
            .filter(|one| of.is_none_or(|person| one.is_of(person)))
            .take(window.limit + 1)
            .collect();
        let more = items.len() > window.limit;
        items.truncate(window.limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.key.clone());
        Ok(Page { items, next_cursor })
    }

    async fn forget(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.world().memories.remove(&key(owner, name)).is_some())
    }
}
