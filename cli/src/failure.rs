//! How a command ends: its exit code, and what it says went wrong.

use super::output;
use api::types::{Fault, ProblemDetails};
use engine::port::StoreError;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// What a command comes to: an exit code, or a failure that is still to be told.
pub type Outcome = Result<Exit, Failure>;

/// The exit codes that docs/command-line.md promises, with the shell's code for an interrupt.
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
    /// A code for programs, such as `not_found`; for a refused request that of the problem details.
    pub code: String,
    message: String,
    hint: String,
    errors: Vec<Fault>,
    /// Whether people were told the errors already.
    told: bool,
    /// What programs are told beside it: the members that the code of a refused request adds, such as `in_the_way`.
    more: Map<String, Value>,
    /// What people are told in place of the API's words.
    words: &'static [Words],
}

/// What the command line calls a field or a parameter of the API.
#[derive(Debug)]
pub struct Words {
    /// The path of a fault, or its beginning.
    pub path: &'static str,
    /// The option or argument that gives it.
    pub flag: &'static str,
    /// What to do about a fault there; none where the API's advice is as good.
    pub hint: Option<&'static str>,
}

impl Failure {
    /// A failure that ends the command with exit code 1; `hint` says what to do next.
    pub fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            code: "failed".into(),
            message: message.into(),
            hint: hint.into(),
            errors: Vec::new(),
            told: false,
            more: Map::new(),
            words: &[],
        }
    }

    /// A failure that ends the command with exit code 2: it was called the wrong way, or a file cannot be read.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: "usage".into(), ..Self::failed(message, hint) }
    }

    /// Replaces what to do next.
    pub fn with_hint(self, hint: &str) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// Replaces the code for programs.
    pub fn with_code(self, code: &str) -> Self {
        Self { code: code.into(), ..self }
    }

    /// Tells programs something beside it.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.into(), value);
        self
    }

    /// Tells people of faults by what the command line calls their places.
    pub fn in_words(self, words: &'static [Words]) -> Self {
        Self { words, ..self }
    }

    /// Says where it went wrong.
    pub fn at(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// Adds several reasons.
    pub fn with_errors(self, errors: Vec<Fault>) -> Self {
        Self { errors, ..self }
    }

    /// Adds reasons that people were told already, so that only programs are told them again.
    pub fn with_told_errors(self, errors: Vec<Fault>) -> Self {
        Self { errors, told: true, ..self }
    }

    /// Makes a failure of what the API answered: problem details (RFC 9457), or none where something between it and
    /// this process answered.
    pub fn from_problem(status: u16, problem: Option<ProblemDetails>) -> Self {
        let (detail, code, errors, more) = match problem {
            Some(problem) => (problem.detail, problem.code, problem.errors, problem.more),
            None => Default::default(),
        };
        let message = if detail.is_empty() { format!("the host answered {status}") } else { detail };
        let hint = match status {
            401 => "give a token with --token or STEPWELL_TOKEN; `stepwell token create` makes one",
            500 => "`stepwell doctor` checks the data folder; the host's log says more",
            _ => "",
        };
        Self { more, ..Self::failed(message, hint).with_code(&code).with_errors(errors) }
    }

    /// The reasons, as the API gives them.
    pub fn errors(&self) -> &[Fault] {
        &self.errors
    }

    /// What went wrong, as people are told it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next; none where there is nothing to say.
    pub fn hint(&self) -> Option<String> {
        Some(self.hint.clone()).filter(|hint| !hint.is_empty())
    }

    /// Tells the failure: on stderr to people, and with `json` on stdout to programs. Returns the exit code.
    pub fn tell(&self, json: bool) -> ExitCode {
        let mut text = format!("{} {}", output::red("error:"), self.message);
        let help = |text: &str| format!("{} {text}", output::cyan("help:"));
        let errors = if self.told { &[][..] } else { &self.errors };
        for error in errors {
            let words = self.words.iter().find(|words| error.path.starts_with(words.path));
            let reason = match words {
                Some(words) => format!("{}: {}", words.flag, error.message),
                None => reason(error),
            };
            // A single reason that the message ends with would only be said twice.
            let is_said = self.message.ends_with(reason.as_str()) || words.is_some() && self.message == error.message;
            if errors.len() > 1 || !is_said {
                text.push_str(&format!("\n  {reason}"));
            }
            let hint = words.and_then(|words| words.hint).or(error.hint.as_deref());
            if let Some(hint) = hint.filter(|hint| !hint.is_empty() && *hint != self.hint) {
                text.push_str(&format!("\n    {}", help(hint)));
            }
        }
        if !self.hint.is_empty() {
            text.push_str(&format!("\n{}", help(&self.hint)));
        }
        eprintln!("{text}");
        if json {
            self.tell_programs();
        }
        self.exit.into()
    }

    /// Writes the failure to stdout as `{"error": {code, message, hint, errors}}`, with what its code adds.
    pub fn tell_programs(&self) {
        let mut error = self.more.clone();
        for (name, value) in [
            ("code", json!(self.code)),
            ("message", json!(self.message)),
            ("hint", json!(self.hint)),
            ("errors", json!(self.errors)),
        ] {
            error.insert(name.into(), value);
        }
        output::json(&json!({"error": error}));
    }
}

/// A reason for people: `/path: message`, or the message alone where there is no path.
pub fn reason(error: &Fault) -> String {
    match error.path.as_str() {
        "" => error.message.clone(),
        path => format!("{path}: {}", error.message),
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.to_string(), "try again; `stepwell doctor` checks the data folder").with_code("store")
    }
}
