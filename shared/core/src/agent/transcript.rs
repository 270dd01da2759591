//! What a model is asked: what it was told first, what it answered, and what its tools gave.

use super::{
    models::Tries,
    servers::{of_called, tool_of},
};
use crate::{
    evolve::parts_of_input,
    execution::{CallStatus, Execution, Talk, ToolEnd},
    reading::Reading,
    sight::Sight,
};
use document::{
    Workflow,
    graph::NodeIx,
    limits::TOOLS,
    node::agent::{Agent, Head, Tool},
    work::{Message, ModelAnswer, ModelCall, ToolSpec},
};
use expression::{ExprError, Secrets};
use serde_json::Value;

/// Whether an agent has to look for something before it asks its model: what it remembers, which tools servers have, or what
/// the workflows take that it may run.
pub fn opens(agent: &Agent, talk: Option<&Talk>) -> bool {
    let looked = talk.is_some_and(|talk| talk.memory.is_some() || talk.tools.is_some());
    let calls = || agent.tools.iter().any(|tool| tool.called.is_some());
    !looked && (agent.memory.is_some() || !agent.servers.is_empty() || calls())
}

/// The next call of an agent's model, and what the model is told first in it.
///
/// # Errors
/// Where a template fails.
pub fn ask(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    secrets: &dyn Secrets,
    reading: &Reading,
) -> Result<Option<(ModelCall, Head)>, ExprError> {
    let Some(agent) = workflow.nodes.get(ix).and_then(|node| node.kind.agent()) else { return Ok(None) };
    let sight = Sight::of_config(workflow, state, ix, reading);
    let scope = sight.scope();
    let (came, handed) = parts_of_input(workflow, state, ix, reading);
    let handed: Vec<_> = handed.iter().map(|(connection, value)| (*connection, reading.value(value))).collect();
    let head = agent.head(&scope, reading.value(&came), &handed)?;
    let node = state.node(&workflow.nodes[ix].id);
    let talk = node.and_then(|node| node.talk.as_deref());
    let tries = Tries::of(&workflow.nodes[ix], node, node.map_or(1, |node| node.attempt));
    let left = tries.asked().iter().filter_map(|&position| Some((position, agent.models.get(position as usize)?)));
    let call = ModelCall {
        models: left.map(|(place, model)| model.choice(place, &scope, secrets)).collect::<Result<_, _>>()?,
        is_patient: true,
        system: head.system.clone(),
        messages: transcript(agent, talk, &head, reading),
        tools: tools(agent, talk, reading),
        output_schema: agent.output_schema.as_ref().map(|schema| schema.source.clone()),
    };
    Ok(Some((call, head)))
}

/// All tools that a model may ask for.
fn tools(agent: &Agent, talk: Option<&Talk>, reading: &Reading) -> Vec<ToolSpec> {
    let own = |tool: &Tool| match of_called(tool, talk, reading) {
        Some(parameters) => ToolSpec { parameters: parameters.clone(), ..tool.spec() },
        None => tool.spec(),
    };
    let mut all: Vec<ToolSpec> = agent.tools.iter().filter(|tool| !tool.is_server).map(own).collect();
    let known = talk.and_then(|talk| talk.tools.as_ref()).map(|tools| reading.value(tools));
    let served = agent.tools.iter().filter(|tool| tool.is_server);
    let served = served.filter_map(|tool| known?.get(tool.node.as_str()));
    let served = served.filter_map(|tools| serde_json::from_value::<Vec<ToolSpec>>(tools.clone()).ok()).flatten();
    // Of several tools of one name a call means the first, so the others are not offered.
    for tool in served {
        if all.iter().all(|known| known.name != tool.name) {
            all.push(tool);
        }
    }
    all
}

/// The names of the tools that there are, as a model is told that asked for another.
pub(super) fn names(agent: &Agent, talk: Option<&Talk>, reading: &Reading) -> String {
    let names: Vec<String> = tools(agent, talk, reading).into_iter().map(|tool| tool.name).collect();
    match names.split_at_checked(TOOLS) {
        Some((some, more)) if !more.is_empty() => format!("there are {} and {} more", some.join(", "), more.len()),
        Some(_) | None if names.is_empty() => "this agent has none".to_owned(),
        Some(_) | None => format!("there are {}", names.join(", ")),
    }
}

/// What was said so far, the oldest first, without what the model is told about its part.
pub fn transcript(agent: &Agent, talk: Option<&Talk>, head: &Head, reading: &Reading) -> Vec<Message> {
    let mut messages: Vec<Message> = talk
        .and_then(|talk| talk.memory.as_ref())
        .and_then(|memory| serde_json::from_value(reading.value(memory).clone()).ok())
        .unwrap_or_default();
    messages.extend(head.messages.iter().cloned());
    for said in talk.into_iter().flat_map(|talk| &talk.turns) {
        let Ok(answer) = serde_json::from_value::<ModelAnswer>(reading.value(&said.answer).clone()) else { continue };
        let results = (0..).zip(&answer.tool_calls).filter_map(|(position, call)| {
            let end = said.ended.get(&position)?;
            let tool = tool_of(agent, talk, &call.name, reading);
            let mut content = shown_result(tool, end, reading);
            if let Some(changed) = end.arguments.as_ref().map(|changed| reading.value(changed)) {
                let told = format!("A person changed the arguments of this call to {changed}. What came of it:");
                content = format!("{told}\n{content}");
            }
            Some(Message::Tool { id: call.id.clone(), name: call.name.clone(), content })
        });
        let results: Vec<Message> = results.collect();
        messages.push(Message::Assistant { content: answer.text, tool_calls: answer.tool_calls });
        messages.extend(results);
        messages.extend(said.again.clone().map(|content| Message::User { content }));
    }
    messages
}

/// What of a person's answer is no matter of the model, nor of its provider: who said so, and the evidence of that.
const UNTOLD: [&str; 3] = ["responses", "receipt", "automatic"];

/// Whether a tool asks a person.
fn asks_people(tool: &Tool) -> bool {
    tool.flow.node(tool.node.as_str()).is_some_and(|node| node.kind.human().is_some())
}

/// The result of a call as the model gets to read it: cut where it is long.
fn shown_result(tool: Option<&Tool>, end: &ToolEnd, reading: &Reading) -> String {
    let why = || end.error.as_ref().map_or("", |error| error.message.as_str());
    let text = match end.status {
        CallStatus::Succeeded | CallStatus::Answered => {
            let whole = reading.value(&end.result);
            // Of another agent the answer counts, and not how it came to it.
            let answer = ["data", "text"].iter().filter_map(|key| whole.get(key)).find(|value| !value.is_null());
            let is_agent = tool.is_some_and(|tool| tool.is_agent);
            match answer.filter(|_| is_agent).unwrap_or(whole) {
                Value::String(text) => text.clone(),
                Value::Object(members) if tool.is_some_and(asks_people) => {
                    let told = |(key, value): &(&String, &Value)| !UNTOLD.contains(&key.as_str()) && !value.is_null();
                    Value::Object(members.iter().filter(told).map(|(k, v)| (k.clone(), v.clone())).collect())
                        .to_string()
                }
                other => other.to_string(),
            }
        }
        CallStatus::Failed => {
            let code = end.error.as_ref().map_or("failed", |error| error.code.as_str());
            format!("The tool failed: {code}: {}", why())
        }
        CallStatus::Rejected => return format!("A person refused this call: {}", why()),
        CallStatus::Refused | CallStatus::Expired => return format!("The call was not run: {}", why()),
    };
    let most = tool.map_or(document::limits::TOOL_RESULT_BYTES, |tool| tool.result_bytes) as usize;
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}\n[cut: the result has {} bytes, of which these are the first {end}]", &text[..end], text.len())
}
