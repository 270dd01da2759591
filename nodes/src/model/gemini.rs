//! Gemini's `generateContent`.

use super::{
    parts::{count, object, segment, set, some, system, text, turns, unfenced, within},
    protocol::{Assembly, NoAnswer, Protocol, Request, Said},
    role::AwsRole,
    stream::Candidates,
};
use document::work::{Message, ModelCall, ModelChoice, ToolCall, Usage};
use serde_json::{Map, Value, json};

/// `generateContent`.
pub(super) struct Gemini;

/// The version of the protocol that is spoken here.
const VERSION: &str = "v1beta";

/// What stands for the signature of a tool call that another model asked for. Gemini documents it for this case: from
/// version 3 on it refuses a message whose first call has none.
const OF_ANOTHER_MODEL: &str = "skip_thought_signature_validator";
/// What the names of models begin with that ask for no signature.
const WITHOUT_SIGNATURES: [&str; 2] = ["gemini-1", "gemini-2"];

impl Protocol for Gemini {
    fn home(&self, _role: &AwsRole) -> Result<String, &'static str> {
        Ok("https://generativelanguage.googleapis.com".into())
    }

    fn request(&self, call: &ModelCall, choice: &ModelChoice, base: &str) -> Request {
        let enforced = enforces(call);
        let told = system(call, &within(call), enforced);
        let turns = turns(&call.messages, ["user", "model"], |message| parts(message, &choice.name));
        let contents = turns.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts}));
        let mut body = json!({"contents": contents.collect::<Vec<_>>()});
        let instruction = Some(told).filter(|text| !text.is_empty());
        set(&mut body, "systemInstruction", instruction.map(|text| json!({"parts": [{"text": text}]})));
        let functions = call.tools.iter().map(|tool| {
            let mut made = json!({"name": tool.name, "parametersJsonSchema": tool.parameters});
            set(&mut made, "description", Some(tool.description.clone()).filter(|text| !text.is_empty()));
            made
        });
        let functions = some(functions.collect::<Vec<_>>());
        set(&mut body, "tools", functions.map(|functions| json!([{"functionDeclarations": functions}])));
        let mut config = Value::Object(Map::new());
        set(&mut config, "temperature", choice.temperature);
        set(&mut config, "topP", choice.top_p);
        set(&mut config, "maxOutputTokens", choice.max_output_tokens);
        set(&mut config, "stopSequences", some(choice.stop.clone()));
        if enforced {
            set(&mut config, "responseMimeType", Some("application/json"));
            set(&mut config, "responseJsonSchema", call.output_schema.clone());
        }
        set(&mut body, "generationConfig", Some(config).filter(|it| it.as_object().is_some_and(|it| !it.is_empty())));
        let key = choice.api_key.iter().map(|key| ("x-goog-api-key".to_owned(), key.clone()));
        let base = base.strip_suffix(VERSION).and_then(|rest| rest.strip_suffix('/')).unwrap_or(base);
        let url = format!("{base}/{VERSION}/models/{}:generateContent", segment(&choice.name));
        Request { url, headers: key.collect(), body, signed: false }
    }

    fn in_pieces(&self, request: &mut Request) -> Option<Box<dyn Assembly>> {
        request.url = request.url.replacen(":generateContent", ":streamGenerateContent?alt=sse", 1);
        Some(Box::new(Candidates::default()))
    }

    fn answer(&self, call: &ModelCall, _choice: &ModelChoice, body: &Value) -> Result<Said, NoAnswer> {
        let Some(candidate) = body.pointer("/candidates/0") else {
            return Err(match text(body, "/promptFeedback/blockReason") {
                Some(why) => NoAnswer::Refused(format!("the prompt was blocked: {why}")),
                None => NoAnswer::lacks("candidates"),
            });
        };
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut said = Said::default();
        for part in parts {
            if let Some(function) = part.get("functionCall") {
                said.tool_calls.push(tool_call(function, part, said.tool_calls.len())?);
            } else if part.get("thought") != Some(&Value::Bool(true)) {
                said.text.push_str(text(part, "/text").unwrap_or_default());
            }
        }
        let nothing = said.text.is_empty() && said.tool_calls.is_empty();
        let reason = text(candidate, "/finishReason").unwrap_or("STOP");
        said.stop_reason = match stop_reason(reason) {
            "content_filter" if nothing => return Err(NoAnswer::Refused(format!("the answer was blocked: {reason}"))),
            "malformed" => return Err(NoAnswer::Malformed(format!("the model asked for a tool wrongly ({reason})"))),
            "stop" if !said.tool_calls.is_empty() => "tool_calls".into(),
            other => other.to_lowercase(),
        };
        if call.output_schema.is_some() && !enforces(call) {
            said.text = unfenced(&said.text).to_owned();
        }
        said.usage = Usage {
            input_tokens: count(body, "/usageMetadata/promptTokenCount")
                .saturating_add(count(body, "/usageMetadata/toolUsePromptTokenCount")),
            output_tokens: count(body, "/usageMetadata/candidatesTokenCount")
                .saturating_add(count(body, "/usageMetadata/thoughtsTokenCount")),
            cached_tokens: count(body, "/usageMetadata/cachedContentTokenCount"),
            // Whoever asks knows what it costs.
            nano_usd: None,
        };
        Ok(said)
    }

    fn wait(&self, body: &Value) -> Option<f64> {
        let details = body.pointer("/error/details")?.as_array()?;
        let delay = details.iter().find_map(|detail| text(detail, "/retryDelay"))?;
        delay.strip_suffix('s')?.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
    }
}

/// Whether the provider enforces the schema: beside tools, most of its models refuse to.
fn enforces(call: &ModelCall) -> bool {
    call.output_schema.is_some() && call.tools.is_empty()
}

/// Why the model stopped, in the words of all providers.
fn stop_reason(reason: &str) -> &str {
    match reason {
        "STOP" | "FUNCTION_CALL" => "stop",
        "MAX_TOKENS" => "length",
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => "content_filter",
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => "malformed",
        other => other,
    }
}

/// A message as parts.
fn parts(message: &Message, model: &str) -> Vec<Value> {
    match message {
        Message::System { .. } => Vec::new(),
        Message::User { content } => vec![json!({"text": content})],
        Message::Tool { id: _, name, content } => {
            vec![json!({"functionResponse": {"name": name, "response": {"result": content}}})]
        }
        Message::Assistant { content, tool_calls } => {
            let mut parts = if content.is_empty() { Vec::new() } else { vec![json!({"text": content})] };
            let unsigned = tool_calls.iter().all(|call| call.signature.is_none())
                && !WITHOUT_SIGNATURES.iter().any(|old| model.starts_with(old));
            parts.extend(tool_calls.iter().enumerate().map(|(position, call)| {
                let mut part = json!({"functionCall": {"name": call.name, "args": object(&call.arguments)}});
                let other = (unsigned && position == 0).then(|| OF_ANOTHER_MODEL.to_owned());
                set(&mut part, "thoughtSignature", call.signature.clone().or(other));
                part
            }));
            parts
        }
    }
}

fn tool_call(function: &Value, part: &Value, position: usize) -> Result<ToolCall, NoAnswer> {
    let name = text(function, "/name").ok_or_else(|| NoAnswer::lacks("name of a tool call"))?;
    let id = text(function, "/id").map_or_else(|| format!("call_{position}"), str::to_owned);
    let arguments = function.get("args").filter(|it| !it.is_null()).map_or_else(|| json!({}), Value::clone);
    let signature = text(part, "/thoughtSignature").map(str::to_owned);
    Ok(ToolCall { id, name: name.to_owned(), arguments, signature })
}
