//! Answers that come in pieces to whoever listens: what comes back, and so what is recorded, is what comes back where nobody
//! does.

use crate::support::*;
use document::work::{ModelCall, Provider, ToolSpec};
use engine::pieces::Pieces;
use serde_json::{Value, json};
use stepwell_core::task::Outcome;

/// The providers whose answers come in pieces.
pub const IN_PIECES: [Provider; 4] =
    [Provider::Openai, Provider::OpenaiCompatible, Provider::Anthropic, Provider::Gemini];

/// What comes of a call that somebody listens to, and what is heard of it: none where what was told is taken back.
pub async fn heard(call: ModelCall, allow: &str) -> (Outcome, Vec<Option<String>>) {
    let (pieces, execution) = (Pieces::default(), "exec".into());
    let mut ear = pieces.listen(&execution);
    let _call = pieces.begin(&execution, (&"agent".into(), 1), TASK);
    let outcome = run(&heard_nodes(allow, pieces), call, vec![key()], 10.0).await;
    (outcome, std::iter::from_fn(|| ear.try_recv().ok()).map(|piece| piece.text).collect())
}

pub async fn heard_of(provider: Provider, text: &str) -> (Outcome, Vec<Option<String>>) {
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
