//! What the host needs beside its table. The real ones call AWS; tests record.

use async_trait::async_trait;
use serde_json::Value;
use shared::{
    effect::Message,
    port::{Secret, StoreError},
    task::{Report, Task},
    time::Time,
};

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
    /// Sends messages, each not before its time, which is at most 15 minutes away.
    async fn send(&self, messages: &[(Message, Option<Time>)]) -> Result<(), StoreError>;
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

/// Credentials.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// A credential of an owner.
    async fn get(&self, owner: &str, name: &str) -> Result<Option<Secret>, StoreError>;
    /// Stores a credential.
    async fn put(&self, owner: &str, name: &str, secret: &Secret) -> Result<(), StoreError>;
}

/// Runs nodes that do I/O: only the step function does.
#[async_trait]
pub trait Runner: Send + Sync {
    /// One attempt.
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report;
}
