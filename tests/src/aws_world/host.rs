//! A process of the AWS host: the store, and effects delivered to the stand-ins.

use super::ports::Services;
use crate::sim::script;
use ::aws::{ports::Queue, store::Table};
use async_trait::async_trait;
use serde_json::{Map, Value};
use shared::{
    effect::{Effect, Message, Work},
    event::Turn,
    execution::{Execution, Status},
    id::{ExecutionId, InteractionId, WorkflowId},
    payload::Payload,
    port::{
        Catalogue, Commit, ExecutionFilter, Head, Host, InteractionFilter, NodeLog, Page, SavedWorkflow, Secret, Store,
        StoreError, Token, Window,
    },
    schedule::Scheduled,
    task::{Report, Task},
    time::Time,
    workflow::Workflow,
};
use std::sync::Arc;

/// A process. What it knows goes with it.
pub struct AwsHost {
    /// The store.
    pub table: Table,
    services: Arc<Services>,
}

fn transient(told: &str) -> StoreError {
    StoreError::Transient(told.into())
}

impl AwsHost {
    pub(super) fn new(table: Table, services: Arc<Services>) -> Self {
        Self { table, services }
    }

    /// A call of Step Functions.
    async fn alarm(&self, kind: &str, effect: impl FnOnce()) -> Result<(), StoreError> {
        let effect = async {
            effect();
            Ok(())
        };
        self.services.wire().pass(kind, transient, effect).await
    }

    async fn send(&self, message: Message, at: Option<Time>) -> Result<(), StoreError> {
        self.services.send(&[(message, at)]).await
    }

    async fn carry_out(&self, id: &ExecutionId, effect: &Effect) -> Result<(), StoreError> {
        match effect {
            Effect::Send { message, at } => self.send(message.clone(), *at).await,
            Effect::SetTimer { activation, purpose, at } => {
                let work = Work::Timer { activation: activation.clone(), purpose: *purpose };
                self.send(Message { execution: id.clone(), work }, Some(*at)).await
            }
            // It fires, and is stale.
            Effect::DropTimer { .. } => Ok(()),
            Effect::OpenInteraction(interaction) => {
                self.alarm("StartExecution", || {
                    self.services.kept().delivered.opened.insert(interaction.clone());
                })
                .await?;
                // The wait machine hands a token to the callback function, which may come late.
                self.table.put_token(id, interaction, &format!("token of {interaction}")).await
            }
            Effect::CloseInteraction(interaction) => {
                let Some(token) = self.table.pause_token(id, interaction).await? else { return Ok(()) };
                self.alarm("SendTaskSuccess", || {
                    self.services.kept().delivered.completed.insert(token);
                })
                .await?;
                self.table.drop_token(id, interaction).await
            }
            Effect::AnswerCaller => {
                self.alarm("SendTaskSuccess", || {
                    self.services.kept().delivered.answered.insert(id.clone());
                })
                .await
            }
            Effect::Admit { workflow, limit } => {
                let Some(state) = self.table.load_lean(id).await? else { return Ok(()) };
                for execution in self.table.admissible(&state.started.owner, workflow, *limit).await? {
                    self.send(Message { execution, work: Work::Admit }, None).await?;
                }
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Store for AwsHost {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.table.load(id).await
    }
    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.table.load_lean(id).await
    }
    async fn fetch(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        self.table.fetch(id, payloads).await
    }
    fn inline_bytes(&self) -> usize {
        ::aws::limits::INLINE_BYTES
    }
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.services.kept().executions.insert(commit.state.id().clone());
        self.table.commit(commit).await
    }
    async fn deliver(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.table.delivering(id, effects).await?;
        for effect in effects {
            self.carry_out(id, effect).await?;
        }
        self.table.delivered(id, effects).await
    }
    fn delivers_in_commit(&self) -> bool {
        false
    }
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.table.turns(id, after, limit).await
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
        for (interaction, token) in self.table.pause_tokens(state.id()).await? {
            if state.interaction(interaction.as_str()).is_none_or(|one| !one.is_open()) {
                self.alarm("SendTaskSuccess", || {
                    self.services.kept().delivered.completed.insert(token);
                })
                .await?;
                self.table.drop_token(state.id(), &interaction).await?;
            }
        }
        self.table.looked_after(state, due).await
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
impl Catalogue for AwsHost {
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
        Ok(self.services.kept().secrets.get(&(owner.to_owned(), name.to_owned())).cloned())
    }
    async fn set_secret(&self, owner: &str, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.services.kept().secrets.insert((owner.to_owned(), name.to_owned()), secret);
        Ok(())
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

#[async_trait]
impl Host for AwsHost {
    fn now(&self) -> Time {
        self.services.now()
    }
    fn new_id(&self) -> ExecutionId {
        uuid::Uuid::now_v7().to_string().into()
    }
    async fn run(&self, task: &Task) -> Report {
        let (asked, key) = self.services.kept().outside.asked(task);
        script::answer(task, asked, key)
    }
    async fn exclusive(&self, _: &ExecutionId) -> Box<dyn Send> {
        Box::new(())
    }
}
