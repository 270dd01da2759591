//! What the host needs beside its table. The real ones call AWS; tests record.

use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::port::StoreError;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{effect::Message, execution::Execution, id::ExecutionId, payload::Payload};

/// Values that are too large for an item.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps a value under a key; the same twice is once.
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError>;
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Removes every value whose key begins so.
    async fn remove(&self, prefix: &str) -> Result<(), StoreError>;
}

/// The step queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages, each not before its time, which is at most 15 minutes away. All or an error: then some may have
    /// been sent, and sending all again does no harm.
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError>;
    /// Messages that are handled and were not acknowledged, by receipt handle: to be handed out again after so many
    /// seconds, at most 12 hours. One that is gone is no error.
    async fn postpone(&self, receipts: &[(String, u32)]) -> Result<(), StoreError>;
    /// Keeps dead letters, as they were received, where they can be moved back to the step queue.
    async fn keep(&self, bodies: &[String]) -> Result<(), StoreError>;
}

/// Alarm clocks, and the callers that wait.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Starts a clock of that name; one of that name that runs or ran already is success.
    async fn start(&self, name: &str, input: &Value) -> Result<(), StoreError>;
    /// Stops a clock; one that is over or never was is success.
    async fn stop(&self, name: &str) -> Result<(), StoreError>;
    /// Completes a task with a value, or fails it with code and message; a token that is gone is success.
    async fn complete(&self, token: &str, outcome: Result<Value, (String, String)>) -> Result<(), StoreError>;
}

/// What the delivery of effects needs of the table. Task tokens are kept beside the state and never in it: whoever has
/// one can complete the task. That of a pause is named by its interaction; those of callers have no name.
#[async_trait]
pub trait Records: Send + Sync {
    /// The state of an execution, at least as new as the turn whose effects are delivered. Values may be missing.
    async fn state(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// The state as of now.
    async fn state_now(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// Brings values that are missing.
    async fn fetch(&self, id: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError>;
    /// Keeps a pause's token, in place of the one before it: a task that is tried again has a new one.
    async fn put_token(&self, id: &ExecutionId, name: &str, token: &str) -> Result<(), StoreError>;
    /// A pause's token.
    async fn get_token(&self, id: &ExecutionId, name: &str) -> Result<Option<String>, StoreError>;
    /// Removes a pause's token; one that is gone is success.
    async fn remove_token(&self, id: &ExecutionId, name: &str) -> Result<(), StoreError>;
    /// The names of all tokens of an execution's pauses.
    async fn pauses(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError>;
    /// The tokens of all who wait for the execution's end and were not told of it yet.
    async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError>;
    /// Removes a caller's token; one that is gone is success.
    async fn remove_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError>;
    /// Executions that `max_concurrency` holds back and that may go on now, oldest first, so that at most `limit` are
    /// under way. Naming one again does no harm.
    async fn admissible(&self, owner: &str, workflow: &WorkflowId, limit: u64) -> Result<Vec<ExecutionId>, StoreError>;
}
