//! The protocols on what providers document: the parts that a stand-in does not show.
#![allow(clippy::unwrap_used)]

use super::{
    protocol::{NoAnswer, Request, Said},
    protocol_of,
    refusal::{Refusal, all},
};
use crate::http::Answered;
use document::work::{Message, ModelCall, ModelChoice, Provider, ToolCall, ToolSpec, Usage};
use serde_json::{Value, json};

fn choice(provider: Provider, name: &str) -> ModelChoice {
    ModelChoice {
        place: 0,
        provider,
        name: name.into(),
        base_url: None,
        api_key: Some("key".into()),
        temperature: Some(0.5),
        top_p: None,
        max_output_tokens: Some(99),
        stop: vec!["END".into()],
    }
}

/// A conversation that has all kinds of messages, and two results in a row.
fn call(output_schema: Option<Value>) -> ModelCall {
    let asked = |id: &str, arguments: Value| ToolCall {
        id: id.into(),
        name: "find".into(),
        arguments,
        signature: Some(format!("signed {id}")),
    };
    let result = |id: &str| Message::Tool { id: id.into(), name: "find".into(), content: format!("result {id}") };
    let tool_calls = vec![asked("c1", json!({"a": 1})), asked("c2", json!("{\"a\""))];
    ModelCall {
        models: Vec::new(),
        is_patient: false,
        system: Some("Be brief.".into()),
        messages: vec![
            Message::User { content: "Find it.".into() },
            Message::Assistant { content: String::new(), tool_calls },
            result("c1"),
            result("c2"),
            Message::System { content: "Be kind.".into() },
            Message::User { content: "Well?".into() },
        ],
        tools: vec![ToolSpec {
            name: "find".into(),
            description: String::new(),
            parameters: json!({"type": "object"}),
        }],
        output_schema,
    }
}

fn request(provider: Provider, name: &str, base: &str, call: &ModelCall) -> Request {
    protocol_of(provider).request(call, &choice(provider, name), base)
}

fn said(provider: Provider, body: Value) -> Result<Said, NoAnswer> {
    protocol_of(provider).answer(&call(None), &choice(provider, "model"), &body)
}

#[test]
fn openai_reads_a_conversation() {
    let asked = request(Provider::Openai, "gpt-5", "https://api.openai.com/v1", &call(None));
    assert_eq!(asked.url, "https://api.openai.com/v1/chat/completions");
    assert_eq!(asked.headers, [("authorization".to_owned(), "Bearer key".to_owned())]);
    let function = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "find", "arguments": arguments}});
    assert_eq!(
        asked.body,
        json!({"model": "gpt-5", "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Find it."},
            {"role": "assistant", "content": null, "tool_calls": [function("c1", "{\"a\":1}"), function("c2", "{\"a\"")]},
            {"role": "tool", "tool_call_id": "c1", "content": "result c1"},
            {"role": "tool", "tool_call_id": "c2", "content": "result c2"},
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Well?"},
        ], "tools": [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}],
            "temperature": 0.5, "stop": ["END"], "max_completion_tokens": 99})
    );
    let other = request(Provider::OpenaiCompatible, "llama", "http://localhost/v1", &call(None));
    assert_eq!((&other.body["max_tokens"], other.body.get("max_completion_tokens")), (&json!(99), None));
}

#[test]
fn anthropic_reads_a_conversation() {
    let asked = request(Provider::Anthropic, "claude-sonnet-4-5", "https://api.anthropic.com", &call(None));
    assert_eq!(asked.url, "https://api.anthropic.com/v1/messages");
    assert!(asked.headers.contains(&("x-api-key".into(), "key".into())));
    let used = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "find", "input": input});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": format!("result {id}")});
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        asked.body,
        json!({"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": [
            {"role": "user", "content": [text("Find it.")]},
            {"role": "assistant", "content": [used("c1", json!({"a": 1})), used("c2", json!({"arguments": "{\"a\""}))]},
            {"role": "user", "content": [result("c1"), result("c2"), text("Well?")]},
        ], "system": "Be brief.\n\nBe kind.", "tools": [{"name": "find", "input_schema": {"type": "object"}}],
            "temperature": 0.5, "stop_sequences": ["END"]})
    );
    let with = request(Provider::Anthropic, "claude", "https://proxy.example.com/a/v1", &call(None));
    assert_eq!(with.url, "https://proxy.example.com/a/v1/messages");
}

#[test]
fn gemini_reads_a_conversation() {
    let base = "https://generativelanguage.googleapis.com/v1beta";
    let asked = request(Provider::Gemini, "gemini-2.5-pro", base, &call(None));
    let path = "/models/gemini-2.5-pro:generateContent";
    assert_eq!(asked.url, format!("{base}{path}"));
    assert_eq!(asked.headers, [("x-goog-api-key".to_owned(), "key".to_owned())]);
    let used = |id: &str, args: Value| json!({"functionCall": {"name": "find", "args": args}, "thoughtSignature": format!("signed {id}")});
    let result =
        |id: &str| json!({"functionResponse": {"name": "find", "response": {"result": format!("result {id}")}}});
    assert_eq!(
        asked.body,
        json!({"contents": [
            {"role": "user", "parts": [{"text": "Find it."}]},
            {"role": "model", "parts": [used("c1", json!({"a": 1})), used("c2", json!({"arguments": "{\"a\""}))]},
            {"role": "user", "parts": [result("c1"), result("c2"), {"text": "Well?"}]},
        ], "systemInstruction": {"parts": [{"text": "Be brief.\n\nBe kind."}]},
            "tools": [{"functionDeclarations": [{"name": "find", "parametersJsonSchema": {"type": "object"}}]}],
            "generationConfig": {"temperature": 0.5, "maxOutputTokens": 99, "stopSequences": ["END"]}})
    );
}

#[test]
fn gemini_takes_over_the_tool_calls_of_another_model() {
    let mut taken_over = call(None);
    for message in &mut taken_over.messages {
        if let Message::Assistant { tool_calls, .. } = message {
            tool_calls.iter_mut().for_each(|it| it.signature = None);
        }
    }
    let signatures = |name| {
        let body = request(Provider::Gemini, name, "https://g", &taken_over).body;
        let parts = body["contents"][1]["parts"].as_array().unwrap().clone();
        parts.iter().map(|part| part["thoughtSignature"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(signatures("gemini-3-pro"), [Some("skip_thought_signature_validator".into()), None]);
    assert_eq!(signatures("gemini-2.5-pro"), [None, None]);
}

#[test]
fn bedrock_reads_a_conversation() {
    let asked = request(Provider::Bedrock, "eu.amazon.nova-pro-v1:0", "https://b", &call(None));
    assert_eq!(asked.url, "https://b/model/eu.amazon.nova-pro-v1%3A0/converse");
    assert!(!asked.signed && asked.headers[0].1 == "Bearer key", "a key of Bedrock stands for a signature");
    let used = |id: &str, input: Value| json!({"toolUse": {"toolUseId": id, "name": "find", "input": input}});
    let result = |id: &str| json!({"toolResult": {"toolUseId": id, "content": [{"text": format!("result {id}")}]}});
    assert_eq!(
        asked.body,
        json!({"messages": [
            {"role": "user", "content": [{"text": "Find it."}]},
            {"role": "assistant", "content": [used("c1", json!({"a": 1})), used("c2", json!({"arguments": "{\"a\""}))]},
            {"role": "user", "content": [result("c1"), result("c2"), {"text": "Well?"}]},
        ], "system": [{"text": "Be brief.\n\nBe kind."}],
            "inferenceConfig": {"maxTokens": 99, "temperature": 0.5, "stopSequences": ["END"]},
            "toolConfig": {"tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}]}})
    );
}

#[test]
fn a_schema_is_enforced_where_that_is_possible_and_told_where_not() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}, "required": ["a"]});
    let made = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
    let asked = ModelCall { tools: Vec::new(), ..call(Some(schema.clone())) };
    let told = |body: &Value| body.to_string().contains("JSON Schema");
    let body = |provider, name| request(provider, name, "https://x", &asked).body;
    let openai = body(Provider::Openai, "gpt-5");
    assert_eq!(openai["response_format"]["json_schema"]["schema"], made);
    let anthropic = body(Provider::Anthropic, "claude-sonnet-4-5");
    assert_eq!(anthropic["output_config"]["format"], json!({"type": "json_schema", "schema": made}));
    let gemini = body(Provider::Gemini, "gemini-2.5-pro");
    assert_eq!(gemini["generationConfig"]["responseJsonSchema"], schema);
    let bedrock = body(Provider::Bedrock, "eu.anthropic.claude-sonnet-4-5-v1:0");
    let structure = &bedrock["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
    assert_eq!(serde_json::from_str::<Value>(structure["schema"].as_str().unwrap()).unwrap(), made);
    assert!(![openai, anthropic, gemini, bedrock].iter().any(told));
    for (provider, name) in [
        (Provider::Anthropic, "claude-3-5-haiku-latest"),
        (Provider::Bedrock, "amazon.nova-pro-v1:0"),
        (Provider::Bedrock, "anthropic.claude-3-haiku-v1:0"),
    ] {
        assert!(told(&body(provider, name)), "{name}");
    }
    let list = ModelCall { tools: Vec::new(), ..call(Some(json!({"type": "array"}))) };
    assert!(told(&request(Provider::Openai, "gpt-5", "https://x", &list).body), "a root is an object");
    let beside = request(Provider::Gemini, "gemini-2.5-pro", "https://x", &call(Some(schema))).body;
    assert!(told(&beside) && beside["generationConfig"].get("responseMimeType").is_none(), "beside tools");
    let fenced =
        json!({"content": [{"type": "text", "text": "```json\n{\"a\": \"b\"}\n```"}], "stop_reason": "end_turn"});
    let old = choice(Provider::Anthropic, "claude-3-opus");
    assert_eq!(protocol_of(Provider::Anthropic).answer(&asked, &old, &fenced).unwrap().text, "{\"a\": \"b\"}");
}

#[test]
fn what_was_cached_is_counted_as_read() {
    let usage = |provider, body| said(provider, body).unwrap().usage;
    let expected = Usage { input_tokens: 100, output_tokens: 7, cached_tokens: 60, nano_usd: None };
    let openai = json!({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}});
    assert_eq!(usage(Provider::Openai, openai), expected);
    let anthropic = json!({"content": [], "stop_reason": "end_turn", "usage": {"input_tokens": 30,
        "cache_read_input_tokens": 60, "cache_creation_input_tokens": 10, "output_tokens": 7}});
    assert_eq!(usage(Provider::Anthropic, anthropic), expected);
    let gemini = json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}], "usageMetadata": {
        "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 4, "thoughtsTokenCount": 3}});
    assert_eq!(usage(Provider::Gemini, gemini), expected);
    let bedrock = json!({"output": {"message": {"content": []}}, "stopReason": "end_turn", "usage": {
        "inputTokens": 30, "cacheReadInputTokens": 60, "cacheWriteInputTokens": 10, "outputTokens": 7}});
    assert_eq!(usage(Provider::Bedrock, bedrock), expected);
}

#[test]
fn tool_calls_keep_what_the_provider_wants_to_see_again() {
    let body = json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
        {"text": "hm", "thought": true},
        {"functionCall": {"name": "find", "args": {"a": 1}}, "thoughtSignature": "sig"},
        {"functionCall": {"name": "find"}},
    ]}}]});
    let said = said(Provider::Gemini, body).unwrap();
    assert_eq!((said.text.as_str(), said.stop_reason.as_str()), ("", "tool_calls"));
    let seen: Vec<_> = said.tool_calls.iter().map(|it| (it.id.as_str(), it.signature.as_deref())).collect();
    assert_eq!(seen, [("call_0", Some("sig")), ("call_1", None)]);
    assert_eq!(said.tool_calls[1].arguments, json!({}));
}

#[test]
fn refusals_are_no_answers() {
    let openai = |message: Value, reason: &str| json!({"choices": [{"message": message, "finish_reason": reason}]});
    let refused = [
        (Provider::Openai, openai(json!({"content": null, "refusal": "No."}), "stop")),
        (Provider::Openai, openai(json!({"content": ""}), "content_filter")),
        (Provider::Anthropic, json!({"content": [{"type": "text", "text": "I"}], "stop_reason": "refusal"})),
        (Provider::Gemini, json!({"promptFeedback": {"blockReason": "SAFETY"}})),
        (Provider::Gemini, json!({"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]})),
        (Provider::Bedrock, json!({"output": {"message": {"content": []}}, "stopReason": "guardrail_intervened"})),
        (Provider::Bedrock, json!({"output": {"message": {"content": []}}, "stopReason": "content_filtered"})),
    ];
    for (provider, body) in refused {
        assert!(matches!(said(provider, body.clone()), Err(NoAnswer::Refused(_))), "{body}");
    }
    // What was said before the filter is an answer, which says so.
    let partly = said(Provider::Openai, openai(json!({"content": "He"}), "content_filter")).unwrap();
    assert_eq!((partly.text.as_str(), partly.stop_reason.as_str()), ("He", "content_filter"));
    let named = Refusal::declined("No.").of("openai/x").failure;
    assert_eq!((named.code.as_str(), named.retryable), ("model_refused", false));
}

#[test]
fn what_is_no_answer_is_malformed() {
    for provider in Provider::ALL {
        for body in
            [json!({}), json!([]), json!(null), json!({"choices": [{}]}), json!({"content": 1}), json!({"output": 1})]
        {
            assert!(matches!(said(*provider, body.clone()), Err(NoAnswer::Malformed(_))), "{provider:?} {body}");
        }
    }
    let nameless = json!({"choices": [{"message": {"tool_calls": [{"id": "1"}]}}]});
    assert!(matches!(said(Provider::Openai, nameless), Err(NoAnswer::Malformed(_))));
}

fn refusal(status: u16, body: &Value, wait: Option<f64>) -> Refusal {
    let answered = Answered { status, headers: Default::default(), retry_after_seconds: None, body: Vec::new() };
    Refusal::of_status(&answered, body, wait, "the key")
}

#[test]
fn a_status_and_its_words_make_a_code() {
    let code = |status, body: Value| refusal(status, &body, None).failure.code;
    for (status, body, expected) in [
        (400, json!({"error": {"code": "context_length_exceeded", "message": "x"}}), "context_too_long"),
        (400, json!({"message": "Input is too long for requested model."}), "context_too_long"),
        (
            400,
            json!({"error": {"message": "The input token count (9) exceeds the maximum number of tokens allowed (3)."}}),
            "context_too_long",
        ),
        (413, json!({}), "context_too_long"),
        (400, json!({"error": {"code": "content_filter", "message": "x"}}), "model_refused"),
        (404, json!({"error": {"message": "no such model"}}), "invalid_request"),
        (302, json!({}), "invalid_request"),
        (408, json!({}), "model_unavailable"),
        (424, json!({"message": "the model failed"}), "model_unavailable"),
        (529, json!({"error": {"type": "overloaded_error"}}), "model_unavailable"),
    ] {
        assert_eq!(code(status, body.clone()), expected, "{status} {body}");
    }
    let wrong =
        json!({"error": {"code": 400, "message": "API key not valid: AIzaSecret", "status": "INVALID_ARGUMENT"}});
    let failure = refusal(400, &wrong, None).failure;
    assert!(failure.message.contains("does not accept the key") && !failure.message.contains("AIza"), "{failure:?}");
}

#[test]
fn a_wait_may_stand_in_the_body_and_the_shortest_counts() {
    let body = json!({"error": {"details": [{"@type": "x"}, {"retryDelay": "34.5s"}]}});
    let wait = protocol_of(Provider::Gemini).wait(&body);
    assert_eq!(wait, Some(34.5));
    let refused = vec![refusal(429, &body, wait), refusal(429, &json!({}), Some(3.0))];
    assert_eq!(all(refused).retry_after_seconds, Some(3.0));
    // A quota that is used up is no reason to wait, but one to ask another model.
    let used_up = refusal(429, &json!({"error": {"code": "insufficient_quota", "message": "x"}}), None);
    assert!(used_up.next && !used_up.failure.retryable);
    let both = all(vec![used_up, refusal(503, &json!({}), None)]);
    assert!(both.retryable && both.retry_after_seconds.is_none());
}
