//! Children that were to be undone, and that their parents left as they are.

use crate::port::{Host, StoreError};
use stepwell_core::{command::Command, execution::Execution, wanted};

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
