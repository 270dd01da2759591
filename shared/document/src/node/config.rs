//! What the config of every node can tell of itself, whatever its type.

use crate::{
    graph::NodeIx,
    reading::{At, Cx, Frame},
    work::Work,
};
use expression::{Expr, ExprError, Scope, Secrets, Template};
use serde_json::Value;
use std::fmt::Debug;

/// A node's config, read and compiled.
pub trait Config: Debug + Send + Sync {
    /// Adds the expressions of the config, those inside of templates among them.
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>);

    /// Names of the secrets that the config places, each as often as it is placed.
    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    /// What the node may read of the execution around it besides what its expressions name.
    fn reads(&self) -> AlsoReads {
        AlsoReads::default()
    }

    /// Reports what a node of this type probably does not mean, once the whole flow was read.
    fn check(&self, _: &mut Cx<'_>, _: &Subject<'_>) {}

    /// The ports that need an edge, on a node out of which other edges lead.
    fn needs_edges(&self, _: &Subject<'_>) -> Vec<String> {
        Vec::new()
    }

    /// Whether the node, once it has run, has surely taken a port. `leads` tells whether an edge leaves by another one:
    /// without an edge out of `error` a failure ends the execution, or goes on by `success`.
    fn surely_takes(&self, port: &str, leads: &dyn Fn(&str) -> bool) -> bool {
        port == "success" && !leads("error")
    }
}

/// The config of a node whose output is computed from what it sees.
pub trait Compute: Config {
    /// The node's output.
    ///
    /// # Errors
    /// Where an expression fails: the node fails with its code.
    fn compute(&self, scope: &Scope<'_>) -> Result<Value, ExprError>;
}

/// The config of a node that does I/O.
pub trait Run: Config {
    /// What a worker is to do, with all templates rendered. `secrets` has those that [`Config::secrets`] names.
    ///
    /// # Errors
    /// Where a template fails, or renders to what the type cannot use: the node fails with its code.
    fn render(&self, scope: &Scope<'_>, secrets: &dyn Secrets) -> Result<Work, ExprError>;
}

/// What a node may read beside what its expressions name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlsoReads {
    /// The input of the execution.
    pub input: bool,
    /// Every output that `ctx` shows.
    pub all_nodes: bool,
    /// What a model gave the tool in whose flow the node stands.
    pub args: bool,
}

/// A node of a flow that was read, as its own type's checks see it.
pub struct Subject<'a> {
    /// The flow.
    pub frame: &'a Frame<'a>,
    /// Where the node stands in the document.
    pub at: &'a At<'a>,
    /// Its position in the flow.
    pub ix: NodeIx,
    /// Its ports.
    pub ports: &'a [String],
    /// Whether the node itself has a bound on time.
    pub has_timeout: bool,
    /// Whether the node has a `compensate`.
    pub has_compensation: bool,
}

/// The secret of a name, for its place in a template.
///
/// # Errors
/// `template_error` where none is stored under the name.
pub fn stored(secrets: &dyn Secrets, name: &str) -> Result<String, ExprError> {
    secrets.secret(name).ok_or_else(|| {
        let message = format!("`secrets.{name}` failed: no secret is stored under the name `{name}`");
        ExprError { code: "template_error", message }
    })
}

/// Adds the expressions of templates, where there are any.
pub fn of_templates<'a>(templates: &[Option<&'a Template>], all: &mut Vec<&'a Expr>) {
    let expressions = templates.iter().flatten().flat_map(|template| template.expressions());
    all.extend(expressions.map(|(_, expr)| expr));
}
