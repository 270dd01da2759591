//! A language model that says what a test wrote.

use document::work::{Message, ModelAnswer};
use engine::pieces::Speaker;
use serde_json::Value;
use stepwell_core::task::{Failure, Outcome, Report, Task, Work};

/// A runner whose model gives these answers, one for each that it has given before in the conversation. An answer is
/// `{text, tool_calls}`; each uses 10 tokens read and 5 written. Other nodes that do I/O fail.
pub fn model_that_says(answers: Vec<Value>) -> impl Fn(&Task) -> Report + Send + Sync + 'static {
    move |task| {
        let outcome = match &task.work {
            Work::Model(call) => {
                let said = call.messages.iter().filter(|one| matches!(one, Message::Assistant { .. })).count();
                answer(answers.get(said))
            }
            Work::Http(_) | Work::Code(_) | Work::Mcp(_) => Outcome::Failed(Failure::new("no_runner", "a model alone")),
        };
        Report { outcome, logs: Vec::new() }
    }
}

/// A conversation with an agent that has the tool `pay`, which a person must approve above 100.
pub fn chat_that_pays() -> Value {
    serde_json::from_str(include_str!("chat_that_pays.json")).unwrap_or_default()
}

fn answer(says: Option<&Value>) -> Outcome {
    let Some(says) = says else {
        return Outcome::Failed(Failure::new("invalid_request", "the test wrote no answer to this"));
    };
    let mut whole = serde_json::to_value(ModelAnswer {
        model: "stand_in/scripted".into(),
        stop_reason: if says["tool_calls"].is_null() { "stop" } else { "tool_calls" }.into(),
        ..ModelAnswer::default()
    })
    .unwrap_or_default();
    whole["usage"] = serde_json::json!({"input_tokens": 10, "output_tokens": 5, "cached_tokens": 0});
    if let (Some(whole), Some(says)) = (whole.as_object_mut(), says.as_object()) {
        whole.extend(says.clone());
    }
    Outcome::Succeeded { port: "success".into(), output: whole }
}

/// Says the text of an answer in two pieces.
pub fn speak(speaker: &Speaker, report: &Report) {
    let Outcome::Succeeded { output, .. } = &report.outcome else { return };
    let text: Vec<char> = output["text"].as_str().unwrap_or_default().chars().collect();
    let (first, second) = text.split_at(text.len() / 2);
    for piece in [first, second].into_iter().filter(|piece| !piece.is_empty()) {
        speaker.say(piece.iter().collect());
    }
}
