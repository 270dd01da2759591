//! The oracle: a second, independent evaluator of workflow documents. It goes straight down the graph, one node after
//! the other, without events, queues or time. The engine, under any faults, must come to the same result.
//!
//! The oracle reads the raw JSON, and shares only the expression language with the engine. It knows no joins other than
//! `all`, and nothing that depends on a race.

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
    /// The output of the execution; null where it failed.
    pub output: Value,
    /// The code of the error; None where the execution completed.
    pub code: Option<String>,
}

/// Runs a document with an input. `saved` are the documents that it may start by `id`.
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
    /// A `break` ended the loop, with the value of this iteration.
    Broke(Value),
    /// A `succeed` node ended the execution, with its output.
    Succeeded(Value),
    /// A node failed for good, with the code of its error.
    Failed(String),
}

impl Stop {
    /// A failure with this code.
    pub fn failed(code: impl Into<String>) -> Self {
        Self::Failed(code.into())
    }
}

/// What one execution has so far.
pub(crate) struct World<'a> {
    /// Documents that may be started by `id`.
    pub saved: &'a [Value],
    /// The id of the workflow.
    pub id: &'a str,
    /// The input of the execution.
    pub input: &'a Value,
    /// The latest output of each node, while a loop's body runs only those of its present iteration; in the body of a map
    /// also those of the nodes around it.
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

/// What the loop and the map around a node give to its expressions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    /// Number of the iteration, counted from 0, and the last output of the body.
    pub iteration: Option<(u64, Value)>,
    /// Index and value of the item.
    pub item: Option<(u64, Value)>,
}

/// What one expression sees.
pub(crate) struct View<'a> {
    pub world: &'a World<'a>,
    /// The value of the name `output`.
    pub output: Option<&'a Value>,
    /// The input of the node, in which bare names are looked up first.
    pub node_input: Option<&'a Value>,
    /// The loop and the map around the node.
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
            args: None,
            extra: &[],
            bare: [self.node_input, Some(self.world.input)],
        }
    }

    /// The value of an expression, or the code of its error.
    pub fn eval(&self, source: &str) -> Result<Value, String> {
        let expr = Expr::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        expr.eval(&self.scope()).map_err(|error| error.code.to_string())
    }

    /// Whether a condition is true. One that fails counts as false: the documents that come here have
    /// `on_condition_error: "default"`.
    pub fn holds(&self, source: &str) -> bool {
        let expr = Expr::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        expr.eval_bool(&self.scope()).unwrap_or(false)
    }

    /// The value of a template, or the code of its error.
    pub fn render(&self, template: &Value) -> Result<Value, String> {
        let template = Template::compile(template).unwrap_or_else(|_| panic!("{template}"));
        template.render(&self.scope()).map_err(|error| error.code.to_string())
    }
}

/// A value without what differs from run to run or is meant for people: times, durations, ids, messages, receipts. The rest of
/// two runs can be compared.
pub fn normal(value: &Value) -> Value {
    const VOLATILE: &[&str] =
        &["waited_seconds", "at", "execution_id", "responses", "message", "attempt", "details", "receipt"];
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
