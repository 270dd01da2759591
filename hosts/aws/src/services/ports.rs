//! The ports of this host: traits for what it needs beside its table. The implementations call AWS; those of tests
//! record what they are asked.

use async_trait::async_trait;
use document::time::Time;
use engine::port::StoreError;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{effect::Message, execution::Execution, id::ExecutionId, payload::Payload};

/// Keeps values that are too large for an item of the table.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps a value under a key, in the place of the value that the key had.
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError>;
    /// The value of a key; `None` where the key has none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Removes the values of all keys that begin with `prefix`.
    async fn remove(&self, prefix: &str) -> Result<(), StoreError>;
    /// Removes the value of one key. One that is gone is success.
    async fn remove_one(&self, key: &str) -> Result<(), StoreError>;
}

/// The step queue.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages, each with the time before which it is not handed out, at most 15 minutes from now. An error may
    /// mean that some were sent; sending all of them again does no harm.
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError>;
    /// Has messages that were handled but not acknowledged handed out again after a delay. Each is named by its receipt
    /// handle, with the delay in seconds, at most 12 hours. A message that is gone is no error.
    async fn postpone(&self, receipts: &[(String, u32)]) -> Result<(), StoreError>;
    /// Keeps dead letters, by the bodies that were received, where they can be moved back to the step queue.
    async fn keep(&self, bodies: &[String]) -> Result<(), StoreError>;
}

/// Starts and stops clocks, and completes the tasks of Step Functions that wait for a pause or for an execution's end.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Starts the clock of that name with a JSON input. A clock of the name that runs or has run is success.
    async fn start(&self, name: &str, input: &Value) -> Result<(), StoreError>;
    /// Stops the clock of that name. A clock that is over or never was is success.
    async fn stop(&self, name: &str) -> Result<(), StoreError>;
    /// Completes the task of a token with a value, or fails it with a code and a message. A token whose task is over is
    /// success.
    async fn complete(&self, token: &str, outcome: Result<Value, (String, String)>) -> Result<(), StoreError>;
}

/// What the delivery of effects needs of the table. Task tokens are kept beside the state and never in it, because they
/// are credentials: whoever has one can complete its task. A pause's token bears the name of its interaction; tokens of
/// callers have no name.
#[async_trait]
pub trait Records: Send + Sync {
    /// The state of an execution, at least as new as the turn whose effects are delivered. Values may be missing.
    async fn state(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// The newest state of an execution, strongly consistent. Values may be missing.
    async fn state_now(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// Brings those of the wanted values that are missing.
    async fn fetch(&self, id: &ExecutionId, wanted: &[&Payload]) -> Result<(), StoreError>;
    /// Keeps a pause's token in the place of the one before, since a task that Step Functions tries again has a new
    /// one.
    async fn put_token(&self, id: &ExecutionId, name: &str, token: &str) -> Result<(), StoreError>;
    /// The token of a pause; `None` before the pause has begun, and once its task was completed.
    async fn get_token(&self, id: &ExecutionId, name: &str) -> Result<Option<String>, StoreError>;
    /// Removes the token of a pause. A token that is gone is success.
    async fn remove_token(&self, id: &ExecutionId, name: &str) -> Result<(), StoreError>;
    /// The names of all tokens that are kept for an execution's pauses.
    async fn pauses(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError>;
    /// The tokens of all callers that wait for the execution's end and were not told of it yet.
    async fn callers(&self, id: &ExecutionId) -> Result<Vec<String>, StoreError>;
    /// Removes the token of a caller. A token that is gone is success.
    async fn remove_caller(&self, id: &ExecutionId, token: &str) -> Result<(), StoreError>;
    /// Executions of the same workflow as this one that are held back and that may go on now, oldest
    /// first: this one has ended, or is held back itself. Naming an execution again does no harm.
    async fn admissible(&self, state: &Execution) -> Result<Vec<ExecutionId>, StoreError>;
}
