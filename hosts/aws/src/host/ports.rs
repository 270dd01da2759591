//! Implements the traits of [`engine::port`] for the host, and [`Records`] for the table. Most methods only pass calls
//! on to the table or to a service beside it.

use super::Aws;
use crate::{
    limits,
    ports::Records,
    store::Table,
    telemetry::{Counter, counted},
};
use async_trait::async_trait;
use document::{Workflow, id::WorkflowId, pattern::Listener, schedule::Scheduled, time::Time};
use engine::port::{
    Catalogue, Commit, ExecutionFilter, Head, InteractionFilter, Page, SavedWorkflow, Secret, Store, StoreError, Token,
    Window,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use stepwell_core::{
    effect::Effect,
    event::Turn,
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId},
    payload::Payload,
    task::NodeLog,
};

#[async_trait]
impl Records for Table {
    /// The state as this process saw it last, which is new enough: the process has committed the turn whose effects are
    /// delivered, or has loaded it.
    async fn state(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        match self.recent(id) {
            Some(state) => Ok(Some(state)),
            None => self.load_lean(id).await,
        }
    }
    async fn state_now(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.load_lean(id).await
    }
    async fn fetch(&self, id: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError> {
        Table::fetch(self, id, wanted).await
    }
    async fn put_token(&self, id: &ExecutionId, name: &str, token: &str) -> Result<(), StoreError> {
        Table::put_token(self, id, &name.into(), token).await
    }
    async fn get_token(&self, id: &ExecutionId, name: &str) -> Result<Option<String>, StoreError> {
        self.pause_token(id, &name.into()).await
    }
    async fn remove_token(&self, id: &ExecutionId, name: &str) -> Result<(), StoreError> {
        self.drop_token(id, &name.into()).await
    }
    async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Table::callers(self, id).await
    }
    async fn remove_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError> {
        self.drop_caller(id, token).await
    }
    async fn pauses(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError> {
        Ok(self.pause_tokens(id).await?.into_iter().map(|(interaction, _)| interaction.to_string()).collect())
    }
    async fn admissible(&self, owner: &str, workflow: &WorkflowId, limit: u64) -> Result<Vec<ExecutionId>, StoreError> {
        Table::admissible(self, owner, workflow, limit).await
    }
}

#[async_trait]
impl Store for Aws {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.table.load(id).await
    }
    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.table.load_lean(id).await
    }
    async fn fetch(&self, id: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError> {
        self.table.fetch(id, wanted).await
    }
    fn inline_bytes(&self) -> usize {
        limits::INLINE_BYTES
    }
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let committed = self.table.commit(commit).await;
        if committed == Err(StoreError::Conflict) {
            counted(Counter::Conflicts, 1);
        }
        committed
    }
    /// Carries effects out. Before that the table writes the questions of which people are told, so that an answer
    /// finds its question; afterwards it writes the head and takes off the mark of the commit.
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.table.delivering(execution, effects).await?;
        self.courier().deliver(execution, effects).await?;
        self.table.delivered(execution, effects).await
    }
    /// Delivers the effects of a commit. Where a request caused the commit, a failure is only logged: the supervisor
    /// delivers the effects, because the commit left a mark or its steps become overdue.
    async fn deliver_committed(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        match self.deliver(execution, effects).await {
            Err(error) if !self.table.is_behind_messages() => {
                tracing::warn!(%error, %execution, "what was committed is not delivered yet: the supervisor does it");
                Ok(())
            }
            delivered => delivered,
        }
    }
    fn delivers_in_commit(&self) -> bool {
        false
    }
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.table.turns(id, after, limit).await
    }
    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.table.turns_lean(id, after, limit).await
    }
    async fn changed(&self, id: &ExecutionId, seq: u64) {
        self.table.changed(id, seq).await;
    }
    async fn cost(&self, id: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        self.table.cost(id).await
    }
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError> {
        self.table.executions(filter, window).await
    }
    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError> {
        self.table.count(filter).await
    }
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError> {
        self.table.another(owner, workflow, statuses).await
    }
    async fn enter(&self, owner: &str, workflow: &WorkflowId) -> Result<String, StoreError> {
        self.table.enter(owner, workflow).await
    }
    async fn leave(&self, owner: &str, workflow: &WorkflowId, ticket: &str) -> Result<(), StoreError> {
        self.table.leave(owner, workflow, ticket).await
    }
    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        self.table.held(owner, workflow).await
    }
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        self.table.delete(id).await
    }
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        self.table.interactions(filter, window).await
    }
    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        self.table.asks(interaction).await
    }
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        self.table.logs(id, window).await
    }
    async fn due(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.table.due(now, limit).await
    }
    async fn looked_after(&self, state: &Execution, due: Option<Time>) -> Result<(), StoreError> {
        self.courier().tidy(state).await?;
        self.table.looked_after(state, due).await
    }
    async fn put_off(&self, id: &ExecutionId, until: Time) -> Result<(), StoreError> {
        self.table.put_off(id, until).await
    }
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.table.timed_out(now, limit).await
    }
    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.table.expired(now, limit).await
    }
    async fn workflow(&self, hash: &str) -> Result<Option<Arc<Workflow>>, StoreError> {
        self.table.workflow(hash).await
    }
    async fn keep_workflow(&self, workflow: &Arc<Workflow>) -> Result<(), StoreError> {
        self.table.keep_workflow(workflow).await
    }
}

#[async_trait]
impl Catalogue for Aws {
    async fn save(
        &self,
        owner: &str,
        workflow: &Arc<Workflow>,
        expected: Option<u64>,
        now: Time,
    ) -> Result<(u64, bool), StoreError> {
        self.table.save(owner, workflow, expected, now).await
    }
    async fn saved(&self, owner: &str, id: &str, version: Option<u64>) -> Result<Option<SavedWorkflow>, StoreError> {
        self.table.saved(owner, id, version).await
    }
    async fn list(&self, owner: &str, window: &Window) -> Result<Page<SavedWorkflow>, StoreError> {
        self.table.list(owner, window).await
    }
    async fn delete_workflow(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        self.table.delete_workflow(owner, id).await
    }
    async fn secret(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        self.services.credentials.get(owner, name).await
    }
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.services.credentials.put(owner, name, &secret).await
    }
    async fn token(&self, sha256: &str) -> Result<Option<Token>, StoreError> {
        self.table.token(sha256).await
    }
    async fn add_token(&self, token: Token) -> Result<(), StoreError> {
        self.table.add_token(token).await
    }
    async fn has_tokens(&self) -> Result<bool, StoreError> {
        self.table.has_tokens().await
    }
    async fn listeners(&self, owner: &str) -> Result<Vec<Listener>, StoreError> {
        self.table.listeners(owner).await
    }
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError> {
        self.table.due_schedules(now, limit).await
    }
    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        self.table.advance_schedule(schedule, next_at, error).await
    }
}
