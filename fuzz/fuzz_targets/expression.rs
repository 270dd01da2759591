//! Takes any text as an expression and as a template. It must give a value or an error within a second, and never
//! panic. A secret stands in its places and nowhere else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use expression::{Context, ExecutionScope, Expr, Scope, Template};
use std::sync::LazyLock;

/// What no text that is tried holds by chance.
const SECRET: &str = "Lq7~s3cret~of~a~place";

/// Outputs of nodes, by node id.
struct Outputs(Value);

impl Context for Outputs {
    fn output_of(&self, node: &str) -> Option<&Value> {
        self.0.get(node)
    }
    fn nodes(&self) -> Vec<&str> {
        self.0.as_object().map(|nodes| nodes.keys().map(String::as_str).collect()).unwrap_or_default()
    }
}

static OUTPUT: LazyLock<Value> =
    LazyLock::new(|| json!({"n": 4, "d": 80.5, "s": "text é", "list": (0..100).collect::<Vec<_>>(), "o": {"k": null}}));
static NODES: LazyLock<Outputs> = LazyLock::new(|| Outputs(json!({"a": {"x": 1}, "b-c": [1, 2]})));

fuzz_target!(|source: &str| {
    let scope = Scope {
        output: Some(&OUTPUT),
        input: &OUTPUT,
        ctx: &*NODES,
        in_loop: None,
        item: None,
        index: None,
        execution: ExecutionScope { id: "e", workflow_id: "w", started_at: "2026-11-01T00:00:00Z" },
        args: None,
        extra: &[],
        bare: [Some(&OUTPUT), None],
    };
    if let Ok(expr) = Expr::compile(source) {
        let _ = expr.eval(&scope);
        let _ = expr.eval_bool(&scope);
        assert!(Expr::compile(expr.source()).is_ok(), "the source that is kept compiles again");
    }
    if let Ok(template) = Template::compile(&Value::String(source.to_owned())) {
        let rendered = template.render_with(&scope, &|_, _| Ok(SECRET.into()));
        let told = rendered.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        assert!(rendered.is_ok() && !template.secrets().is_empty() || !told.contains(SECRET), "it stands only in its place");
    }
});
