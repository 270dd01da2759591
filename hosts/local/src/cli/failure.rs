//! How a command ends, and how it says what went wrong.

use super::output;
use engine::port::StoreError;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What a command comes to.
pub type Outcome = Result<Exit, Failure>;

/// The exit codes of the contract, and the shell's for an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: completed, or done.
    Done = 0,
    /// 1: the execution failed, the document is invalid, the request was refused.
    Failed = 1,
    /// 2: the command was not understood, or a file cannot be read.
    Usage = 2,
    /// 3: left waiting for a person or an event.
    Waiting = 3,
    /// 130: stopped by Ctrl-C; resumable.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command was not done, and what to do next.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    /// Machine-readable, as in problem details.
    pub code: String,
    message: String,
    hint: String,
    errors: Vec<Value>,
    told: bool,
}

impl Failure {
    /// Exit 1.
    pub fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            code: "failed".into(),
            message: message.into(),
            hint: hint.into(),
            errors: Vec::new(),
            told: false,
        }
    }

    /// Exit 2.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: "usage".into(), ..Self::failed(message, hint) }
    }

    /// With another thing to do next.
    pub fn with_hint(self, hint: &str) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// With a code for machines.
    pub fn with_code(self, code: &str) -> Self {
        Self { code: code.into(), ..self }
    }

    /// With several reasons of the shape `{code, path, message, hint}`.
    pub fn with_errors(self, errors: Vec<Value>) -> Self {
        Self { errors, ..self }
    }

    /// With reasons that people were told already.
    pub fn with_told_errors(self, errors: Vec<Value>) -> Self {
        Self { errors, told: true, ..self }
    }

    /// From a problem of the API (RFC 9457).
    pub fn from_problem(status: u16, problem: &Value) -> Self {
        let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail = text("detail");
        let message = if detail.is_empty() { format!("the host answered {status}") } else { detail };
        let errors = problem.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        let hint = match status {
            401 => "give a token with --token or STEPWELL_TOKEN; `stepwell token create` makes one",
            _ => "",
        };
        Self::failed(message, hint).with_code(&text("code")).with_errors(errors)
    }

    /// The reasons, one per line: `at /path: message`.
    pub fn reasons(&self) -> Vec<String> {
        let text = |error: &Value, name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let reason = |error: &Value| match text(error, "path").as_str() {
            "" => text(error, "message"),
            path => format!("{path}: {}", text(error, "message")),
        };
        self.errors.iter().map(reason).collect()
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says it, on stderr for people and with `--json` on stdout for programs.
    pub fn tell(&self, json: bool) -> ExitCode {
        let mut text = format!("{} {}", output::red("error:"), self.message);
        let reasons = if self.told { Vec::new() } else { self.reasons() };
        if reasons.len() > 1 || reasons.first().is_some_and(|reason| !self.message.ends_with(reason.as_str())) {
            for reason in reasons {
                text.push_str(&format!("\n  {reason}"));
            }
        }
        if !self.hint.is_empty() {
            text.push_str(&format!("\n{} {}", output::cyan("help:"), self.hint));
        }
        eprintln!("{text}");
        if json {
            self.tell_programs();
        }
        self.exit.into()
    }

    /// Says it on stdout.
    pub fn tell_programs(&self) {
        let error = json!({"code": self.code, "message": self.message, "hint": self.hint, "errors": self.errors});
        output::json(&json!({"error": error}));
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.to_string(), "try again; `stepwell doctor` checks the data folder").with_code("store")
    }
}
