//! What a child is asked in the name of whoever asked the execution above it.

use stepwell_core::{
    command::{Asked, Command},
    effect::ChildControl,
    execution::{Execution, Instruction},
    wanted::name_for,
};

/// What makes a child do as its parent does; none of the parent's state stands for a parent that is gone.
pub(super) fn as_its_parent(parent: Option<&Execution>, child: &Execution, control: ChildControl) -> Asked {
    let (name, otherwise) = name_for(parent, child, control);
    command(name, otherwise, |reason| match (child.is_being_undone(), control) {
        (true, ChildControl::Cancel) => Command::LeaveUndone { reason },
        (true, ChildControl::Pause) => Command::StandStill { still: true, reason },
        (true, ChildControl::Resume | ChildControl::Retry) => Command::StandStill { still: false, reason },
        (false, control) => Command::Control { control: control.into(), reason },
    })
}

/// A command that has a reason; for the reason `otherwise` where nobody asked an execution above for it, or gave none.
pub(super) fn command(
    name: Option<Instruction>,
    otherwise: &str,
    command: impl FnOnce(Option<String>) -> Command,
) -> Asked {
    let (by, said) = name.map_or_else(Default::default, |name| (name.by, name.said));
    let reason = said.reason.unwrap_or_else(|| otherwise.into());
    Asked { above: said.above, ..Asked::by(command(Some(reason)), by) }
}
