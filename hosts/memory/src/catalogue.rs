//! Saved workflows, tokens and secrets.

use crate::Memory;
use async_trait::async_trait;
use shared::{
    port::{Catalogue, Page, SavedWorkflow, Secret, StoreError, Token, Window},
    time::Time,
    workflow::Workflow,
};
use std::sync::Arc;

#[async_trait]
impl Catalogue for Memory {
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

    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let mut world = self.world();
        let latest = world.saved.get_mut(&(owner.into(), id.into())).and_then(|versions| versions.last_mut());
        Ok(latest.is_some_and(|latest| !std::mem::replace(&mut latest.deleted, true)))
    }

    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        Ok(self.world().secrets.get(&(owner.into(), name.into())).cloned())
    }

    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.world().secrets.insert((owner.into(), name.into()), secret);
        Ok(())
    }

    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        Ok(self.world().tokens.get(sha256).cloned())
    }

    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        self.world().tokens.insert(token.sha256.clone(), token);
        Ok(())
    }

    async fn has_tokens(&self) -> Result<bool, StoreError> {
        Ok(!self.world().tokens.is_empty())
    }
}
