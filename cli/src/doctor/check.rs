//! What a check finds.

use crate::colour::Colour;

/// One line of the report: what was checked, `ok`, `warn` or `fail`, what was found, and what to do about it.
pub(super) struct Check {
    pub name: &'static str,
    pub verdict: &'static str,
    pub about: String,
    pub hint: String,
}

impl Check {
    pub fn colour(&self) -> Colour {
        match self.verdict {
            "ok" => Colour::Green,
            "warn" => Colour::Yellow,
            _ => Colour::Red,
        }
    }
    pub fn ok(name: &'static str, about: impl Into<String>) -> Self {
        Self { name, verdict: "ok", about: about.into(), hint: String::new() }
    }
    pub fn warn(name: &'static str, about: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, verdict: "warn", about: about.into(), hint: hint.into() }
    }
    pub fn fail(name: &'static str, about: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, verdict: "fail", about: about.into(), hint: hint.into() }
    }
}
