//! What can go wrong, for users and inside the evaluator.

/// Why an expression was refused or failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// `invalid_cel` (it does not compile), `evaluation_error`, `template_error` (a template of a config failed) or
    /// `expression_limit` (it took too much time or room).
    pub code: &'static str,
    /// Names the expression; at compile time line and column, and a hint.
    pub message: String,
}

/// A refusal of the lexer or the parser, at a byte of the source.
#[derive(Debug)]
pub(super) struct Syntax {
    at: usize,
    message: String,
}

impl Syntax {
    pub(super) fn at(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// With line and column, both from 1; columns count characters.
    pub(super) fn into_error(self, source: &str) -> ExprError {
        let before = source.get(..self.at).unwrap_or(source);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let message = format!("`{}` is not valid CEL at {line}:{column}: {}", shown(source), self.message);
        ExprError { code: "invalid_cel", message }
    }
}

/// An expression as messages show it: at most 120 characters.
pub(super) fn shown(source: &str) -> String {
    match source.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &source[..end]),
        None => source.to_owned(),
    }
}

/// Why an evaluation stopped. Messages name keys and types, never values: those may be secret.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// Something is not there: `has()` and `.?` take it for absence.
    Missing(Box<str>),
    /// Any other error: `&&`, `||`, `all` and `exists` may absorb it.
    Error(Box<str>),
    /// A budget is spent: nothing absorbs it.
    Limit(&'static str),
}

impl Fault {
    pub(super) fn error(message: impl Into<Box<str>>) -> Self {
        Fault::Error(message.into())
    }

    pub(super) fn missing(message: impl Into<Box<str>>) -> Self {
        Fault::Missing(message.into())
    }

    pub(super) fn into_error(self, source: &str, code: &'static str) -> ExprError {
        let (code, why) = match self {
            Fault::Missing(why) | Fault::Error(why) => (code, why),
            Fault::Limit(why) => ("expression_limit", why.into()),
        };
        ExprError { code, message: format!("`{}` failed: {why}", shown(source)) }
    }
}
