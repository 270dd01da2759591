//! The index: lists over many executions and questions.

use super::StoreError;
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stepwell_core::{
    execution::Status,
    id::{ExecutionId, InteractionId},
    interaction::InteractionStatus,
};

/// A row of the list of executions.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The execution's id.
    pub id: ExecutionId,
    /// The execution's status.
    pub status: Status,
}

/// Which executions a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutionFilter {
    /// The tenant whose executions are listed.
    pub owner: String,
    /// Only executions of this workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Only executions in one of these statuses; empty for all.
    pub statuses: Vec<Status>,
    /// Only executions started at this time or later.
    pub since: Option<Time>,
    /// Only executions started before this time.
    pub until: Option<Time>,
    /// Metadata that must be equal.
    pub metadata: Map<String, Value>,
    /// Children of this execution; where none is named, executions without a parent.
    pub parent: Option<ExecutionId>,
}

/// Which interactions a list shows; all conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InteractionFilter {
    /// The tenant whose interactions are listed.
    pub owner: String,
    /// Only interactions of this status; none for all.
    pub status: Option<InteractionStatus>,
    /// Only interactions that one of these may answer: people by their subjects, groups as `group:NAME`. Empty for all.
    pub assignees: Vec<String>,
    /// Only interactions of this execution.
    pub execution_id: Option<ExecutionId>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next part begins; none at the end of the list.
    pub next_cursor: Option<String>,
}

/// Where a list goes on, and how much of it is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// How many items at most, 1 to 200.
    pub limit: usize,
    /// The `next_cursor` of the page before; none for the first page.
    pub cursor: Option<String>,
}

/// Lists of executions and of questions to people. A list may lag behind the journal for a moment.
#[async_trait]
pub trait Index: Send + Sync {
    /// A part of the list of executions, newest first.
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError>;
    /// How many executions match.
    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError>;
    /// A part of the list of interactions, soonest deadline first.
    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError>;
    /// The execution that an interaction belongs to.
    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError>;
}
