//! An expression from its source to its value: compiled once with its document, evaluated as often as a node runs.

use super::{
    Scope,
    convert::Room,
    error::{ExprError, Fault, Syntax, shown},
    eval::{Evaluated, Machine},
    node::{Node, Root},
    parser,
    references::References,
    value::Val,
};
use crate::limits;
use serde_json::Value;
use std::{fmt, sync::Arc};

/// A compiled CEL expression; cheap to clone. Its debug form is its source.
///
/// ```
/// use stepwell_expression::Expr;
///
/// let expr = Expr::compile("ctx.review.output.approved && input.amount <= limit")?;
/// let reads = expr.references();
/// assert!(reads.ctx_nodes.contains_key("review"));
/// assert!(reads.names.contains("limit"), "a bare name");
///
/// let error = Expr::compile("amount = 5").unwrap_err();
/// assert_eq!(error.code, "invalid_cel");
/// assert!(error.message.contains("write == to compare"));
/// # Ok::<(), stepwell_expression::ExprError>(())
/// ```
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
    /// Compiles an expression of at most [`limits::EXPRESSION_BYTES`] bytes. `{{ x }}` in it means `x`.
    ///
    /// # Errors
    /// `invalid_cel`, with line, column and often a hint.
    pub fn compile(source: &str) -> Result<Expr, ExprError> {
        short_enough(source).map_err(|syntax| syntax.into_error(source))?;
        let trimmed = source.trim();
        let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        let (source, parsed) = match inner.map(|inner| (inner, check(inner))) {
            Some((inner, Ok(node))) => (inner, Ok(node)),
            // `{{ a }} == {{ b }}` begins and ends like a single template without being one, so it is tried as it
            // stands.
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

    /// The text that the expression was compiled from, without blanks or `{{ … }}` around it.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The names, nodes and paths that the expression reads, as found when it was compiled.
    pub fn references(&self) -> &References {
        &self.0.references
    }

    /// Evaluates the expression to JSON. Timestamps become text in RFC 3339, durations text such as `5400s`, bytes text
    /// in base64, and an empty optional becomes null.
    ///
    /// # Errors
    /// `evaluation_error`, or `expression_limit` where the evaluation takes too many steps or too much room.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        let value = self.value(scope).and_then(|value| Room::new().json(&value, 0));
        value.map_err(|fault| fault.into_error(&self.0.source, "evaluation_error"))
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As for [`Self::eval`]. A value other than true or false is an `evaluation_error` that names the type of the
    /// value.
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

    /// The name of the secret, where the expression is nothing but `secrets.NAME` or `secrets["NAME"]`.
    pub(super) fn secret(&self) -> Option<&str> {
        let (root, name) = match &self.0.node {
            Node::Select(root, name) => (&**root, name),
            Node::Index(sides) => match &sides.1 {
                Node::Text(name) => (&sides.0, name),
                _ => return None,
            },
            _ => return None,
        };
        matches!(root, Node::Free(Root::Secrets, _)).then_some(&**name)
    }

    /// The value before it becomes JSON. A template converts the values of all its expressions within one bound.
    pub(super) fn value<'a>(&'a self, scope: &'a Scope<'a>) -> Evaluated<'a> {
        Machine::new(scope).eval(&self.0.node)
    }

    /// The error for a fault of this expression, which its message quotes.
    pub(super) fn failed(&self, fault: Fault, code: &'static str) -> ExprError {
        fault.into_error(&self.0.source, code)
    }
}

/// Refuses a source of more than [`limits::EXPRESSION_BYTES`]. Blanks and braces around the expression count, so that
/// the bound is that of the text which the author sees.
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
