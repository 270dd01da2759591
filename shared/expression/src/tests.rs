//! Tests by theme; this file holds the scope they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hostile;
mod language;
mod properties;
mod reads;
mod scopes;
mod secrets;
mod templates;
mod texts;
mod times;

use super::{Context, ExecutionScope, Expr, ExprError, LoopScope, Scope};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

/// What the tests' scopes read from: outputs by node.
#[derive(Default)]
struct World {
    output: Option<Value>,
    input: Value,
    outputs: BTreeMap<String, Value>,
    in_loop: Option<(u64, Value)>,
    item: Option<Value>,
}

impl Context for World {
    fn output_of(&self, node: &str) -> Option<&Value> {
        self.outputs.get(node)
    }
    fn nodes(&self) -> Vec<&str> {
        self.outputs.keys().map(String::as_str).collect()
    }
}

static NULL: Value = Value::Null;

impl World {
    fn with_output(output: Value) -> Self {
        World { output: Some(output), ..World::default() }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            output: self.output.as_ref(),
            input: &self.input,
            ctx: self,
            in_loop: self.in_loop.as_ref().map(|(iteration, last)| LoopScope { iteration: *iteration, last }),
            item: self.item.as_ref(),
            index: self.item.as_ref().map(|_| 7),
            execution: ExecutionScope { id: "e1", workflow_id: "w1", started_at: "2026-11-01T00:00:00Z" },
            args: None,
            extra: &[],
            bare: [self.output.as_ref(), Some(if self.input.is_null() { &NULL } else { &self.input })],
        }
    }

    fn eval(&self, source: &str) -> Result<Value, ExprError> {
        Expr::compile(source)?.eval(&self.scope())
    }
}

static EMPTY: LazyLock<World> = LazyLock::new(World::default);

/// The value of an expression in an empty scope.
fn value(source: &str) -> Value {
    EMPTY.eval(source).unwrap_or_else(|error| panic!("{error}"))
}

fn error(source: &str) -> ExprError {
    match EMPTY.eval(source) {
        Ok(value) => panic!("`{source}` gave {value}"),
        Err(error) => error,
    }
}

#[test]
fn an_expression_is_shared_between_threads_and_shows_its_source() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let expr = Expr::compile(" {{ 1 + 1 }} ").unwrap();
    shared(&expr);
    assert_eq!(expr.source(), "1 + 1");
    assert_eq!(format!("{expr:?}"), "Expr(\"1 + 1\")");
    assert_eq!(expr.eval(&EMPTY.scope()).unwrap(), json!(2));
}
