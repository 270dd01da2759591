//! A second, independent evaluator of workflow documents: straight down the graph, one node after the other, without
//! events, queues or time. What the engine makes of a document under any faults must be what this makes of it.
//!
//! It reads the raw JSON and shares nothing with the engine but the expression language. Joins other than `all`, and
//! whatever races, are beyond it.

mod node;
mod region;

use expression::{Context, ExecutionScope, Expr, LoopScope, Scope, Template};
use region::Region;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How an execution ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// `completed` or `failed`.
    pub status: &'static str,
    /// Its result where it completed.
    pub output: Value,
    /// The code of its error where it failed.
    pub code: Option<String>,
}

/// Runs a document.
pub fn run(document: &Value, saved: &[Value], input: &Value) -> Ended {
    let mut world = World { saved, id: document["id"].as_str().unwrap_or_default(), input, outputs: HashMap::new() };
    let region = Region::of(&document["nodes"], &document["edges"]);
    let ended = region.run(&mut world, &Around::default(), input);
    let output = match document.get("output").and_then(Value::as_str) {
        Some(source) if ended.is_ok() => {
            let view = View { world: &world, output: None, node_input: None, around: &Around::default() };
            view.eval(source).map_err(Stop::failed)
        }
        _ => ended,
    };
    match output {
        Ok(output) | Err(Stop::Succeeded(output)) => Ended { status: "completed", output, code: None },
        Err(Stop::Failed(code)) => Ended { status: "failed", output: Value::Null, code: Some(code) },
        Err(Stop::Broke(_)) => panic!("a break outside of a loop"),
    }
}

/// Why a region is left before its end.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Broke(Value),
    Succeeded(Value),
    Failed(String),
}

impl Stop {
    pub fn failed(code: impl Into<String>) -> Self {
        Self::Failed(code.into())
    }
}

/// One execution.
pub(crate) struct World<'a> {
    pub saved: &'a [Value],
    pub id: &'a str,
    pub input: &'a Value,
    /// The latest output of each node; in a map's body those of the parent too.
    pub outputs: HashMap<String, Value>,
}

impl Context for World<'_> {
    fn output_of(&self, node: &str) -> Option<&Value> {
        self.outputs.get(node)
    }

    fn nodes(&self) -> Vec<&str> {
        self.outputs.keys().map(String::as_str).collect()
    }
}

/// The loops and the map around a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub iteration: Option<(u64, Value)>,
    pub item: Option<(u64, Value)>,
}

/// What an expression sees.
pub(crate) struct View<'a> {
    pub world: &'a World<'a>,
    pub output: Option<&'a Value>,
    pub node_input: Option<&'a Value>,
    pub around: &'a Around,
}

impl View<'_> {
    fn scope(&self) -> Scope<'_> {
        Scope {
            output: self.output,
            input: self.world.input,
            ctx: self.world,
            in_loop: self.around.iteration.as_ref().map(|(iteration, last)| LoopScope { iteration: *iteration, last }),
            item: self.around.item.as_ref().map(|(_, item)| item),
            index: self.around.item.as_ref().map(|(index, _)| *index),
            execution: ExecutionScope { id: "", workflow_id: self.world.id, started_at: "" },
            secrets: None,
            extra: &[],
            bare: [self.node_input, Some(self.world.input)],
        }
    }

    /// The value, or the code of the error.
    pub fn eval(&self, source: &str) -> Result<Value, String> {
        let expr = Expr::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        expr.eval(&self.scope()).map_err(|error| error.code.to_string())
    }

    /// True only where it is true; an error is not.
    pub fn holds(&self, source: &str) -> bool {
        let expr = Expr::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        expr.eval_bool(&self.scope()).unwrap_or(false)
    }

    /// The rendered value, or the code of the error.
    pub fn render(&self, template: &Value) -> Result<Value, String> {
        let template = Template::compile(template).unwrap_or_else(|_| panic!("{template}"));
        template.render(&self.scope()).map_err(|error| error.code.to_string())
    }
}

/// Takes out of a value what is not the same from run to run, or is for people: moments, durations, ids, messages.
pub fn normal(value: &Value) -> Value {
    const VOLATILE: &[&str] = &["waited_seconds", "at", "execution_id", "responses", "message", "attempt", "details"];
    match value {
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !VOLATILE.contains(&key.as_str()));
            let mut kept: Vec<_> = kept.map(|(key, value)| (key.clone(), normal(value))).collect();
            kept.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(kept.into_iter().collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
