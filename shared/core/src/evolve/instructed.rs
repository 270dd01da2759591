//! What an execution was asked for last, and in whose name: its children are told of it.

use crate::{
    effect::ChildControl,
    event::{Event, Said},
    execution::{Execution, Instruction},
};
use std::sync::Arc;

/// Keeps at the end of a turn what it instructed the execution to do. One without children has nobody to tell.
pub(super) fn note_instruction(state: &mut Execution, by: Option<&str>, events: &[Event]) {
    if state.children.is_empty() {
        return;
    }
    if let Some((control, said)) = events.iter().rev().find_map(instructs) {
        state.instructed = Some(Arc::new(Instruction { control, by: by.map(str::to_owned), said }));
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
