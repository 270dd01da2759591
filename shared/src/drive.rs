//! The four things that every host does around the rules: load, decide, commit, deliver.

use crate::{
    command::Asked,
    error::Rejection,
    execution::Execution,
    id::ExecutionId,
    port::{Host, NodeLog, Receipt, StoreError},
};
use std::sync::Arc;

/// What came of submitted commands.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The state after them.
    pub state: Arc<Execution>,
    /// One reply per command, in order.
    pub replies: Vec<Result<(), Rejection>>,
    /// Whether `acks` were acknowledged by the commit.
    pub committed: bool,
}

/// Decides commands on an execution, in order, and commits what they record in one write. On a conflict all are
/// decided again on the new state. `Ok(None)`: the execution does not exist.
pub async fn submit(
    host: &dyn Host,
    id: &ExecutionId,
    asked: Vec<Asked>,
    logs: Vec<NodeLog>,
    acks: Vec<Receipt>,
) -> Result<Option<Submitted>, StoreError> {
    let _ = (host, id, asked, logs, acks);
    Err(StoreError::Permanent("being written".into()))
}
