//! Fork: a new execution begins at a checkpoint of another, whose recorded outcomes it shares. What the other did is
//! never compensated by it.

use super::{Fork, Point, Unreachable};
use crate::{documents::Documents, event::Turn, evolve::evolved, execution::Execution, reading::Reading};

/// A fork at a checkpoint of an execution, and the hash of the document in force then, by which it runs. `turns` are its
/// turns from the first on, at least up to the checkpoint.
///
/// # Errors
/// Why nothing can begin there. What a rollback left behind can.
pub fn fork(
    documents: Documents<'_>,
    turns: &[Turn],
    to: u64,
    reading: &Reading,
) -> Result<(Fork, String), Unreachable> {
    let then = state_at(documents, turns, to, reading)?;
    Ok((fork_of(&then, turns), then.workflow_hash().to_owned()))
}

/// The state at a checkpoint at which a fork can begin.
///
/// # Errors
/// Why nothing can begin there.
pub fn state_at(
    documents: Documents<'_>,
    turns: &[Turn],
    to: u64,
    reading: &Reading,
) -> Result<Execution, Unreachable> {
    let newest = turns.last().map_or(0, |turn| turn.seq);
    if to == 0 {
        return Err(Unreachable::Missing(to));
    }
    let mut state: Option<Execution> = None;
    for turn in turns.iter().take_while(|turn| turn.seq <= to) {
        let next = evolved(documents, state.take(), turn, reading);
        state = Some(next.map_err(|error| Unreachable::Broken(error.to_string()))?);
    }
    let then = state.filter(|state| state.seq == to).ok_or(Unreachable::Ahead { to, newest })?;
    if then.end.is_some() {
        return Err(Unreachable::Ended(to));
    }
    if then.rolling.is_some() {
        return Err(Unreachable::LeftBehind(to));
    }
    Ok(then)
}

/// The fork that begins as a state is. It has the document of the state as the one of its start.
pub fn fork_of(then: &Execution, turns: &[Turn]) -> Fork {
    let turn = turns.iter().find(|turn| turn.seq == then.seq);
    let point = Point { patched: None, ..Point::of(then, turn.and_then(crate::view::finished_node).cloned()) };
    Fork { execution_id: then.id().clone(), point, signals: then.signals.clone() }
}
