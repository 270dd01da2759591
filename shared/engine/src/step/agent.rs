//! What an agent's step does besides running a task: it looks for what the agent remembers and which tools its servers
//! have, and puts an answer together with what the model was told.

use super::{
    children::saved,
    handled::{Handled, failed},
    veil::veil_found,
};
use crate::{
    delivery::may_be_lost,
    drive::with_values,
    groups::without_members,
    limits,
    pieces::Heard,
    port::{Host, StoreError, Verdict},
    prepare::{SecretSource, task},
    prices::VARIABLE,
    remember,
};
use document::{
    Workflow,
    id::NodeId,
    node::{
        agent::{Agent, Head, tool::parameters_by},
        memory::Memory as Conversation,
    },
    work::{McpAsk, Message as Said, ModelAnswer, ToolSpec, Work},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use stepwell_core::{
    agent::{self, groups_asked, key_of, last_of, talk},
    execution::Execution,
    id::Activation,
    reading::Reading,
    sight::Sight,
    task::{Failure, Outcome, Task},
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
    let owner = state.started.owner.as_str();
    let mut tools = takes(host, owner, agent).await?;
    let mut listed = Vec::new();
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
                listed.push((node.clone(), allowed(output, server.tools.as_deref())));
            }
            failed => return Ok(failed),
        }
    }
    tools.extend(agent::listed(agent, listed));
    let (mut key, mut memory) = (None, None);
    let looked = !agent.servers.is_empty() || agent.tools.iter().any(|tool| tool.called.is_some());
    if let Some(conversation) = &agent.memory {
        let rendered = with_values(host, state.id(), || {
            Reading::of(|reading| conversation.key.render(&Sight::of_config(workflow, state, ix, reading).scope()))
        });
        let named = match rendered.await?.map(key_of) {
            Ok(Some(named)) => named,
            Ok(None) => {
                let most = limits::MEMORY_KEY_BYTES;
                let message = format!("the key of a memory is a text of 1 to {most} bytes");
                return Ok(Outcome::Failed(Failure::new("invalid_config", message)));
            }
            Err(error) => return Ok(Outcome::Failed(Failure::new(error.code, error.message))),
        };
        memory = Some(recalled(host, state, &named, conversation).await?);
        key = Some(named);
    }
    veil_found(host, state, workflow, memory.as_mut(), &mut tools).await?;
    let tools = looked.then_some(Value::Object(tools));
    Ok(told(&agent::Heard::Opened { key, memory, tools }))
}

/// What the saved workflows take that are tools of an agent, by the node of each. One that is not there has its call fail.
async fn takes(host: &dyn Host, owner: &str, agent: &Agent) -> Result<Map<String, Value>, StoreError> {
    let mut found = Map::new();
    for (tool, called) in agent.tools.iter().filter_map(|tool| Some((tool, tool.called.as_ref()?))) {
        let saved = saved(host, owner, called).await?.ok();
        let takes = saved.and_then(|(_, saved)| parameters_by(saved.input_schema.as_ref()?));
        found.extend(takes.map(|takes| (tool.node.to_string(), json!({ "parameters": takes }))));
    }
    Ok(found)
}

/// The last messages of a conversation, as many as its agent reads.
async fn recalled(host: &dyn Host, state: &Execution, key: &str, of: &Conversation) -> Result<Vec<Said>, StoreError> {
    let most = usize::try_from(of.window).unwrap_or(usize::MAX);
    let recall = || host.memories().recall(&state.started.owner, key, most, host.now());
    let mut found = recall().await?;
    if may_be_lost(host) && remember::make_good(host, state, key, &found).await? {
        found = recall().await?;
    }
    let all: Vec<Said> = found.into_iter().flat_map(|one| one.messages).collect();
    Ok(last_of(&all, of))
}

/// Adds to a conversation what an agent said that came to its end in a turn, where an earlier release left that to a message.
pub(super) async fn remember(host: &dyn Host, state: &Execution, activation: &Activation, seq: u64) -> Handled {
    match remember::add(host, state, activation, seq).await {
        Ok(()) => Handled::Verdict(Verdict::Acknowledge),
        Err(error) => Handled::Verdict(failed(&error)),
    }
}

/// The tools of a server that the document lets agents use.
fn allowed(listed: Value, named: Option<&[String]>) -> Vec<ToolSpec> {
    let listed: Vec<ToolSpec> = serde_json::from_value(listed).unwrap_or_default();
    let wanted = |tool: &ToolSpec| named.is_none_or(|named| named.contains(&tool.name));
    listed.into_iter().filter(wanted).collect()
}

/// The failure of an agent with a budget in money, of which a model has no price here; none where all have one.
pub(super) fn unpriced(host: &dyn Host, workflow: &Workflow, activation: &Activation, task: &Task) -> Option<Outcome> {
    let agent = workflow.node(activation.node.as_str())?.kind.agent()?;
    agent.usd_budget.as_ref()?;
    let Work::Model(call) = &task.work else { return None };
    let names = call.models.iter().map(|model| format!("{}/{}", model.provider.as_str(), model.name));
    let unknown = names.into_iter().find(|name| !host.prices().is_some_and(|prices| prices.knows(name)))?;
    let message = format!(
        "no price of {unknown} is known here, so no budget in money can be kept: set {VARIABLE}, or bound tokens"
    );
    Some(Outcome::Failed(Failure::new("invalid_request", message)))
}

/// Lets those who listen to an execution hear the model that is asked, as long as this is kept; none where nobody does.
pub(super) fn heard(host: &dyn Host, state: &Execution, activation: &Activation, task: &Task) -> Option<Heard> {
    let before = talk(state, activation).map_or(0, |talk| talk.turns.len());
    let turn = u32::try_from(before + 1).unwrap_or(u32::MAX);
    host.pieces()?.begin(state.id(), (&activation.node, turn), &task.idempotency_key)
}

/// What a model was told first, and the agent that asked it.
pub(super) struct Asked<'a> {
    pub head: Head,
    pub state: &'a Arc<Execution>,
    pub workflow: &'a Arc<Workflow>,
    pub node: &'a NodeId,
}

/// The outcome of a call of a model, with what the model was told first.
pub(super) async fn answered(host: &dyn Host, asked: Asked<'_>, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Succeeded { output, .. } => match serde_json::from_value::<ModelAnswer>(output) {
            Ok(mut answer) => {
                answer.usage.nano_usd = host.prices().and_then(|prices| prices.cost(&answer.model, &answer.usage));
                let used_up = std::mem::take(&mut answer.used_up);
                let empty = asked_in_vain(host, &asked, &answer).await;
                told(&agent::Heard::Answered { asked: asked.head, answer, empty, used_up })
            }
            Err(error) => {
                let message = format!("the answer of the model is not understood: {error}");
                Outcome::Failed(Failure::new("model_unavailable", message).retryable())
            }
        },
        // Asking a model again does no harm, so nothing of it is unknown.
        Outcome::Unknown(failure) | Outcome::Failed(failure) => Outcome::Failed(failure),
    }
}

/// The groups whom a model wants to ask and in which nobody is. Where the store cannot tell, none is held back: the answer of
/// the model would be lost.
async fn asked_in_vain(host: &dyn Host, asked: &Asked<'_>, answer: &ModelAnswer) -> Vec<String> {
    if host.tokens_name_groups() {
        return Vec::new();
    }
    let Some(&ix) = asked.workflow.graph.index.get(asked.node) else { return Vec::new() };
    let (state, workflow) = (asked.state, asked.workflow);
    let names =
        with_values(host, state.id(), || Reading::of(|reading| groups_asked(workflow, state, ix, answer, reading)));
    let names = names.await.unwrap_or_default();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    without_members(host, &state.started.owner, &names).await.unwrap_or_default()
}

fn told(heard: &agent::Heard) -> Outcome {
    Outcome::Succeeded { port: "success".into(), output: serde_json::to_value(heard).unwrap_or_default() }
}

fn nothing() -> Outcome {
    Outcome::Failed(Failure::new("not_found", "the workflow has no such agent"))
}
