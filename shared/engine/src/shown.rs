//! What a node would ask of something outside, rendered for people. Nothing is asked.

use crate::compensation;
use document::{
    Node, NodeKind, Workflow,
    graph::NodeIx,
    work::{HttpTask, Work},
};
use expression::{ExprError, Secrets};
use serde_json::{Map, Value, json};
use stepwell_core::{
    execution::Execution,
    reading::Reading,
    rollback::{Rollback, Rolling, Undo},
    sight::Sight,
};

/// Shows names of secrets in their places.
struct Names;

impl Secrets for Names {
    fn secret(&self, name: &str) -> Option<String> {
        Some(format!("{{{{ secrets.{name} }}}}"))
    }
}

/// What a node would ask for as the execution stands. Null where its type asks nothing of anything outside, or asks for what
/// only its turn can say, as an agent does.
///
/// # Errors
/// Where a template cannot be rendered.
pub fn of_node(workflow: &Workflow, state: &Execution, ix: NodeIx, reading: &Reading) -> Result<Value, ExprError> {
    match &workflow.nodes[ix].kind {
        NodeKind::Run(config) => {
            config.render(&Sight::of_config(workflow, state, ix, reading).scope(), &Names).map(|work| of_work(&work))
        }
        NodeKind::Compute(_)
        | NodeKind::Children(_)
        | NodeKind::Wait(_)
        | NodeKind::Route(_)
        | NodeKind::Agent(_)
        | NodeKind::Lend(_) => Ok(Value::Null),
    }
}

/// What would undo a run. Null where it only computes.
///
/// # Errors
/// Where a template cannot be rendered.
pub fn of_undoing(state: &Execution, undo: &Undo, by: &Node, reading: &Reading) -> Result<Value, ExprError> {
    let rolling = Rolling::asked(Rollback::to(0));
    let rendered = compensation::rendered(state, &rolling, undo, by, &Names, reading)?;
    Ok(rendered.as_ref().map(of_work).unwrap_or_default())
}

fn of_work(work: &Work) -> Value {
    match work {
        Work::Http(task) => of_request(task),
        Work::Code(task) => json!({"code": task.code}),
        // No document undoes by a model, and what a server of tools is asked is told by the agent that asks it.
        Work::Model(_) | Work::Mcp(_) => Value::Null,
    }
}

/// Pairs as the object that a document has in their place.
fn named(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into()
}

fn of_request(task: &HttpTask) -> Value {
    let mut shown = json!({"method": task.method, "url": task.url});
    if !task.query.is_empty() {
        shown["query"] = named(&task.query);
    }
    if !task.headers.is_empty() {
        shown["headers"] = named(&task.headers);
    }
    if let Some(body) = &task.body {
        shown["body"] = body.clone();
    }
    shown
}
