//! Anthropic's Messages.

use super::{
    parts::{count, object, set, some, system, text, turns, unfenced, within},
    protocol::{Assembly, NoAnswer, Protocol, Request, Said},
    role::AwsRole,
    schema::{Taken, enforced},
    stream::Messages,
};
use crate::limits::MODEL_OUTPUT_TOKENS;
use document::work::{Message, ModelCall, ModelChoice, ToolCall, Usage};
use serde_json::{Value, json};

/// Messages.
pub(super) struct Anthropic;

/// The version of the protocol that is spoken here.
const VERSION: &str = "2023-06-01";

const TAKEN: Taken = Taken { kept: &[], all_required: false, references: false };

/// What the names of the models begin with that came before Anthropic enforced schemas.
const BEFORE_SCHEMAS: [&str; 8] = [
    "claude-2",
    "claude-3",
    "claude-instant",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2025",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-2025",
];

impl Protocol for Anthropic {
    fn home(&self, _role: &AwsRole) -> Result<String, &'static str> {
        Ok("https://api.anthropic.com".into())
    }

    fn request(&self, call: &ModelCall, choice: &ModelChoice, base: &str) -> Request {
        let schema = schema(call, &choice.name);
        let told = system(call, &within(call), schema.is_some());
        let turns = turns(&call.messages, ["user", "assistant"], blocks);
        let messages = turns.into_iter().map(|(role, blocks)| json!({"role": role, "content": blocks}));
        let mut body = json!({
            "model": choice.name,
            "max_tokens": choice.max_output_tokens.unwrap_or(MODEL_OUTPUT_TOKENS),
            "messages": messages.collect::<Vec<_>>(),
        });
        set(&mut body, "system", Some(told).filter(|text| !text.is_empty()));
        let tools = call.tools.iter().map(|tool| {
            let mut made = json!({"name": tool.name, "input_schema": tool.parameters});
            set(&mut made, "description", Some(tool.description.clone()).filter(|text| !text.is_empty()));
            made
        });
        set(&mut body, "tools", some(tools.collect()));
        set(
            &mut body,
            "output_config",
            schema.map(|schema| json!({"format": {"type": "json_schema", "schema": schema}})),
        );
        set(&mut body, "temperature", choice.temperature);
        set(&mut body, "top_p", choice.top_p);
        set(&mut body, "stop_sequences", some(choice.stop.clone()));
        let mut headers = vec![("anthropic-version".to_owned(), VERSION.to_owned())];
        headers.extend(choice.api_key.iter().map(|key| ("x-api-key".to_owned(), key.clone())));
        // Both forms of the address are in use.
        let base = base.strip_suffix("/v1").unwrap_or(base);
        Request { url: format!("{base}/v1/messages"), headers, body, signed: false }
    }

    fn in_pieces(&self, request: &mut Request) -> Option<Box<dyn Assembly>> {
        request.body["stream"] = Value::Bool(true);
        Some(Box::new(Messages::default()))
    }

    fn answer(&self, call: &ModelCall, choice: &ModelChoice, body: &Value) -> Result<Said, NoAnswer> {
        let blocks = body.get("content").and_then(Value::as_array).ok_or_else(|| NoAnswer::lacks("content"))?;
        let reason = text(body, "/stop_reason").unwrap_or("end_turn");
        let mut said = Said::default();
        for block in blocks {
            match text(block, "/type") {
                Some("text") => said.text.push_str(text(block, "/text").unwrap_or_default()),
                Some("tool_use") => said.tool_calls.push(tool_call(block, said.tool_calls.len())?),
                // What a model thinks to itself is no part of its answer.
                _ => {}
            }
        }
        if reason == "refusal" {
            let why = if said.text.is_empty() { "the model declined to answer".into() } else { said.text };
            return Err(NoAnswer::Refused(why));
        }
        if call.output_schema.is_some() && schema(call, &choice.name).is_none() {
            said.text = unfenced(&said.text).to_owned();
        }
        said.stop_reason = stop_reason(reason).to_owned();
        let cached = count(body, "/usage/cache_read_input_tokens");
        said.usage = Usage {
            // What was read from the cache or written to it is not among the input tokens here.
            input_tokens: count(body, "/usage/input_tokens")
                .saturating_add(cached)
                .saturating_add(count(body, "/usage/cache_creation_input_tokens")),
            output_tokens: count(body, "/usage/output_tokens"),
            cached_tokens: cached,
            // Whoever asks knows what it costs.
            nano_usd: None,
        };
        Ok(said)
    }
}

/// Why a model stopped, in the words of all providers.
pub(super) fn stop_reason(reason: &str) -> &str {
    match reason {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" | "model_context_window_exceeded" => "length",
        other => other,
    }
}

/// The schema of the answer as it is enforced; none where it is not.
pub(super) fn schema(call: &ModelCall, name: &str) -> Option<Value> {
    if BEFORE_SCHEMAS.iter().any(|old| name.starts_with(old)) {
        return None;
    }
    enforced(call.output_schema.as_ref()?, &TAKEN)
}

/// A message as blocks.
fn blocks(message: &Message) -> Vec<Value> {
    match message {
        Message::System { .. } => Vec::new(),
        Message::User { content } => text_block(content),
        Message::Tool { id, name: _, content } => {
            vec![json!({"type": "tool_result", "tool_use_id": id, "content": content})]
        }
        Message::Assistant { content, tool_calls } => {
            let mut blocks = text_block(content);
            blocks.extend(tool_calls.iter().map(
                |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": object(&call.arguments)}),
            ));
            blocks
        }
    }
}

/// A text as a block. The protocol refuses empty ones.
fn text_block(content: &str) -> Vec<Value> {
    if content.is_empty() { Vec::new() } else { vec![json!({"type": "text", "text": content})] }
}

fn tool_call(block: &Value, position: usize) -> Result<ToolCall, NoAnswer> {
    let name = text(block, "/name").ok_or_else(|| NoAnswer::lacks("name of a tool call"))?;
    let id = text(block, "/id").map_or_else(|| format!("call_{position}"), str::to_owned);
    let arguments = block.get("input").map_or_else(|| json!({}), Value::clone);
    Ok(ToolCall { id, name: name.to_owned(), arguments, signature: None })
}
