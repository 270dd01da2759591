//! What the routes of several functions read of an execution and its journal to show it.

use crate::{Answered, App, limits, types};
use engine::{drive::with_values, port::StoreError};
use stepwell_core::{event::Turn, execution::Execution};

/// An execution as `GET /v1/executions/{id}` shows it. Only the values that this shows are fetched.
///
/// # Errors
/// What the store says.
pub async fn execution(app: &App, execution: &Execution) -> Answered<types::Execution> {
    let workflow = app.workflow(execution).await?;
    let mut shown = with_values(&*app.host, execution, || types::Execution::of(execution, &workflow)).await?;
    shown.cost.usage = app.host.journal().cost(execution.id()).await?;
    Ok(shown)
}

/// Turns 1 to `last` of an execution's journal; fewer where it has no more.
///
/// # Errors
/// What the store says.
pub async fn turns_to(app: &App, execution: &Execution, last: u64) -> Result<Vec<Turn>, StoreError> {
    let mut turns: Vec<Turn> = Vec::new();
    while (turns.len() as u64) < last {
        let after = turns.len() as u64;
        let wanted = limits::TURNS_PER_READ.min((last - after) as usize);
        let more = app.host.journal().turns(execution.id(), after, wanted).await?;
        if more.is_empty() {
            break;
        }
        turns.extend(more);
    }
    Ok(turns)
}
