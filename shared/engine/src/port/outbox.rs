//! The outbox: effects of committed turns, on their way to queue, timers and people.

use super::StoreError;
use async_trait::async_trait;
use document::id::WorkflowId;
use stepwell_core::{effect::Effect, execution::Execution, id::ExecutionId};

/// When a host delivers the effects of a turn. What follows from it for the handlers is in [`delivery`](crate::delivery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivers {
    /// [`Journal::commit`](super::Journal::commit) delivers the effects and acknowledges the receipts in its one write.
    /// Nothing is lost in between, and this process is the only writer.
    InCommit,
    /// Effects are delivered after the commit. A process may die in between, and other processes write too.
    AfterCommit,
}

/// Delivery of effects.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// When the host delivers.
    fn delivers(&self) -> Delivers;
    /// Delivers effects of committed turns; again where they were delivered before.
    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError>;
    /// Delivers the effects of turns that this process committed just now. Where the host delivers later what could not
    /// be delivered now, that is no error: what the caller asked for is durable, and asking again could do it twice.
    async fn deliver_committed(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        self.deliver(execution, effects).await
    }
    /// Lets the executions of a workflow go on that `max_concurrency` holds back, as far as the limit of its latest
    /// version allows, oldest first. For whoever changes that limit.
    async fn let_in(&self, owner: &str, workflow: &WorkflowId) -> Result<(), StoreError>;
    /// Takes back what people were told for this execution, and what it no longer owes, as where a process died before
    /// it could say that a question is over.
    async fn tidy(&self, _: &Execution) -> Result<(), StoreError> {
        Ok(())
    }
    /// Keeps the token by which a caller who waits for an execution's end is told, such as a task token of Step
    /// Functions, beside those kept before: all are told. It is kept before the start, so that no end comes earlier; an
    /// execution may never follow. It is a credential, which stays out of the state, of logs and of errors.
    async fn keep_caller(&self, _: &ExecutionId, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Permanent(
            "this host cannot tell a caller of an execution's end: start it without a token".into(),
        ))
    }
}
