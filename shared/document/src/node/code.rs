//! `code`: runs JavaScript over what the node sees.

use super::{
    config::{AlsoReads, Config, Run},
    node_type::{Mode, NodeType},
};
use crate::{
    limits,
    reading::{At, Cx, Fields},
    work::{CodeTask, Work},
};
use expression::{Expr, ExprError, Scope, Secrets};
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType { writes_lines: true, ..NodeType::new("code", Mode::Run) };

/// Config of a `code` node.
#[derive(Debug)]
pub struct Code {
    /// The body of a JavaScript function.
    pub code: String,
}

/// Reads the config of a `code` node. Its JavaScript is checked when it runs.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<Code> {
    let f = Fields::new(cx, config, at, "invalid_config", &["code", "language"]);
    if f.text(cx, "language").is_some_and(|language| !matches!(language.to_lowercase().as_str(), "javascript" | "js")) {
        f.wrong(
            cx,
            "language",
            "only JavaScript is run",
            "Write the code in JavaScript, or call it by `http_request`.",
        );
    }
    if f.get("code").is_none() {
        f.missing(cx, "code", "Give the body of a JavaScript function, such as `return {total: output.a + 1}`.");
    }
    let code = f.text(cx, "code")?;
    if code.len() > limits::CODE_BYTES {
        let hint = format!("Use at most {} bytes.", limits::CODE_BYTES);
        f.wrong(cx, "code", format!("the code has {} bytes", code.len()), hint);
    }
    Some(Code { code: code.to_owned() })
}

impl Config for Code {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    /// Code may read whatever expressions can, and is taken to read `ctx` where it spells the name.
    fn reads(&self) -> AlsoReads {
        AlsoReads { input: true, all_nodes: self.code.contains("ctx") }
    }
}

impl Run for Code {
    fn render(&self, scope: &Scope<'_>, _: &dyn Secrets) -> Result<Work, ExprError> {
        Ok(Work::Code(CodeTask { code: self.code.clone(), names: names(scope, &self.code) }))
    }
}

/// The variables of a `code` node: those of expressions without `secrets`, and bare names of the inputs. A value is
/// passed only where its name occurs in the code, so that large values which the code does not use are not copied.
fn names(scope: &Scope<'_>, code: &str) -> Map<String, Value> {
    let mut names = Map::new();
    for bare in scope.bare.iter().rev().flatten() {
        let Value::Object(fields) = bare else { continue };
        let mentioned = fields.iter().filter(|(name, _)| code.contains(name.as_str()));
        names.extend(mentioned.map(|(name, value)| (name.clone(), value.clone())));
    }
    // A variable without a meaning here, such as `item` outside of a map, is null, unless an input has a bare name like
    // it.
    let mut own = |name: &str, value: Option<Value>| match value.filter(|_| code.contains(name)) {
        Some(value) => drop(names.insert(name.to_owned(), value)),
        None => drop(names.entry(name).or_insert(Value::Null)),
    };
    own("output", scope.output.cloned());
    own("input", Some(scope.input.clone()));
    own("item", scope.item.cloned());
    own("index", scope.index.map(Value::from));
    own("loop", scope.in_loop.map(|it| json!({ "iteration": it.iteration, "last": it.last })));
    own("execution", {
        let it = &scope.execution;
        Some(json!({ "id": it.id, "workflow_id": it.workflow_id, "started_at": it.started_at }))
    });
    own("ctx", code.contains("ctx").then(|| context(scope)));
    names
}

/// The object `ctx`, with every output that the node may name.
fn context(scope: &Scope<'_>) -> Value {
    let entry = |node: &str| {
        let output = scope.ctx.output_of(node)?;
        Some((node.to_owned(), json!({ "output": output })))
    };
    Value::Object(scope.ctx.nodes().into_iter().filter_map(entry).collect())
}
