//! What an agent's step does besides running a task: it looks for what the agent remembers and which tools its servers
//! have, and puts an answer together with what the model was told.

use crate::{
    drive::with_values,
    port::{Host, StoreError},
    prepare::{SecretSource, task},
};
use document::{
    Workflow,
    node::agent::Head,
    work::{McpAsk, ToolSpec, Work},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use stepwell_core::{
    agent::Heard,
    execution::Execution,
    id::Activation,
    reading::Reading,
    sight::Sight,
    task::{Failure, Outcome},
};

/// Looks for what an agent needs to know before its model is asked.
///
/// # Errors
/// Where the store fails.
pub(super) async fn open(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    secrets: &(dyn SecretSource + Sync),
) -> Result<Outcome, StoreError> {
    let Some(&ix) = workflow.graph.index.get(&activation.node) else { return Ok(nothing()) };
    let Some(agent) = workflow.nodes[ix].kind.agent() else { return Ok(nothing()) };
    let mut tools = Map::new();
    for (node, server) in &agent.servers {
        let asked = with_values(host, state.id(), || {
            Reading::of(|reading| {
                let sight = Sight::of_config(workflow, state, ix, reading);
                server.task(McpAsk::ListTools, &sight.scope(), secrets)
            })
        });
        let asked = match asked.await? {
            Ok(asked) => asked,
            Err(error) => return Ok(Outcome::Failed(Failure::new(error.code, error.message))),
        };
        let task = task(state, &workflow.nodes[ix], activation, Work::Mcp(Box::new(asked)), secrets);
        match host.run(&task).await.outcome {
            Outcome::Succeeded { output, .. } => {
                drop(tools.insert(node.to_string(), allowed(&output, server.tools.as_deref())));
            }
            failed => return Ok(failed),
        }
    }
    let tools = (!agent.servers.is_empty()).then_some(Value::Object(tools));
    Ok(heard(&Heard::Opened { memory: agent.memory.as_ref().map(|_| Vec::new()), tools }))
}

/// The tools of a server that the document lets agents use.
fn allowed(listed: &Value, named: Option<&[String]>) -> Value {
    let listed: Vec<ToolSpec> = serde_json::from_value(listed.clone()).unwrap_or_default();
    let wanted = |tool: &ToolSpec| named.is_none_or(|named| named.contains(&tool.name));
    json!(listed.into_iter().filter(wanted).collect::<Vec<_>>())
}

/// The outcome of a call of a model, with what the model was told first.
pub(super) fn answered(asked: Head, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Succeeded { output, .. } => match serde_json::from_value(output) {
            Ok(answer) => heard(&Heard::Answered { asked, answer }),
            Err(error) => {
                let message = format!("the answer of the model is not understood: {error}");
                Outcome::Failed(Failure::new("model_unavailable", message).retryable())
            }
        },
        // Asking a model again does no harm, so nothing of it is unknown.
        Outcome::Unknown(failure) | Outcome::Failed(failure) => Outcome::Failed(failure),
    }
}

fn heard(heard: &Heard) -> Outcome {
    Outcome::Succeeded { port: "success".into(), output: serde_json::to_value(heard).unwrap_or_default() }
}

fn nothing() -> Outcome {
    Outcome::Failed(Failure::new("not_found", "the workflow has no such agent"))
}
