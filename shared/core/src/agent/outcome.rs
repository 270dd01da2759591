//! What an agent comes to: whether an answer is the last one, and the node's output.

use super::{misfits::misfits, transcript::transcript};
use crate::{execution::Execution, reading::Reading};
use document::{InputSchema, Workflow, canonical::sha256, graph::NodeIx, node::agent::Head, work::ModelAnswer};
use serde_json::{Value, json};

/// The JSON of an answer that has to satisfy a schema, or what is wrong with it, as the model is told. `sealed`: that is kept,
/// and the answer itself is not, so nothing of it is quoted.
///
/// # Errors
/// The text that the model is told.
pub fn misfit(schema: &InputSchema, text: &str, sealed: bool) -> Result<Value, String> {
    let data = serde_json::from_str::<Value>(unfenced(text));
    let data = data.map_err(|error| format!("The answer is no JSON ({error}). Answer with JSON alone."))?;
    match misfits(schema, &data, sealed) {
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
    let seals = workflow.settings.seals_prompts;
    let mut calls = Vec::new();
    for said in &talk.turns {
        let asked = reading.value(&said.answer)["tool_calls"].as_array().cloned().unwrap_or_default();
        for (position, call) in (0..).zip(&asked) {
            let end = said.ended.get(&position);
            let changed = end.and_then(|end| end.arguments.as_ref()).map(|given| reading.value(given));
            // Only the answer has the arguments of a call that was not run.
            let is_sealed = seals && end.is_some_and(|end| end.execution_id.is_none());
            let arguments = if is_sealed { &Value::Null } else { changed.unwrap_or(&call["arguments"]) };
            let mut shown = json!({
                "id": call["id"], "name": call["name"], "arguments": arguments,
                "status": end.map(|end| end.status),
                "result": end.map(|end| reading.value(&end.result)),
                "error": end.and_then(|end| end.error.as_ref()),
                "execution_id": end.and_then(|end| end.execution_id.as_ref()),
            });
            if changed.is_some() {
                shown["asked_arguments"] = call["arguments"].clone();
            }
            if let Some(end) = end.filter(|end| !end.decided_by.is_empty()) {
                shown["decided_by"] = json!(end.decided_by);
            }
            calls.push(shown);
        }
    }
    let mut messages: Vec<Value> =
        transcript(agent, Some(talk), &head, reading).into_iter().map(|message| json!(message)).collect();
    if seals {
        let sealed = |message: &mut Value| *message = json!({ "role": message["role"], "sha256": sha256(&*message) });
        messages.iter_mut().for_each(sealed);
    }
    json!({
        "text": answer.text, "data": data, "messages": messages,
        "tool_calls": calls, "turns": talk.turns.len(),
        "usage": {
            "input_tokens": talk.usage.input_tokens, "output_tokens": talk.usage.output_tokens,
            "cached_tokens": talk.usage.cached_tokens, "usd": talk.usage.usd(),
        },
        "model": answer.model, "stop_reason": answer.stop_reason,
    })
}
