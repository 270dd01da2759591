//! Answers that come in pieces to whoever listens: what comes back, and so what is recorded, is what comes back where nobody
//! does.

use crate::support::*;
use document::work::{Message, ModelCall, ModelChoice, Provider, ToolSpec};
use engine::pieces::Pieces;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpListener,
};
use stepwell_core::task::Outcome;

/// The providers whose answers come in pieces.
const IN_PIECES: [Provider; 4] = [Provider::Openai, Provider::OpenaiCompatible, Provider::Anthropic, Provider::Gemini];

/// What comes of a call that somebody listens to, and what is heard of it: none where what was told is taken back.
async fn heard(call: ModelCall, allow: &str) -> (Outcome, Vec<Option<String>>) {
    let (pieces, execution) = (Pieces::default(), "exec".into());
    let mut ear = pieces.listen(&execution);
    let _call = pieces.begin(&execution, (&"agent".into(), 1), TASK);
    let outcome = run(&heard_nodes(allow, pieces), call, vec![key()], 10.0).await;
    (outcome, std::iter::from_fn(|| ear.try_recv().ok()).map(|piece| piece.text).collect())
}

async fn heard_of(provider: Provider, text: &str) -> (Outcome, Vec<Option<String>>) {
    heard(asking(provider, text), &here()).await
}

fn asking(provider: Provider, text: &str) -> ModelCall {
    let schema = json!({"type": "object", "required": ["department"],
        "properties": {"department": {"enum": ["billing", "technical"]}}});
    let tool = |name: &str| ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": {"email": {"type": "string"}}}),
    };
    let tools = if text.starts_with("find") { vec![tool("find_customer"), tool("count_orders")] } else { Vec::new() };
    let output_schema = text.starts_with("which").then_some(schema);
    ModelCall { tools, output_schema, ..call(vec![choice(provider)], vec![user(text)]) }
}

/// Whether whatever was told of an answer was taken back in the end. Little of it need have been told: the end of what came is
/// held back until it is clear that it begins no secret.
fn is_taken_back(pieces: &[Option<String>]) -> bool {
    pieces.last().is_none_or(Option::is_none)
}

/// An outcome as it is compared: the server makes the ids of tool calls up anew each time.
fn comparable(outcome: &Outcome) -> Value {
    let Outcome::Succeeded { output, .. } = outcome else { panic!("{outcome:?}") };
    let mut output = output.clone();
    for call in output["tool_calls"].as_array_mut().into_iter().flatten() {
        assert!(!call["id"].as_str().unwrap().is_empty());
        call["id"] = Value::Null;
    }
    output
}

#[tokio::test]
async fn what_comes_in_pieces_is_what_would_have_come_whole() {
    for text in
        ["say hello", "say it in full", "find ann", "find both", "which department", "echo the key", "in many words"]
    {
        for provider in Provider::ALL.iter().copied() {
            let whole = comparable(&run(&nodes(), asking(provider, text), vec![key()], 10.0).await);
            let (outcome, pieces) = heard_of(provider, text).await;
            assert_eq!(comparable(&outcome), whole, "{provider:?}, {text}");
            let said: String = pieces.iter().flatten().map(String::as_str).collect();
            let (told, expected) =
                (pieces.len(), if IN_PIECES.contains(&provider) { whole["text"].as_str() } else { None });
            assert_eq!(said, expected.unwrap_or_default(), "{provider:?}, {text}");
            assert!(text != "in many words" || expected.is_none() || told > 3, "{provider:?}: {pieces:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_in_the_place_of_a_stream_is_the_refusal_that_it_is() {
    for text in ["too many requests", "broken inside", "wrong request", "wrong key", "too long"] {
        for provider in Provider::ALL.iter().copied() {
            let whole = failed(outcome(provider, text).await);
            let (refused, pieces) = heard_of(provider, text).await;
            assert_eq!((failed(refused), pieces), (whole, vec![]), "{provider:?}, {text}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_in_the_middle_is_no_answer_and_what_was_told_is_taken_back() {
    for provider in IN_PIECES {
        let (outcome, pieces) = heard_of(provider, "stops midway").await;
        let failure = failed(outcome);
        assert_eq!(
            (failure.code.as_str(), failure.retryable),
            ("model_unavailable", true),
            "{provider:?}: {failure:?}"
        );
        assert!(is_taken_back(&pieces), "{provider:?}: {pieces:?}");
        for text in ["cut off", "garbled"] {
            let (outcome, pieces) = heard_of(provider, text).await;
            let failure = failed(outcome);
            assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
            assert!(pieces.iter().flatten().all(String::is_empty), "{provider:?}, {text}: {pieces:?}");
        }
    }
}

/// A server that answers one request with these events, and closes the connection.
fn events_of(events: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 65536]);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(format!("{head}{events}").as_bytes());
    });
    address
}

#[tokio::test]
async fn a_piece_that_cannot_be_read_is_no_answer_also_where_the_rest_can() {
    let openai = json!({"choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop"}]});
    let gemini = json!({"candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]});
    let text = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}});
    let anthropic = [
        json!({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        text,
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
        json!({"type": "message_stop"}),
    ];
    let all = [
        (Provider::Openai, vec![openai.clone()]),
        (Provider::OpenaiCompatible, vec![openai]),
        (Provider::Gemini, vec![gemini]),
        (Provider::Anthropic, anthropic.to_vec()),
    ];
    for (provider, good) in all {
        let lines = |events: &[Value]| events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>();
        // Without the piece that is broken it is an answer.
        for (broken, code) in [("", None), ("data: {\"choices\": [\n\n", Some("model_unavailable"))] {
            let base = events_of(lines(&good) + broken);
            let ask = call(vec![choice_at(provider, Some(base))], vec![user("hello")]);
            let (outcome, pieces) = heard(ask, "127.0.0.1").await;
            match code {
                None => assert_eq!(answer(outcome).text, "Hello", "{provider:?}"),
                Some(code) => {
                    let failure = failed(outcome);
                    assert_eq!((failure.code.as_str(), failure.retryable), (code, true), "{provider:?}: {failure:?}");
                    assert!(is_taken_back(&pieces), "{provider:?}: {pieces:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_next_model_is_asked_where_a_stream_ends_in_the_middle() {
    let first = ModelChoice { name: "first".into(), ..choice(Provider::Anthropic) };
    let second = ModelChoice { name: "second".into(), ..choice(Provider::Openai) };
    let ask = call(vec![first, second], vec![Message::User { content: "breaks off, then the next".into() }]);
    let (outcome, pieces) = heard(ask, &here()).await;
    let said = answer(outcome);
    assert_eq!((said.text.as_str(), said.model.as_str()), ("the second goes on", "openai/second"));
    let void = pieces.iter().position(Option::is_none).unwrap_or(0);
    let after: String = pieces[void..].iter().flatten().map(String::as_str).collect();
    assert_eq!(after, "the second goes on");
}
