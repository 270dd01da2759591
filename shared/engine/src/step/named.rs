//! What a child is asked in the name of whoever asked the execution above it.

use stepwell_core::{
    command::{Asked, Command, Control},
    execution::Instruction,
};

/// A control; for the reason `otherwise` where nobody asked an execution above for it, or gave none.
pub(super) fn control(name: Option<Instruction>, control: Control, otherwise: &str) -> Asked {
    command(name, otherwise, |reason| Command::Control { control, reason })
}

/// The same of any command that has a reason.
pub(super) fn command(
    name: Option<Instruction>,
    otherwise: &str,
    command: impl FnOnce(Option<String>) -> Command,
) -> Asked {
    let (by, said) = name.map_or_else(Default::default, |name| (name.by, name.said));
    let reason = said.reason.unwrap_or_else(|| otherwise.into());
    Asked { above: said.above, ..Asked::by(command(Some(reason)), by) }
}
