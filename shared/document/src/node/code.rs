//! `code`: runs JavaScript over what the node sees.

use super::{
    config::{AlsoReads, Config, Run},
    node_type::{Mode, NodeType},
};
use crate::{
    describe::{any_case, object, text},
    limits,
    reading::{At, Cx, Fields},
    work::{CodeTask, Work},
};
use expression::{Expr, ExprError, Scope, Secrets};
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["script", "js", "javascript", "function_code", "run_code", "lambda", "python", "shell", "bash"],
    about: "Runs JavaScript over what the node sees.",
    config,
    writes_lines: true,
    ..NodeType::new("code", Mode::Run)
};

/// The names of the one language.
const LANGUAGES: [&str; 2] = ["javascript", "js"];

/// Config of a `code` node.
#[derive(Debug)]
pub struct Code {
    /// The body of a JavaScript function.
    pub code: String,
}

/// What editors are told of the config of a `code`.
fn config() -> Value {
    let mut code = text("The body of a function. It sees `input`, `output`, `ctx`, … and returns the node's output.");
    code["maxLength"] = limits::CODE_BYTES.into();
    let mut language = any_case(&LANGUAGES);
    language["description"] = "The language: `javascript`, also where absent.".into();
    object(&["code"], [("code", code), ("language", language)])
}

/// Reads the config of a `code` node. Its JavaScript is left to hosts that can parse it.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<Code> {
    let f = Fields::new(cx, config, at, "invalid_config", &["code", "language"]);
    if f.text(cx, "language").is_some_and(|language| !LANGUAGES.contains(&language.to_lowercase().as_str())) {
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
    cx.script(&at.key("code"), code);
    for (name, hint) in ABSENT {
        if calls(code, name) {
            cx.warning("unknown_variable", &at.key("code"), format!("there is no `{name}` in code"), hint);
        }
    }
    Some(Code { code: code.to_owned() })
}

/// Functions that other hosts of JavaScript have, with what stands for them here.
const ABSENT: [(&str, &str); 4] = [
    ("fetch", "Code has no network: ask with an `http_request`, and read its output here as `ctx.ID.output.body`."),
    ("require", "Code has no modules: what it needs stands in it."),
    ("setTimeout", "Code has no timers: wait with a `wait`, or try again with `retry`."),
    ("setInterval", "Code has no timers: repeat with a `loop`."),
];

/// Whether code calls a function of this name that it does not define itself, as far as its text tells.
fn calls(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let found =
        code.match_indices(name).filter(|(at, _)| !code[..*at].ends_with(|c: char| is_part(c) || "'\"`/".contains(c)));
    let mut called = false;
    for (at, _) in found {
        let (before, after) = (code[..at].trim_end(), code[at + name.len()..].trim_start());
        let defined = ["function", "const", "let", "var"].iter().any(|word| before.ends_with(word));
        if defined || (after.starts_with('=') && !after.starts_with("==")) {
            return false;
        }
        called |= after.starts_with('(') && !before.ends_with('.');
    }
    called
}

impl Config for Code {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    /// Code may read whatever expressions can, and is taken to read `ctx` and `args` where it spells the name.
    fn reads(&self) -> AlsoReads {
        AlsoReads { input: true, all_nodes: self.code.contains("ctx"), args: self.code.contains("args") }
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
    // Only a tool has arguments: elsewhere code may call a variable of its own so.
    if let Some(args) = scope.args.filter(|_| code.contains("args")) {
        names.insert("args".into(), args.clone());
    }
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
