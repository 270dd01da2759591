//! CEL expressions and templates, with bounds on time and size.
//!
//! The evaluator is the project's own (docs/adr/0002): it reads JSON in place instead of converting a scope beforehand,
//! mixes ints and doubles, and charges every step and every byte to a budget. The language is that of
//! <https://github.com/google/cel-spec>, with the macros, the optional syntax and parts of the string, list and math
//! extensions. Four rules differ on purpose: numbers of different types may be mixed, `has(a.b.c)` is false where `a.b`
//! is missing, dividing a double by zero is an error, and reserved words may be names. For authors of workflows,
//! docs/expressions.md describes all of it.
//!
//! ```
//! use serde_json::{Value, json};
//! use stepwell_expression::{Context, ExecutionScope, Expr, Scope};
//!
//! /// An execution in which no node has run yet.
//! struct NoOutputs;
//!
//! impl Context for NoOutputs {
//!     fn output_of(&self, _node: &str) -> Option<&Value> {
//!         None
//!     }
//!     fn nodes(&self) -> Vec<&str> {
//!         Vec::new()
//!     }
//! }
//!
//! let input = json!({ "amount": 12000 });
//! let scope = Scope {
//!     output: None,
//!     input: &input,
//!     ctx: &NoOutputs,
//!     in_loop: None,
//!     item: None,
//!     index: None,
//!     execution: ExecutionScope { id: "e1", workflow_id: "expenses", started_at: "2026-11-01T00:00:00Z" },
//!     args: None,
//!     extra: &[],
//!     bare: [None, Some(&input)],
//! };
//!
//! let needs_review = Expr::compile("amount > 10000 && !has(ctx.review.output)")?;
//! assert!(needs_review.eval_bool(&scope)?);
//! # Ok::<(), stepwell_expression::ExprError>(())
//! ```

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
pub mod memory;
mod moment;
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
pub use moment::Moment;
pub use references::{Path, References};
pub use template::{Hole, Template};

use serde_json::Value;

/// The names that an expression sees, with their values (workflow format §4).
///
/// Reading a name whose field is `None` is an error, unless an object in `bare` has a member of that name. `secrets` is
/// nothing that an expression sees: only a template places a secret, beside its expressions. All values are borrowed, so that a scope costs little however large they are.
///
/// ```
/// # use serde_json::{Value, json};
/// # use stepwell_expression::{Context, ExecutionScope, Expr, Scope};
/// # struct NoOutputs;
/// # impl Context for NoOutputs {
/// #     fn output_of(&self, _node: &str) -> Option<&Value> {
/// #         None
/// #     }
/// #     fn nodes(&self) -> Vec<&str> {
/// #         Vec::new()
/// #     }
/// # }
/// // For the condition of an edge: the node that the edge leaves had an order as its input and put out a score.
/// let (execution_input, node_input) = (json!({ "amount": 1, "currency": "EUR" }), json!({ "amount": 2 }));
/// let node_output = json!({ "score": 90 });
/// let scope = Scope {
///     output: Some(&node_output),
///     input: &execution_input,
///     ctx: &NoOutputs,
///     in_loop: None,
///     item: None,
///     index: None,
///     execution: ExecutionScope { id: "e1", workflow_id: "orders", started_at: "2026-11-01T00:00:00Z" },
///     args: None,
///     extra: &[],
///     bare: [Some(&node_input), Some(&execution_input)],
/// };
/// let eval = |source: &str| Expr::compile(source)?.eval(&scope);
///
/// assert_eq!(eval("input.amount")?, json!(1));
/// assert_eq!(eval("amount")?, json!(2), "a bare name: the node's input comes first");
/// assert_eq!(eval("currency")?, json!("EUR"), "then the execution's input");
/// assert_eq!(eval("score")?, json!(90), "and last `output`");
/// assert!(eval("item").is_err(), "there is no loop or map around");
/// # Ok::<(), stepwell_expression::ExprError>(())
/// ```
pub struct Scope<'a> {
    /// `output`: the output of the node that has just run or, in the config of a node, the input of that node.
    pub output: Option<&'a Value>,
    /// `input`: the input of the execution.
    pub input: &'a Value,
    /// `ctx`: the latest outputs of nodes, as in `ctx.review.output`.
    pub ctx: &'a dyn Context,
    /// `loop.iteration` and `loop.last`, inside a loop.
    pub in_loop: Option<LoopScope<'a>>,
    /// `item`: one element of the list, inside the body of a map or a `for_each` loop.
    pub item: Option<&'a Value>,
    /// `index`: the position of `item` in its list, counted from 0.
    pub index: Option<u64>,
    /// `execution.id`, `execution.workflow_id` and `execution.started_at`.
    pub execution: ExecutionScope<'a>,
    /// `args`: what a model gave the tool of an agent, in the flow of that tool.
    pub args: Option<&'a Value>,
    /// Further names, which win over all others: `answer` in the rules of a `human` node of kind `input`.
    pub extra: &'a [(&'a str, &'a Value)],
    /// The objects in which a bare name such as `amount` is looked up, in this order: the input of the node, then the
    /// input of the execution. After both, the name is looked up in `output`.
    pub bare: [Option<&'a Value>; 2],
}

/// The values of `loop` in a scope.
#[derive(Clone, Copy)]
pub struct LoopScope<'a> {
    /// Number of the iteration, counted from 0.
    pub iteration: u64,
    /// Output of the body in the iteration before; null in the first iteration.
    pub last: &'a Value,
}

/// The values of `execution` in a scope.
#[derive(Clone, Copy)]
pub struct ExecutionScope<'a> {
    /// Id of the execution.
    pub id: &'a str,
    /// Id of the workflow that the execution runs.
    pub workflow_id: &'a str,
    /// When the execution was started, in RFC 3339.
    pub started_at: &'a str,
}

/// The outputs of the nodes that an expression may read.
pub trait Context {
    /// The latest output of the node with this id; `None` where the node has not run or may not be read.
    fn output_of(&self, node: &str) -> Option<&Value>;
    /// Ids of all nodes for which [`Self::output_of`] has an output, for expressions that use `ctx` as a whole.
    fn nodes(&self) -> Vec<&str>;
}

/// Stored credentials, which templates place and no expression reads.
pub trait Secrets {
    /// The value stored under a name; `None` where nothing is stored under it.
    fn secret(&self, name: &str) -> Option<String>;
}
