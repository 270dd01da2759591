//! The journal: the state of one execution, its turns, and the one conditional write that adds to them.

use super::{Page, Receipt, StoreError, Window};
use async_trait::async_trait;
use document::time::Time;
use serde_json::{Map, Value};
use std::sync::Arc;
use stepwell_core::{
    effect::Effect,
    event::Turn,
    execution::Execution,
    id::{Activation, ExecutionId},
    payload::{BlobRef, Payload},
    task::NodeLog,
};

/// One conditional write: consecutive turns of one execution, what they ask for, and the messages that they answer.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The state that the first turn was decided on; none for the first turn of an execution.
    pub before: Option<Arc<Execution>>,
    /// The turns. The first one's number must be one above the last committed one, or the write is a `Conflict`.
    pub turns: Vec<Turn>,
    /// The state after the last turn.
    pub state: Arc<Execution>,
    /// What the turns ask for, in order.
    pub effects: Vec<Effect>,
    /// Lines that nodes wrote.
    pub logs: Arc<[NodeLog]>,
    /// Values to offload, each with its JSON.
    pub blobs: Vec<(BlobRef, Vec<u8>)>,
    /// Receipts of the messages that caused the turns. Some hosts acknowledge them in the same write.
    pub acks: Vec<Receipt>,
    /// When somebody must look after the execution, in case that a message of it was lost; none where nobody has to,
    /// and on hosts that deliver in the commit.
    pub due: Option<Time>,
}

/// One execution at a time.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The state of an execution, strongly consistent, every payload in it fetched; none where it does not exist.
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError>;
    /// The state of an execution, in which offloaded values may be missing until [`Journal::fetch`] brings them.
    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        self.load(id).await
    }
    /// Brings missing values of a lean state.
    async fn fetch(&self, _: &ExecutionId, _: &[&Payload]) -> Result<(), StoreError> {
        Ok(())
    }
    /// Whether states that were used lately are in memory and are the newest ones, so that to load one costs next to
    /// nothing.
    fn keeps_states(&self) -> bool {
        false
    }
    /// Bytes of a value that is kept inline. A larger one comes as a blob of the commit.
    fn inline_bytes(&self) -> usize {
        crate::limits::INLINE_BYTES
    }
    /// Where a host is the only writer, keeps others off an execution while its commands are decided; else does
    /// nothing. The execution is free again once the returned value is dropped.
    async fn exclusive(&self, _: &ExecutionId) -> Box<dyn Send> {
        Box::new(())
    }
    /// Writes a commit whole or not at all; it is durable when this returns. A host may also deliver and acknowledge.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;
    /// At most `limit` turns after a sequence number, oldest first, every payload in them fetched.
    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError>;
    /// The same turns, in which offloaded values may be missing: a caller that shows turns shows where the values lie.
    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        self.turns(id, after, limit).await
    }
    /// Resolves when an execution of this id has a turn after `seq`, or after a while: callers look again.
    async fn changed(&self, id: &ExecutionId, seq: u64);
    /// Resolves once nothing waits for the outcome of a running attempt any more ([`Execution::awaits`]), so that the
    /// attempt can be stopped. Never where the host learns of it only by reading again and again: the attempt then runs
    /// to its end or its timeout, and its outcome is refused.
    async fn unwanted(&self, _: &ExecutionId, _: &Activation, _: u32) {
        std::future::pending().await
    }
    /// Marks that this process runs an attempt of an activation, until the returned value is dropped: then its outcome is
    /// recorded, or will never be.
    fn take_in_hand(&self, _: &ExecutionId, _: &Activation) -> Box<dyn Send> {
        Box::new(())
    }
    /// Whether any process runs an attempt of an activation. None where the host cannot know.
    fn in_hand(&self, _: &ExecutionId, _: &Activation) -> Option<bool> {
        None
    }
    /// Lines that the nodes of an execution wrote, oldest first.
    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError>;
    /// What an execution has cost beyond its turns, on hosts that pay by use: counts by name, and `usd`.
    async fn cost(&self, _: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        Ok(Map::new())
    }
    /// Removes an ended execution with all its data, and its children.
    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError>;
}
