//! Stages: whatever a script can be played on.

use super::script::Death;
use async_trait::async_trait;
use engine::fork::ForkRequest;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{command::Command, execution::Execution, id::ExecutionId, rollback::Rollback};

/// What the API does with an execution on behalf of a caller.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Submits a command.
    Command(Box<Command>),
    /// Rolls back.
    Back(Box<Rollback>),
    /// Forks.
    Fork(ForkRequest),
    /// Patches, by these operations.
    Patch(Value),
}

/// A host with its queue, its clock and its people.
#[async_trait(?Send)]
pub trait Stage {
    /// The executions that were started or forked, oldest first.
    fn roots(&self) -> Vec<ExecutionId>;

    /// All executions there are.
    fn all(&self) -> Vec<ExecutionId>;

    /// The state of an execution with all values in it.
    async fn state(&self, id: &ExecutionId) -> Result<Arc<Execution>, String>;

    /// Asks until an answer comes. A refusal by the rules is an answer.
    async fn ask(&mut self, of: &ExecutionId, asked: Asked) -> Result<(), String>;

    /// Handles so many messages at most, and lets time pass where none is due. False once there is nothing to handle.
    async fn go(&mut self, most: usize) -> Result<bool, String>;

    /// Handles a message in a process that dies at that moment.
    async fn crash(&mut self, death: Death) -> Result<(), String>;
}
