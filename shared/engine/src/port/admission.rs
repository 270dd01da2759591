//! What a start asks of the other executions of its workflow, where the workflow's settings make it look at them.

use super::StoreError;
use async_trait::async_trait;
use document::id::WorkflowId;
use stepwell_core::{event::InLine, execution::Status, id::ExecutionId};

/// The executions of one workflow that are alive and have no parent, as of now.
#[async_trait]
pub trait Admission: Send + Sync {
    /// Whether an execution of the workflow is in one of these statuses (`overlap`).
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError>;
    /// The oldest execution of a workflow that `max_concurrency` holds back, and how many of the workflow are under
    /// way. Whoever another one of its line keeps back as well is not among those held back.
    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError>;
    /// How many executions of the workflow keep back whoever comes to this place in a line
    /// ([`keeps_back`](stepwell_core::admission::keeps_back)). Who is seen to be ahead of a place was there before anybody
    /// could come to it, so that no turn is needed for this look.
    async fn ahead(&self, owner: &str, workflow: &WorkflowId, place: &InLine) -> Result<u64, StoreError>;
    /// Of each workflow the oldest execution that is held back. Empty on hosts that look after them one
    /// by one ([`Agenda::due`](super::Agenda::due)).
    async fn first_in_line(&self) -> Result<Vec<ExecutionId>, StoreError> {
        Ok(Vec::new())
    }
    /// Waits until no other process starts an execution of the workflow. Returns a ticket for [`Admission::leave`]; a
    /// process that does not come back loses its turn after a while. A host of one process has nobody to wait for.
    async fn enter(&self, _: &str, _: &WorkflowId) -> Result<String, StoreError> {
        Ok(String::new())
    }
    /// Gives the turn back that [`Admission::enter`] gave.
    async fn leave(&self, _: &str, _: &WorkflowId, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}
