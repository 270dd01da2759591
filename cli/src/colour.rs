//! Colours of text on a terminal, and which colour a status has.

use std::{io::IsTerminal, sync::LazyLock};
use stepwell_core::{
    execution::Status,
    task::LogLevel,
    view::{CallState, NodeStatus},
};

/// A colour, or a weight, of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// What went wrong.
    Red,
    /// What went well.
    Green,
    /// What needs a look.
    Yellow,
    /// What goes on.
    Blue,
    /// What stands still until something comes.
    Cyan,
    /// What is less important.
    Dim,
}

impl Colour {
    /// Colours a text by an SGR code (ECMA-48), where `on` says that whoever reads it takes colours.
    pub fn paint(self, text: &str, on: bool) -> String {
        let code = match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Blue => 34,
            Self::Cyan => 36,
            Self::Dim => 2,
        };
        if on && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The colour of an execution's status.
pub fn of_status(status: Status) -> Colour {
    match status {
        Status::Completed => Colour::Green,
        Status::Failed | Status::Stuck => Colour::Red,
        Status::WaitingHuman => Colour::Yellow,
        Status::Running | Status::RollingBack => Colour::Blue,
        Status::Waiting | Status::Paused | Status::Pending => Colour::Cyan,
        Status::Cancelled | Status::Skipped => Colour::Dim,
    }
}

/// The colour of what became of a tool call.
pub fn of_call(state: CallState) -> Colour {
    match state {
        CallState::Ended | CallState::Succeeded | CallState::Answered => Colour::Green,
        CallState::Failed | CallState::Refused | CallState::Rejected | CallState::Expired => Colour::Red,
        CallState::WaitingHuman => Colour::Yellow,
        CallState::Running => Colour::Blue,
        CallState::Pending | CallState::Cancelled => Colour::Dim,
    }
}

/// The colour of a node's status.
pub fn of_node(status: NodeStatus) -> Colour {
    match status {
        NodeStatus::Completed => Colour::Green,
        NodeStatus::Failed => Colour::Red,
        NodeStatus::WaitingHuman | NodeStatus::Retrying => Colour::Yellow,
        NodeStatus::Running => Colour::Blue,
        NodeStatus::Waiting => Colour::Cyan,
        NodeStatus::Pending | NodeStatus::Skipped | NodeStatus::Cancelled => Colour::Dim,
    }
}

/// The colour of the level of a line in a log; none for the usual level.
pub fn of_level(level: LogLevel) -> Option<Colour> {
    match level {
        LogLevel::Debug => Some(Colour::Dim),
        LogLevel::Info => None,
        LogLevel::Warn => Some(Colour::Yellow),
        LogLevel::Error => Some(Colour::Red),
    }
}

/// Whether the environment allows colours: `NO_COLOR` (<https://no-color.org>) is unset or empty, and the terminal is
/// not dumb.
fn allowed() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !forbidden && !dumb
}

static STDOUT: LazyLock<bool> = LazyLock::new(|| std::io::stdout().is_terminal() && allowed());
static STDERR: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal() && allowed());

/// Whether stdout takes colours, found out once for the process.
pub fn on_stdout() -> bool {
    *STDOUT
}

/// Whether stderr takes colours, found out once for the process.
pub fn on_stderr() -> bool {
    *STDERR
}
