//! The whole journal of an execution, for whoever plans or replays by it.

use crate::{
    limits,
    port::{Host, StoreError},
};
use stepwell_core::{event::Turn, id::ExecutionId};

/// All turns of an execution, in which offloaded values may be missing; none where it does not exist.
///
/// # Errors
/// What the store says.
pub(crate) async fn journal(host: &dyn Host, id: &ExecutionId) -> Result<Vec<Turn>, StoreError> {
    let mut turns: Vec<Turn> = Vec::new();
    loop {
        let more = host.journal().turns_lean(id, turns.len() as u64, limits::TURNS_PER_READ).await?;
        let is_all = more.len() < limits::TURNS_PER_READ;
        turns.extend(more);
        if is_all {
            return Ok(turns);
        }
    }
}
