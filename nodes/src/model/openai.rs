//! OpenAI's Chat Completions, which many other servers speak as well.

use super::{
    parts::{arguments, count, object_text, set, some, system, text, unfenced},
    protocol::{Assembly, NoAnswer, Protocol, Request, Said},
    role::AwsRole,
    schema::{Taken, enforced},
    stream::Choices,
};
use document::work::{Message, ModelCall, ModelChoice, ToolCall, Usage};
use serde_json::{Value, json};

/// Chat Completions.
pub(super) struct OpenAi {
    /// Whether the server is another one, of which less can be expected.
    pub compatible: bool,
}

/// What strict schemas may have beside what all providers take.
const STRICT: Taken = Taken {
    kept: &[
        "format",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
    ],
    all_required: true,
    references: true,
};

impl Protocol for OpenAi {
    fn home(&self, _role: &AwsRole) -> Result<String, &'static str> {
        match self.compatible {
            false => Ok("https://api.openai.com/v1".into()),
            true => Err("openai_compatible has no address of its own: set base_url, such as http://localhost:11434/v1"),
        }
    }

    fn request(&self, call: &ModelCall, choice: &ModelChoice, base: &str) -> Request {
        let format = format(call);
        let told = system(call, &[], format.is_some());
        let mut messages: Vec<Value> = Vec::new();
        if !told.is_empty() {
            messages.push(json!({"role": "system", "content": told}));
        }
        messages.extend(call.messages.iter().map(message));
        let mut body = json!({"model": choice.name, "messages": messages});
        let tools = call.tools.iter().map(|tool| {
            let mut function = json!({"name": tool.name, "parameters": tool.parameters});
            set(&mut function, "description", Some(tool.description.clone()).filter(|text| !text.is_empty()));
            json!({"type": "function", "function": function})
        });
        set(&mut body, "tools", some(tools.collect()));
        set(&mut body, "response_format", format);
        set(&mut body, "temperature", choice.temperature);
        set(&mut body, "top_p", choice.top_p);
        set(&mut body, "stop", some(choice.stop.clone()));
        // The newer name is the only one that OpenAI's reasoning models take; other servers know the older one.
        let limit = if self.compatible { "max_tokens" } else { "max_completion_tokens" };
        set(&mut body, limit, choice.max_output_tokens);
        let authorization = choice.api_key.iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}")));
        Request { url: format!("{base}/chat/completions"), headers: authorization.collect(), body, signed: false }
    }

    fn in_pieces(&self, request: &mut Request) -> Option<Box<dyn Assembly>> {
        request.body["stream"] = Value::Bool(true);
        request.body["stream_options"] = json!({"include_usage": true});
        Some(Box::new(Choices::default()))
    }

    fn answer(&self, call: &ModelCall, _choice: &ModelChoice, body: &Value) -> Result<Said, NoAnswer> {
        let choice = body.pointer("/choices/0").ok_or_else(|| NoAnswer::lacks("choices"))?;
        let message = choice.get("message").filter(|it| it.is_object()).ok_or_else(|| NoAnswer::lacks("message"))?;
        if let Some(why) = text(message, "/refusal").filter(|why| !why.is_empty()) {
            return Err(NoAnswer::Refused(why.to_owned()));
        }
        let listed = message.get("tool_calls").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let tool_calls = listed.iter().enumerate().map(tool_call).collect::<Result<Vec<_>, _>>()?;
        let said = spoken(message);
        let reason = text(choice, "/finish_reason").unwrap_or("stop");
        if reason == "content_filter" && said.is_empty() && tool_calls.is_empty() {
            return Err(NoAnswer::Refused("the provider's content filter held the answer back".into()));
        }
        let stop_reason = match reason {
            // Some servers say `stop` although they ask for tools.
            "stop" | "function_call" | "tool_calls" if !tool_calls.is_empty() => "tool_calls",
            other => other,
        };
        let bare = call.output_schema.is_some() && format(call).is_none();
        Ok(Said {
            text: if bare { unfenced(&said).to_owned() } else { said },
            tool_calls,
            usage: Usage {
                input_tokens: count(body, "/usage/prompt_tokens"),
                output_tokens: count(body, "/usage/completion_tokens"),
                cached_tokens: count(body, "/usage/prompt_tokens_details/cached_tokens"),
                // Whoever asks knows what it costs.
                nano_usd: None,
            },
            stop_reason: stop_reason.to_owned(),
        })
    }
}

/// The format that the provider enforces; none where the call asks for text, or for what it cannot enforce. A schema that
/// fits no strict one is followed as well as the model can; its root has to be an object in any case.
fn format(call: &ModelCall) -> Option<Value> {
    let schema = call.output_schema.as_ref()?;
    let strict = enforced(schema, &STRICT);
    if strict.is_none() && schema.get("type") != Some(&Value::from("object")) {
        return None;
    }
    let (strict, schema) = strict.map_or_else(|| (false, schema.clone()), |made| (true, made));
    Some(json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": strict, "schema": schema}}))
}

fn message(message: &Message) -> Value {
    match message {
        Message::System { content } => json!({"role": "system", "content": content}),
        Message::User { content } => json!({"role": "user", "content": content}),
        Message::Tool { id, name: _, content } => json!({"role": "tool", "tool_call_id": id, "content": content}),
        Message::Assistant { content, tool_calls } => {
            let content = if content.is_empty() { Value::Null } else { json!(content) };
            let mut said = json!({"role": "assistant", "content": content});
            let calls = tool_calls.iter().map(|call| {
                let function = json!({"name": call.name, "arguments": object_text(&call.arguments)});
                json!({"id": call.id, "type": "function", "function": function})
            });
            set(&mut said, "tool_calls", some(calls.collect()));
            said
        }
    }
}

/// The text of a message, which some servers give in parts.
fn spoken(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| text(part, "/text")).collect(),
        _ => String::new(),
    }
}

fn tool_call((position, call): (usize, &Value)) -> Result<ToolCall, NoAnswer> {
    let name = text(call, "/function/name").ok_or_else(|| NoAnswer::lacks("name of a tool call"))?;
    let given = match call.pointer("/function/arguments") {
        Some(Value::String(text)) => arguments(text),
        Some(Value::Null) | None => arguments(""),
        Some(value) => value.clone(),
    };
    let id = text(call, "/id").filter(|id| !id.is_empty()).map_or_else(|| format!("call_{position}"), str::to_owned);
    Ok(ToolCall { id, name: name.to_owned(), arguments: given, signature: None })
}
