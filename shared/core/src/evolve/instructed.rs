//! What an execution was asked for last, and in whose name: its children are told of it.

use crate::{
    effect::ChildControl,
    event::{Event, Said},
    execution::{Execution, Instruction},
};
use std::sync::Arc;

/// Keeps at the end of a turn what it instructed the execution to do. One without children has nobody to tell.
pub(super) fn note_instruction(state: &mut Execution, by: Option<&str>, events: &[Event]) {
    note_rollback(state, by, events);
    if state.children.is_empty() && state.rolling.is_none() {
        return;
    }
    if let Some((control, said)) = events.iter().rev().find_map(instructs) {
        state.instructed = Some(Arc::new(Instruction { control, by: by.map(str::to_owned), said }));
    }
}

/// Keeps who had the execution go back, and who took the way out that is passed on to a child.
fn note_rollback(state: &mut Execution, by: Option<&str>, events: &[Event]) {
    let begins = |event: &Event| matches!(event, Event::RollbackBegun { .. });
    let passes = |event: &Event| matches!(event, Event::ExecutionUnstuck { below: Some(_), .. });
    let (Some(by), Some(rolling)) = (by, &mut state.rolling) else { return };
    if events.iter().any(begins) {
        Arc::make_mut(rolling).by = Some(by.to_owned());
    }
    if events.iter().any(passes)
        && let Some(passed) = &mut Arc::make_mut(rolling).passed
    {
        passed.by = Some(by.to_owned());
    }
}

fn instructs(event: &Event) -> Option<(ChildControl, Said)> {
    Some(match event {
        Event::ExecutionPaused(said) => (ChildControl::Pause, said.clone()),
        Event::ExecutionResumed(said) => (ChildControl::Resume, said.clone()),
        Event::ExecutionCancelled(said) => (ChildControl::Cancel, said.clone()),
        Event::ExecutionRetried { reason, above, .. } => {
            (ChildControl::Retry, Said { reason: reason.clone(), above: above.clone() })
        }
        _ => return None,
    })
}
