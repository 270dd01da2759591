//! What an agent comes to: whether an answer is the last one, and the node's output.

use super::{misfits::misfits, transcript::transcript};
use crate::{execution::Execution, reading::Reading};
use document::{InputSchema, Workflow, graph::NodeIx, node::agent::Head, work::ModelAnswer};
use serde_json::{Value, json};

/// The JSON of an answer that has to satisfy a schema, or what is wrong with it, as the model is told.
///
/// # Errors
/// The text that the model is told.
pub fn misfit(schema: &InputSchema, text: &str) -> Result<Value, String> {
    let data = serde_json::from_str::<Value>(unfenced(text));
    let data = data.map_err(|error| format!("The answer is no JSON ({error}). Answer with JSON alone."))?;
    match misfits(schema, &data) {
        Some(why) => Err(format!("The answer does not fit its schema: {why}. Answer with JSON that fits.")),
        None => Ok(data),
    }
}

/// A text without the fence that models like to put around JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.strip_prefix("json").unwrap_or(inner).trim()
}

/// The output of an agent whose last answer this is.
pub fn output(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    answer: &ModelAnswer,
    data: &Value,
    reading: &Reading,
) -> Value {
    let talk = state.node(&workflow.nodes[ix].id).and_then(|node| node.talk.as_deref());
    let (Some(agent), Some(talk)) = (workflow.nodes[ix].kind.agent(), talk) else { return Value::Null };
    let heads = talk.turns.iter().rev().find_map(|said| said.asked.as_ref());
    let head: Head =
        heads.and_then(|head| serde_json::from_value(reading.value(head).clone()).ok()).unwrap_or_default();
    let mut calls = Vec::new();
    for said in &talk.turns {
        let asked = reading.value(&said.answer)["tool_calls"].as_array().cloned().unwrap_or_default();
        for (position, call) in (0..).zip(&asked) {
            let end = said.ended.get(&position);
            let arguments = end.and_then(|end| end.arguments.as_ref()).map(|given| reading.value(given));
            calls.push(json!({
                "id": call["id"], "name": call["name"], "arguments": arguments.unwrap_or(&call["arguments"]),
                "status": end.map(|end| end.status),
                "result": end.map(|end| reading.value(&end.result)),
                "error": end.and_then(|end| end.error.as_ref()),
                "execution_id": end.and_then(|end| end.execution_id.as_ref()),
            }));
        }
    }
    json!({
        "text": answer.text, "data": data, "messages": transcript(agent, Some(talk), &head, reading),
        "tool_calls": calls, "turns": talk.turns.len(),
        "usage": {
            "input_tokens": talk.usage.input_tokens, "output_tokens": talk.usage.output_tokens,
            "cached_tokens": talk.usage.cached_tokens, "usd": talk.usage.usd(),
        },
        "model": answer.model, "stop_reason": answer.stop_reason,
    })
}
