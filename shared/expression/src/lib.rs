//! CEL expressions and templates, with bounds on time and size.
//!
//! The evaluator is the project's own: it reads JSON where it lies instead of converting a scope ahead, mixes ints and
//! doubles, and spends every step and every byte from a budget. The language is that of
//! <https://github.com/google/cel-spec>, with the macros, the optional syntax and parts of the string, list and math
//! extensions. On purpose: numbers of different types may be mixed, `has(a.b.c)` is false where `a.b` is missing,
//! dividing a double by zero is an error, reserved words may be names.

mod arithmetic;
mod calls;
mod compare;
mod compiled;
mod comprehend;
mod convert;
mod error;
mod eval;
mod functions;
mod lexer;
pub mod limits;
mod lists;
mod math;
mod node;
mod parser;
mod parts;
mod pattern;
mod references;
mod strings;
mod template;
#[cfg(test)]
mod tests;
mod time;
mod value;

pub use compiled::Expr;
pub use error::ExprError;
pub use references::{Path, References};
pub use template::Template;

use serde_json::Value;

/// What an expression sees.
pub struct Scope<'a> {
    /// `output`: of the node just run, or in a node's config its input.
    pub output: Option<&'a Value>,
    /// `input`: the execution's input.
    pub input: &'a Value,
    /// `ctx.<node>.output`.
    pub ctx: &'a dyn Context,
    /// `loop.iteration`, `loop.last`.
    pub in_loop: Option<LoopScope<'a>>,
    /// `item`.
    pub item: Option<&'a Value>,
    /// `index`.
    pub index: Option<u64>,
    /// `execution.id`, `.workflow_id`, `.started_at`.
    pub execution: ExecutionScope<'a>,
    /// `secrets.NAME`, where allowed.
    pub secrets: Option<&'a dyn Secrets>,
    /// More names, before all others: `answer` in the rules of a `human` input.
    pub extra: &'a [(&'a str, &'a Value)],
    /// Where a bare name is looked up, in order: the node's input, the execution's input.
    pub bare: [Option<&'a Value>; 2],
}

/// `loop` in a scope.
#[derive(Clone, Copy)]
pub struct LoopScope<'a> {
    /// From 0.
    pub iteration: u64,
    /// The last output of the body; null before the first.
    pub last: &'a Value,
}

/// `execution` in a scope.
#[derive(Clone, Copy)]
pub struct ExecutionScope<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its workflow's id.
    pub workflow_id: &'a str,
    /// RFC 3339.
    pub started_at: &'a str,
}

/// The outputs of the nodes that an expression may read.
pub trait Context {
    /// The latest output of a node; none where it has not run.
    fn output_of(&self, node: &str) -> Option<&Value>;
    /// All nodes that have an output, for expressions that use `ctx` as a whole.
    fn nodes(&self) -> Vec<&str>;
}

/// Stored credentials. Implementations remember which were read, so that they can be masked.
pub trait Secrets {
    /// The value of one.
    fn secret(&self, name: &str) -> Option<String>;
}
