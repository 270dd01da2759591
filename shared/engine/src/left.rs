//! Children that were to be undone, and that their parents left as they are.

use crate::port::{Host, StoreError};
use std::sync::Arc;
use stepwell_core::{command::Command, execution::Execution, id::ExecutionId, wanted};

/// What is asked of an execution in the place of this command: a child that was left as it is, and that a crash kept from
/// hearing so, ends.
///
/// # Errors
/// Where the store fails.
pub async fn instead(host: &dyn Host, child: &Execution, command: Command) -> Result<Command, StoreError> {
    let Some(parent) = child.started.parent.as_ref().filter(|_| child.is_being_undone()) else { return Ok(command) };
    let above = host.journal().load_lean(&parent.execution_id).await?;
    Ok(wanted::instead(above.as_deref(), child, command))
}

/// The execution below one that ended while it went back which is still being undone, since it has not heard of that; none
/// where there is none.
///
/// # Errors
/// Where the store fails.
pub async fn undoing_below(host: &dyn Host, ended: &Arc<Execution>) -> Result<Option<ExecutionId>, StoreError> {
    let mut above = ended.clone();
    loop {
        let undone = above.rolling.as_ref().and_then(|rolling| rolling.current()?.child_of(above.id()));
        let Some(id) = undone else { return Ok(None) };
        let Some(child) = host.journal().load_lean(&id).await? else { return Ok(None) };
        if child.is_being_undone() {
            return Ok(Some(id));
        }
        above = child;
    }
}
