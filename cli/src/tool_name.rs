//! A dangerous tool is let loose by typing its name alone, wherever a person answers, so that none is by a slip of the finger.

use crate::output;
use api::types::Authorization;
use stepwell_core::interaction::SecurityLevel;

/// The name that a person has to type.
pub struct ToolName {
    /// The name itself.
    pub name: String,
    /// The name as a terminal shows it, which is what can be typed.
    pub shown: String,
}

/// What a line says of a tool.
pub enum Typed {
    /// It may run.
    Allowed,
    /// It may not.
    Refused,
    /// Neither: it is asked again.
    Neither,
}

impl ToolName {
    /// The name that approving takes; none where a yes does.
    pub fn asked(about: Option<&Authorization>) -> Option<Self> {
        let about = about.filter(|about| about.security_level == SecurityLevel::High)?;
        let name = output::text(&about.tool);
        Some(Self { shown: output::clean(&name), name })
    }

    /// How it is asked for.
    pub fn prompt(&self) -> String {
        format!("type {} to allow it, n to refuse", self.shown)
    }

    /// What a line says. One that says nothing is told to whoever typed it.
    pub fn read(&self, line: &str) -> Typed {
        if line == self.shown {
            return Typed::Allowed;
        }
        if yes_or_no(line) == Some(false) {
            return Typed::Refused;
        }
        eprintln!("  that is not {}: nothing is decided yet", self.shown);
        Typed::Neither
    }
}

/// Reads yes or no as people write it; none for another word.
pub fn yes_or_no(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "approve" | "approved" | "ok" => Some(true),
        "n" | "no" | "false" | "reject" | "rejected" => Some(false),
        _ => None,
    }
}
