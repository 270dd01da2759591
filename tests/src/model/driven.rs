//! A host that is driven: the store of another one, with the queue, the clock and the outside world of a play around it.

use super::{outer::Outer, script::Death};
use crate::sim::script;
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::port::{
    Clock, Commit, Delivers, Host, Journal, Letter, Notifier, Outbox, Page, Secrets, Store, StoreError, Window,
};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    effect::Effect,
    event::Turn,
    execution::Execution,
    id::ExecutionId,
    interaction::{channel::ChannelKind, delivery::Told},
    payload::Payload,
    task::{NodeLog, Report, Task},
};

/// Bytes beyond which a value is offloaded where effects are delivered after the commit: so few that a number stays inline
/// and a list does not.
const OFFLOADED_BYTES: usize = 9;

/// The host of one process.
pub struct Driven<'a> {
    /// Whose store it is.
    pub of: &'a dyn Host,
    /// What is around the store.
    pub outer: &'a Outer,
    /// When it delivers.
    pub delivers: Delivers,
}

impl Driven<'_> {
    /// Lets the process die where this is the moment: the call never returns, and whoever plays drops the handler.
    async fn moment(&self, id: &ExecutionId, moment: Death) {
        let planned = self.outer.kept().death.as_ref().is_some_and(|(of, when)| of == id && *when == moment);
        if planned {
            self.outer.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// A store that delivers after its commits writes then what its lists show. What it sends goes to its own queue, which
    /// nobody empties.
    async fn tell_store(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        match self.of.outbox().delivers() {
            Delivers::InCommit => Ok(()),
            Delivers::AfterCommit => self.of.outbox().deliver(id, effects).await,
        }
    }
}

#[async_trait]
impl Journal for Driven<'_> {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.of.journal().load(id).await
    }

    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.of.journal().load_lean(id).await
    }

    async fn fetch(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        self.of.journal().fetch(id, payloads).await
    }

    /// What the engine does with a descendant whose ancestor was cancelled follows from this, so it may not be the store's:
    /// only this process writes, and that is what counts.
    fn keeps_states(&self) -> bool {
        self.delivers == Delivers::InCommit
    }

    fn inline_bytes(&self) -> usize {
        match self.delivers {
            Delivers::InCommit => self.of.journal().inline_bytes(),
            Delivers::AfterCommit => OFFLOADED_BYTES,
        }
    }

    async fn exclusive(&self, id: &ExecutionId) -> Box<dyn Send> {
        self.of.journal().exclusive(id).await
    }

    /// Writes to the store, and does itself what it says of delivery. The store gets no receipts: the messages are not
    /// those of its queue.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let id = commit.state.id().clone();
        let (effects, acks) = (commit.effects.clone(), commit.acks.clone());
        self.moment(&id, Death::BeforeCommit).await;
        self.of.journal().commit(Commit { acks: Vec::new(), ..commit }).await?;
        self.outer.kept().known.insert(id.clone());
        if self.delivers == Delivers::InCommit {
            self.outer.acknowledge(&acks);
            self.outer.apply(&id, &effects);
            self.tell_store(&id, &effects).await?;
        }
        self.moment(&id, Death::BeforeDelivery).await;
        Ok(())
    }

    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.of.journal().turns(id, after, limit).await
    }

    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.of.journal().turns_lean(id, after, limit).await
    }

    async fn changed(&self, id: &ExecutionId, seq: u64) {
        self.of.journal().changed(id, seq).await;
    }

    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        self.of.journal().logs(id, window).await
    }

    async fn cost(&self, id: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        self.of.journal().cost(id).await
    }

    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        self.of.journal().delete(id).await
    }
}

#[async_trait]
impl Outbox for Driven<'_> {
    fn delivers(&self) -> Delivers {
        self.delivers
    }

    async fn deliver(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        let (first, rest) = effects.split_at(effects.len().min(1));
        self.outer.apply(id, first);
        self.moment(id, Death::BetweenDeliveries).await;
        self.outer.apply(id, rest);
        self.tell_store(id, effects).await
    }

    async fn let_in(&self, _: &str, _: &WorkflowId) -> Result<(), StoreError> {
        Err(StoreError::Permanent("no workflow of a play holds executions back".into()))
    }
}

#[async_trait]
impl Clock for Driven<'_> {
    fn now(&self) -> Time {
        self.outer.kept().now
    }

    /// Never ends: a process that takes too long is one that dies.
    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }

    fn new_id(&self) -> ExecutionId {
        self.outer.new_id()
    }
}

#[async_trait]
impl Host for Driven<'_> {
    fn store(&self) -> &dyn Store {
        self.of.store()
    }

    fn journal(&self) -> &dyn Journal {
        self
    }

    fn secrets(&self) -> &dyn Secrets {
        self.of.secrets()
    }

    fn outbox(&self) -> &dyn Outbox {
        self
    }

    fn notifier(&self) -> Option<&dyn Notifier> {
        Some(self)
    }

    async fn run(&self, task: &Task) -> Report {
        let (asked, key) = self.outer.kept().outside.asked(task);
        script::answer(task, asked, key)
    }
}

#[async_trait]
impl Notifier for Driven<'_> {
    fn unconfigured(&self, _: ChannelKind) -> Option<String> {
        None
    }

    async fn send(&self, letter: &Letter) -> Told {
        self.outer.kept().outside.told(letter)
    }
}
