//! Documents and saved workflows with their schedules, tokens and secrets.

use crate::{Memory, World};
use async_trait::async_trait;
use document::{
    Workflow,
    schedule::{self, Scheduled},
    time::Time,
};
use engine::port::{Catalogue, Page, SavedWorkflow, Schedules, Secret, Secrets, StoreError, Token, Tokens, Window};
use std::sync::Arc;

#[async_trait]
impl Catalogue for Memory {
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        Ok(self.world().workflows.get(hash).cloned())
    }

    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        self.world().workflows.entry(workflow.hash.clone()).or_insert_with(|| workflow.clone());
        Ok(())
    }

    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError> {
        let mut world = self.world();
        let versions = world.saved.entry((owner.into(), workflow.id.to_string())).or_default();
        let latest = versions.last();
        let version = latest.map_or(0, |latest| latest.version);
        if expected.is_some_and(|expected| expected != version) {
            return Err(StoreError::Conflict);
        }
        if latest.is_some_and(|latest| latest.hash == workflow.hash && !latest.deleted) {
            return Ok((version, false));
        }
        versions.push(SavedWorkflow {
            id: workflow.id.clone(),
            version: version + 1,
            hash: workflow.hash.clone(),
            document: workflow.document.clone(),
            saved_at: now,
            deleted: false,
        });
        world.workflows.entry(workflow.hash.clone()).or_insert_with(|| workflow.clone());
        let before = world.forget_schedules(owner, workflow.id.as_str());
        world.schedules.extend(schedule::plan(workflow, now).into_iter().map(|one| {
            // A schedule with the same times keeps its next time, so that frequent saving does not put an interval off.
            let same = |old: &&Scheduled| old.schedule.as_ref().is_ok_and(|old| old.same_times(&one.schedule));
            let goes_on = before.iter().filter(|old| old.node == one.node).find(same);
            Scheduled {
                owner: owner.into(),
                workflow: workflow.id.clone(),
                node: one.node,
                schedule: Ok(one.schedule),
                next_at: goes_on.map_or(one.next_at, |old| old.next_at),
                error: None,
            }
        }));
        Ok((version + 1, true))
    }

    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        let world = self.world();
        let Some(versions) = world.saved.get(&(owner.into(), id.into())) else { return Ok(None) };
        let found = match version {
            None => versions.last(),
            Some(version) => versions.iter().find(|one| one.version == version),
        };
        Ok(found.cloned())
    }

    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        let world = self.world();
        let own = world.saved.iter().filter(|((of, _), _)| of == owner).filter_map(|(_, versions)| versions.last());
        let mut rest = own
            .filter(|one| !one.deleted)
            .skip_while(|one| window.cursor.as_ref().is_some_and(|after| one.id.as_str() <= after.as_str()))
            .peekable();
        let items: Vec<_> = rest.by_ref().take(window.limit.clamp(1, 200)).cloned().collect();
        let more = rest.peek().is_some();
        let next_cursor = items.last().filter(|_| more).map(|one| one.id.to_string());
        Ok(Page { items, next_cursor })
    }

    async fn erase_workflows(&self, owner: &str) -> Result<u64, StoreError> {
        let mut world = self.world();
        let ids: Vec<String> = world.saved.keys().filter(|(of, _)| of == owner).map(|(_, id)| id.clone()).collect();
        let mut removed = 0;
        for id in ids {
            world.forget_schedules(owner, &id);
            removed += world.saved.remove(&(owner.to_owned(), id)).map_or(0, |versions| versions.len() as u64);
        }
        Ok(removed)
    }

    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let mut world = self.world();
        world.forget_schedules(owner, id);
        let latest = world.saved.get_mut(&(owner.into(), id.into())).and_then(|versions| versions.last_mut());
        Ok(latest.is_some_and(|latest| !std::mem::replace(&mut latest.deleted, true)))
    }
}

#[async_trait]
impl Schedules for Memory {
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError> {
        let world = self.world();
        let mut due: Vec<_> = world.schedules.iter().filter(|one| one.next_at <= now).cloned().collect();
        due.sort_by_key(|one| one.next_at);
        due.truncate(limit);
        Ok(due)
    }

    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        let mut world = self.world();
        let key = |one: &Scheduled| (one.owner.clone(), one.workflow.clone(), one.node.clone(), one.next_at);
        let wanted = key(schedule);
        if let Some(at) = world.schedules.iter().position(|one| key(one) == wanted) {
            match next_at {
                Some(next_at) => world.schedules[at] = Scheduled { next_at, error, ..schedule.clone() },
                None => drop(world.schedules.remove(at)),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Tokens for Memory {
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        Ok(self.world().tokens.get(sha256).cloned())
    }

    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        self.world().tokens.insert(token.sha256.clone(), token);
        Ok(())
    }

    async fn tokens(&self, owner: &str, window: &Window) -> Result<Page<Token>, StoreError> {
        let world = self.world();
        let after = window.cursor.as_deref().unwrap_or_default();
        let mut items: Vec<Token> =
            world.tokens.values().filter(|one| one.owner == owner && one.sha256.as_str() > after).cloned().collect();
        let more = items.len() > window.limit;
        items.truncate(window.limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.sha256.clone());
        Ok(Page { items, next_cursor })
    }

    async fn remove_token(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let mut world = self.world();
        let before = world.tokens.len();
        world.tokens.retain(|_, one| one.owner != owner || one.id() != id);
        Ok(world.tokens.len() < before)
    }

    async fn has_tokens(&self) -> Result<bool, StoreError> {
        Ok(!self.world().tokens.is_empty())
    }
}

#[async_trait]
impl Secrets for Memory {
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        Ok(self.world().secrets.get(&(owner.into(), name.into())).cloned())
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.world().secrets.insert((owner.into(), name.into()), secret);
        Ok(())
    }

    async fn secret_names(&self, owner: &str, window: &Window) -> Result<Page<String>, StoreError> {
        let after = window.cursor.as_deref().unwrap_or_default();
        let world = self.world();
        let names = world.secrets.keys().filter(|(of, name)| of == owner && name.as_str() > after);
        let mut items: Vec<String> = names.map(|(_, name)| name.clone()).collect();
        items.sort_unstable();
        let more = items.len() > window.limit;
        items.truncate(window.limit);
        let next_cursor = items.last().filter(|_| more).cloned();
        Ok(Page { items, next_cursor })
    }

    async fn remove_secret(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        Ok(self.world().secrets.remove(&(owner.into(), name.into())).is_some())
    }
}

impl World {
    /// Removes the schedules of a workflow, and returns them for the comparison with those of its next version.
    fn forget_schedules(&mut self, owner: &str, workflow: &str) -> Vec<Scheduled> {
        let of_it = |one: &Scheduled| one.owner == owner && one.workflow.as_str() == workflow;
        let (gone, kept) = std::mem::take(&mut self.schedules).into_iter().partition(of_it);
        self.schedules = kept;
        gone
    }
}
