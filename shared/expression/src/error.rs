//! The errors of expressions: [`ExprError`] for users, and the refusals and faults that the parser and the evaluator
//! pass on before the expression is known by its text.

/// Why an expression was refused or failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// `invalid_cel` (the expression does not compile), `evaluation_error`, `template_error` (a template of a config
    /// failed), `expression_limit` (the evaluation took too much time or room) or `secret_not_allowed` (it reads a
    /// secret instead of placing it). Rules that check rendered values add codes of their own, such as
    /// `too_few_people`.
    pub code: &'static str,
    /// Text for people. It quotes the expression and says why it failed; an error of compilation also gives line and
    /// column and often a hint.
    pub message: String,
}

impl ExprError {
    /// What is said wherever a secret is read: where it may stand.
    pub const SECRET: &'static str =
        "a secret is no value to compute with: place it as `{{ secrets.NAME }}`, alone or within a text";
}

/// A refusal of the lexer or the parser.
#[derive(Debug)]
pub(super) struct Syntax {
    /// The place of the refusal, as a byte offset into the source.
    at: usize,
    message: String,
}

impl Syntax {
    pub(super) fn at(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// Turns the byte offset into a line and a column for people. Both count from 1, and columns count characters.
    pub(super) fn into_error(self, source: &str) -> ExprError {
        let before = source.get(..self.at).unwrap_or(source);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let message = format!("`{}` is not valid CEL at {line}:{column}: {}", shown(source), self.message);
        ExprError { code: "invalid_cel", message }
    }
}

/// The text of an expression for a message, cut to 120 characters.
pub(super) fn shown(source: &str) -> String {
    match source.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &source[..end]),
        None => source.to_owned(),
    }
}

/// Why an evaluation stopped. Messages name types, and keys where the expression itself spells them, never values: what
/// an operand holds may be private, and whoever reads the message need not be whoever may read the value.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// A key, an element or an output does not exist. `has()` and `.?` take this fault for absence.
    Missing(Box<str>),
    /// Any other error. Like [`Fault::Missing`], it is ignored by `&&`, `||`, `all` and `exists` where another operand
    /// decides.
    Error(Box<str>),
    /// A budget is spent. Nothing ignores this fault, so that a costly expression always ends.
    Limit(&'static str),
    /// A secret is read. Nothing ignores this fault either: no expression sees a secret, whatever it makes of it.
    Secret,
}

impl Fault {
    pub(super) fn error(message: impl Into<Box<str>>) -> Self {
        Fault::Error(message.into())
    }

    pub(super) fn missing(message: impl Into<Box<str>>) -> Self {
        Fault::Missing(message.into())
    }

    /// The error for users, under `code` unless a budget was spent.
    pub(super) fn into_error(self, source: &str, code: &'static str) -> ExprError {
        let (code, why) = match self {
            Fault::Missing(why) | Fault::Error(why) => (code, why),
            Fault::Limit(why) => ("expression_limit", why.into()),
            Fault::Secret => ("secret_not_allowed", ExprError::SECRET.into()),
        };
        ExprError { code, message: format!("`{}` failed: {why}", shown(source)) }
    }
}
