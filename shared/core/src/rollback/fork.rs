//! Fork: a new execution begins at a checkpoint of another, whose recorded outcomes it shares. What the other did is
//! never compensated by it.

use super::{Fork, Point, Unreachable};
use crate::{event::Turn, evolve::evolved, execution::Execution, reading::Reading};
use document::Workflow;

/// A fork at a checkpoint of an execution. `turns` are its turns from the first on, at least up to the checkpoint.
///
/// # Errors
/// Why nothing can begin there. What a rollback left behind can.
pub fn fork(workflow: &Workflow, turns: &[Turn], to: u64, reading: &Reading) -> Result<Fork, Unreachable> {
    let newest = turns.last().map_or(0, |turn| turn.seq);
    if to == 0 {
        return Err(Unreachable::Missing(to));
    }
    let mut state: Option<Execution> = None;
    for turn in turns.iter().take_while(|turn| turn.seq <= to) {
        let next = evolved(workflow, state.take(), turn, reading);
        state = Some(next.map_err(|error| Unreachable::Broken(error.to_string()))?);
    }
    let then = state.filter(|state| state.seq == to).ok_or(Unreachable::Ahead { to, newest })?;
    if then.end.is_some() {
        return Err(Unreachable::Ended(to));
    }
    if then.rolling.is_some() {
        return Err(Unreachable::LeftBehind(to));
    }
    let point = Point::of(&then, turns.last().and_then(crate::view::finished_node).cloned());
    Ok(Fork { execution_id: then.id().clone(), point, signals: then.signals })
}
