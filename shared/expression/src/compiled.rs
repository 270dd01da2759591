//! A compiled expression.

use super::{
    Scope,
    convert::Room,
    error::{ExprError, Fault, Syntax, shown},
    eval::{Evaluated, Machine},
    node::Node,
    parser,
    references::References,
    value::Val,
};
use crate::limits;
use serde_json::Value;
use std::{fmt, sync::Arc};

/// A compiled CEL expression; cheap to clone. Its debug form is its source.
#[derive(Clone)]
pub struct Expr(Arc<Compiled>);

struct Compiled {
    source: String,
    node: Node,
    references: References,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.0.source)
    }
}

impl Expr {
    /// Compiles an expression of at most [`limits::EXPRESSION_BYTES`]; `{{ x }}` in it means `x`.
    ///
    /// Errors are `invalid_cel`, with line, column and often a hint.
    pub fn compile(source: &str) -> Result<Expr, ExprError> {
        short_enough(source).map_err(|syntax| syntax.into_error(source))?;
        let trimmed = source.trim();
        let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        let (source, parsed) = match inner.map(|inner| (inner, check(inner))) {
            Some((inner, Ok(node))) => (inner, Ok(node)),
            // `{{ a }} == {{ b }}` starts and ends like one template, and is none.
            Some((inner, Err(error))) => match check(trimmed) {
                Ok(node) => (trimmed, Ok(node)),
                Err(_) => (inner, Err(error)),
            },
            None => (trimmed, check(trimmed)),
        };
        let node = parsed.map_err(|syntax| syntax.into_error(source))?;
        let references = References::of(&node);
        Ok(Expr(Arc::new(Compiled { source: source.to_owned(), node, references })))
    }

    /// The text it was compiled from, without a wrapping `{{ … }}`.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What it reads.
    pub fn references(&self) -> &References {
        &self.0.references
    }

    /// Evaluates it to JSON: timestamps as RFC 3339, durations as `5400s`, bytes as base64, an empty optional as null.
    ///
    /// Errors are `evaluation_error`, or `expression_limit` when it takes too many steps or too much room.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        let value = self.value(scope).and_then(|value| Room::new().json(&value, 0));
        value.map_err(|fault| fault.into_error(&self.0.source, "evaluation_error"))
    }

    /// Evaluates a condition. Anything but true or false is an `evaluation_error` that says what it was.
    pub fn eval_bool(&self, scope: &Scope<'_>) -> Result<bool, ExprError> {
        match self.value(scope) {
            Ok(Val::Bool(value)) => Ok(value),
            Ok(other) => {
                let message = format!("`{}` gave {}, not true or false", shown(self.source()), other.described());
                Err(ExprError { code: "evaluation_error", message })
            }
            Err(fault) => Err(fault.into_error(&self.0.source, "evaluation_error")),
        }
    }

    pub(super) fn value<'a>(&'a self, scope: &'a Scope<'a>) -> Evaluated<'a> {
        Machine::new(scope).eval(&self.0.node)
    }

    pub(super) fn failed(&self, fault: Fault, code: &'static str) -> ExprError {
        fault.into_error(&self.0.source, code)
    }
}

/// As it is written, blanks and braces included.
fn short_enough(source: &str) -> Result<(), Syntax> {
    if source.len() <= limits::EXPRESSION_BYTES {
        return Ok(());
    }
    let message = format!("it has {} bytes, and {} are allowed", source.len(), limits::EXPRESSION_BYTES);
    Err(Syntax::at(0, format!("{message}; use a `code` node")))
}

fn check(source: &str) -> Result<Node, Syntax> {
    if source.is_empty() {
        return Err(Syntax::at(0, "it is empty"));
    }
    parser::parse(source)
}
