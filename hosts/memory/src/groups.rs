//! Groups of people.

use crate::Memory;
use async_trait::async_trait;
use engine::port::{Group, Groups, Page, StoreError, Window};

fn key(owner: &str, name: &str) -> (String, String) {
    (owner.to_owned(), name.to_ascii_lowercase())
}

#[async_trait]
impl Groups for Memory {
    async fn group(&self, owner: &str, name: &str) -> Result<Option<Group>, StoreError> {
        Ok(self.world().groups.get(&key(owner, name)).cloned())
    }

    async fn set_group(&self, owner: &str, group: Group) -> Result<(), StoreError> {
        self.world().groups.insert(key(owner, &group.name), group);
        Ok(())
    }

    async fn remove_group(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.world().groups.remove(&key(owner, name)).is_some())
    }

    async fn groups(&self, owner: &str, window: &Window) -> Result<Page<Group>, StoreError> {
        let world = self.world();
        let after = window.cursor.as_deref().unwrap_or_default();
        let own = world.groups.iter().filter(|((of, name), _)| of == owner && name.as_str() > after);
        let mut found: Vec<_> = own.take(window.limit + 1).collect();
        let more = found.len() > window.limit;
        found.truncate(window.limit);
        let next_cursor = found.last().filter(|_| more).map(|((_, name), _)| name.clone());
        Ok(Page { items: found.into_iter().map(|(_, group)| group.clone()).collect(), next_cursor })
    }

    async fn groups_of(&self, owner: &str, subject: &str) -> Result<Vec<String>, StoreError> {
        let world = self.world();
        let has = |group: &Group| group.members.iter().any(|member| member.eq_ignore_ascii_case(subject));
        let own = world.groups.iter().filter(|((of, _), group)| of == owner && has(group));
        Ok(own.map(|((_, name), _)| name.clone()).collect())
    }
}
