//! Amazon Bedrock's Converse.

use super::{
    anthropic::{schema, stop_reason},
    parts::{count, object, segment, set, some, system, text, turns, unfenced, within},
    protocol::{NoAnswer, Protocol, Request, Said},
    role::AwsRole,
};
use document::work::{Message, ModelCall, ModelChoice, ToolCall, Usage};
use serde_json::{Map, Value, json};

/// Converse.
pub(super) struct Bedrock;

impl Protocol for Bedrock {
    fn home(&self, role: &AwsRole) -> Result<String, &'static str> {
        if let Some(endpoint) = role.endpoint() {
            return Ok(endpoint.to_owned());
        }
        match role.region() {
            Some(region) => Ok(format!("https://bedrock-runtime.{region}.amazonaws.com")),
            None => Err("the host knows no region of AWS: whoever runs Stepwell sets AWS_REGION"),
        }
    }

    fn request(&self, call: &ModelCall, choice: &ModelChoice, base: &str) -> Request {
        let schema = enforced(call, choice);
        let told = system(call, &within(call), schema.is_some());
        let turns = turns(&call.messages, ["user", "assistant"], blocks);
        let messages = turns.into_iter().map(|(role, blocks)| json!({"role": role, "content": blocks}));
        let mut body = json!({"messages": messages.collect::<Vec<_>>()});
        set(&mut body, "system", Some(told).filter(|text| !text.is_empty()).map(|text| json!([{"text": text}])));
        let mut config = Value::Object(Map::new());
        set(&mut config, "maxTokens", choice.max_output_tokens);
        set(&mut config, "temperature", choice.temperature);
        set(&mut config, "topP", choice.top_p);
        set(&mut config, "stopSequences", some(choice.stop.clone()));
        set(&mut body, "inferenceConfig", Some(config).filter(|it| it.as_object().is_some_and(|it| !it.is_empty())));
        let tools = call.tools.iter().map(|tool| {
            let mut made = json!({"name": tool.name, "inputSchema": {"json": tool.parameters}});
            set(&mut made, "description", Some(tool.description.clone()).filter(|text| !text.is_empty()));
            json!({"toolSpec": made})
        });
        let tools = some(tools.collect::<Vec<_>>());
        set(&mut body, "toolConfig", tools.map(|tools| json!({"tools": tools})));
        let format = schema.map(|schema| {
            let structure = json!({"jsonSchema": {"name": "answer", "schema": schema.to_string()}});
            json!({"textFormat": {"type": "json_schema", "structure": structure}})
        });
        set(&mut body, "outputConfig", format);
        let headers: Vec<_> =
            choice.api_key.iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}"))).collect();
        let signed = headers.is_empty();
        Request { url: format!("{base}/model/{}/converse", segment(&choice.name)), headers, body, signed }
    }

    fn answer(&self, call: &ModelCall, choice: &ModelChoice, body: &Value) -> Result<Said, NoAnswer> {
        let blocks = body.pointer("/output/message/content").and_then(Value::as_array);
        let blocks = blocks.ok_or_else(|| NoAnswer::lacks("output.message.content"))?;
        let mut said = Said::default();
        for block in blocks {
            if let Some(used) = block.get("toolUse") {
                said.tool_calls.push(tool_call(used, said.tool_calls.len())?);
            } else {
                said.text.push_str(text(block, "/text").unwrap_or_default());
            }
        }
        let nothing = said.text.is_empty() && said.tool_calls.is_empty();
        said.stop_reason = match text(body, "/stopReason").unwrap_or("end_turn") {
            // With a guardrail, the text is the message that its owner wrote for this case.
            "guardrail_intervened" => {
                let why = if nothing { "a guardrail held the answer back".into() } else { said.text };
                return Err(NoAnswer::Refused(why));
            }
            "content_filtered" if nothing => {
                return Err(NoAnswer::Refused("the provider's content filter held the answer back".into()));
            }
            "content_filtered" => "content_filter",
            "malformed_tool_use" | "malformed_model_output" => {
                return Err(NoAnswer::Malformed("the model's own output was malformed".into()));
            }
            other => stop_reason(other),
        }
        .to_owned();
        if call.output_schema.is_some() && enforced(call, choice).is_none() {
            said.text = unfenced(&said.text).to_owned();
        }
        let cached = count(body, "/usage/cacheReadInputTokens");
        said.usage = Usage {
            // What was read from the cache or written to it is not among the input tokens here.
            input_tokens: count(body, "/usage/inputTokens")
                .saturating_add(cached)
                .saturating_add(count(body, "/usage/cacheWriteInputTokens")),
            output_tokens: count(body, "/usage/outputTokens"),
            cached_tokens: cached,
            // Whoever asks knows what it costs.
            nano_usd: None,
        };
        Ok(said)
    }
}

/// The schema of the answer as it is enforced. Of the models on Bedrock, Anthropic's newer ones are known to take one.
fn enforced(call: &ModelCall, choice: &ModelChoice) -> Option<Value> {
    let (_, name) = choice.name.split_once("anthropic.")?;
    schema(call, name)
}

/// A message as blocks.
fn blocks(message: &Message) -> Vec<Value> {
    match message {
        Message::System { .. } => Vec::new(),
        Message::User { content } => text_block(content),
        Message::Tool { id, name: _, content } => {
            vec![json!({"toolResult": {"toolUseId": id, "content": text_block(content)}})]
        }
        Message::Assistant { content, tool_calls } => {
            let mut blocks = text_block(content);
            blocks.extend(tool_calls.iter().map(
                |call| json!({"toolUse": {"toolUseId": call.id, "name": call.name, "input": object(&call.arguments)}}),
            ));
            blocks
        }
    }
}

/// A text as a block. The protocol refuses empty ones.
fn text_block(content: &str) -> Vec<Value> {
    if content.is_empty() { Vec::new() } else { vec![json!({"text": content})] }
}

fn tool_call(used: &Value, position: usize) -> Result<ToolCall, NoAnswer> {
    let name = text(used, "/name").ok_or_else(|| NoAnswer::lacks("name of a tool call"))?;
    let id = text(used, "/toolUseId").map_or_else(|| format!("call_{position}"), str::to_owned);
    let arguments = used.get("input").map_or_else(|| json!({}), Value::clone);
    Ok(ToolCall { id, name: name.to_owned(), arguments, signature: None })
}
