//! An agent as `stepwell show` tells it: what its model was told and said, the tool calls, and what became of them.

use super::{
    colour::{self, Colour},
    columns::cut,
    limits, output,
};
use api::types::{Agent, AgentCall, AgentTurn, AgentUsage, LentTo, Node};
use document::Connection;
use serde_json::Value;
use stepwell_core::view::CallState;

/// Tells the conversation of a node, where it has one.
pub fn tell(node: &Node) {
    node.agent.iter().flat_map(|agent| lines(&node.node, agent)).for_each(|line| output::line(&line));
}

/// What a node is to an agent, such as `tool of triage, called 3 times`.
pub fn lent(to: &LentTo) -> String {
    let what = match to.connection {
        Connection::AiTool | Connection::AiAgent => "tool",
        Connection::AiLanguageModel => "model",
        Connection::AiMemory => "memory",
        Connection::AiOutputParser => "parser",
        Connection::Main
        | Connection::AiChain
        | Connection::AiDocument
        | Connection::AiEmbedding
        | Connection::AiReranker
        | Connection::AiRetriever
        | Connection::AiTextSplitter
        | Connection::AiVectorStore => "source",
    };
    let calls = to.calls.map(|calls| match calls {
        0 => ", not called".to_owned(),
        1 => ", called once".to_owned(),
        _ => format!(", called {calls} times"),
    });
    format!("{what} of {}{}", output::clean(&to.node), calls.unwrap_or_default())
}

/// The lines of a conversation, oldest first.
fn lines(node: &str, agent: &Agent) -> Vec<String> {
    let answers = output::counted(agent.turns.len(), "answer");
    let mut lines = vec![format!("\nagent {}: {answers}, {}", output::clean(node), used(&agent.usage))];
    if let Some(memory) = &agent.memory {
        let count =
            memory.messages.as_array().map_or_else(|| "more than is shown".to_owned(), |all| messages(all.len()));
        let key = memory.key.as_deref().map(|key| format!(" of {}", output::clean(key))).unwrap_or_default();
        lines.push(said("remembered", Colour::Dim, &format!("{count}{key}")));
    }
    let left_out = agent.turns.len().saturating_sub(limits::ANSWERS);
    if left_out > 0 {
        let newest = limits::ANSWERS;
        lines.push(said(
            "…",
            Colour::Dim,
            &format!("{} before the newest {newest}", output::counted(left_out, "answer")),
        ));
    }
    lines.extend(agent.turns.iter().skip(left_out).flat_map(turn));
    lines
}

fn messages(count: usize) -> String {
    output::counted(count, "message")
}

/// Tokens as people read them.
fn used(usage: &AgentUsage) -> String {
    let AgentUsage { input_tokens, output_tokens, cached_tokens, usd } = usage;
    let cached = if *cached_tokens == 0 { String::new() } else { format!(" ({cached_tokens} of them cached)") };
    let cost = usd.map(|usd| format!(", ${usd:.4}")).unwrap_or_default();
    format!("{input_tokens} tokens read{cached}, {output_tokens} written{cost}")
}

/// One answer: what the model was told before it, where that is new, what it said, its calls, and what it was told since.
fn turn(turn: &AgentTurn) -> Vec<String> {
    let mut lines: Vec<String> = turn.asked.iter().flat_map(asked).collect();
    let who = match &turn.checkpoint {
        Some(checkpoint) => format!("{} at checkpoint {checkpoint}", turn.model),
        None => turn.model.clone(),
    };
    if let Some(left_out) = &turn.left_out {
        lines.push(said("model", Colour::Cyan, &format!("an answer {}", hidden(left_out))));
    } else {
        let text = if turn.text.is_empty() { "(only asks for tools)" } else { &turn.text };
        lines.push(said("model", Colour::Cyan, &format!("{text}  ({who})")));
    }
    lines.extend(turn.tool_calls.iter().flat_map(call));
    lines.extend(turn.told_again.iter().map(|told| said("told again", Colour::Yellow, told)));
    lines
}

/// Why a value is not shown, by what stands in its place.
fn hidden(reference: &Value) -> &'static str {
    let sealed = reference["sealed"] == true;
    if sealed { "that is kept by its hash" } else { "that is too large to be shown" }
}

/// What the model was told first.
fn asked(asked: &Value) -> Vec<String> {
    let mut lines: Vec<String> =
        asked["system"].as_str().map(|text| said("system", Colour::Dim, text)).into_iter().collect();
    match asked["messages"].as_array() {
        Some(messages) => {
            let told = |one: &Value| {
                let role = one["role"].as_str().unwrap_or("told");
                said(role, Colour::Dim, one["content"].as_str().unwrap_or_default())
            };
            lines.extend(messages.iter().map(told));
        }
        None => lines.push(said("told", Colour::Dim, &format!("something {}", hidden(asked)))),
    }
    lines
}

/// A tool call with its arguments, and what became of it.
fn call(call: &AgentCall) -> Vec<String> {
    let width = output::width().map_or(limits::LINE, |width| width.saturating_sub(INDENT));
    let line = |text: &str| cut(&output::clean(text).replace('\n', " "), width);
    let state = colour::of_call(call.status).paint(call.status.as_str(), colour::on_stdout());
    let gave = match (&call.error, &call.result) {
        (Some(error), _) => format!(": {} ({})", error.message, error.code),
        (None, Value::Null) => String::new(),
        (None, result) => format!(": {}", output::text(result)),
    };
    let decided = match (&call.asked_arguments, &call.decided_by[..]) {
        (None, []) => None,
        (asked, by) => Some(decided(call.status, asked.as_ref(), by)),
    };
    let by = call.execution_id.as_ref().map(|id| format!(" by {}", output::clean(id))).unwrap_or_default();
    let asks = format!("  {:>WHO$}  {}", "calls", line(&format!("{} {}", call.name, call.arguments)));
    let decided = decided.map(|decided| format!("  {:>WHO$}  {}", "", line(&decided)));
    let became = format!("  {:>WHO$}  {state}{by}{}", "", line(&gave));
    [asks].into_iter().chain(decided).chain([became]).collect()
}

/// Who decided about a call, and what its model had asked for, where a person changed that.
fn decided(status: CallState, asked: Option<&Value>, by: &[String]) -> String {
    let did = status.decision().as_str();
    let who = if by.is_empty() { "a person".to_owned() } else { by.join(", ") };
    match asked {
        Some(asked) => format!("{did} by {who}, who changed the arguments: the model asked for {asked}"),
        None => format!("{did} by {who}"),
    }
}

/// What somebody said, as a line that begins with who.
fn said(who: &str, colour: Colour, text: &str) -> String {
    let text: String = match text.char_indices().nth(limits::MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let who = colour.paint(&format!("{:>WHO$}", output::clean(who)), colour::on_stdout());
    format!("  {who}  {}", output::quoted_lines(&text))
}

/// Columns of who says something.
const WHO: usize = 10;
/// Columns before what is said.
const INDENT: usize = WHO + 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_conversation_is_told_in_the_order_in_which_it_was_held() {
        let usage = json!({"input_tokens": 10, "output_tokens": 5, "cached_tokens": 2, "usd": 0.01234});
        let call = json!({"id": "1", "name": "look", "arguments": {"key": "\u{1b}[2J"}, "status": "rejected",
            "result": null, "error": {"code": "rejected", "message": "not now", "node": null, "attempt": null},
            "execution_id": "x"});
        let turn = |text: &str, calls: Value| {
            json!({"turn": 1, "checkpoint": "3", "asked": {"system": "You help.", "messages": [{"role": "user", "content": "Hi\nthere"}]},
                "text": text, "tool_calls": calls, "usage": usage, "model": "m/n", "stop_reason": "stop"})
        };
        let turns = json!([turn("I look.", json!([call])), turn("", json!([]))]);
        let agent = json!({"memory": {"key": "k", "messages": [1, 2]}, "turns": turns, "usage": usage});
        let told = lines("a", &serde_json::from_value(agent).unwrap()).join("\n");
        let wanted = "\nagent a: 2 answers, 10 tokens read (2 of them cached), 5 written, $0.0123
  remembered  2 messages of k
      system  You help.
        user  Hi
  │ there
       model  I look.  (m/n at checkpoint 3)
       calls  look {\"key\":\"\\u001b[2J\"}
              rejected by x: not now (rejected)
      system  You help.
        user  Hi
  │ there
       model  (only asks for tools)  (m/n at checkpoint 3)";
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_call_says_who_approved_it_and_what_the_model_had_asked_for() {
        let shown = json!({"id": "1", "name": "pay", "arguments": {"amount": 7}, "asked_arguments": {"amount": 200},
            "decided_by": ["ada@example.com"], "status": "succeeded", "result": null, "execution_id": "x"});
        let told = call(&serde_json::from_value(shown.clone()).unwrap());
        let wanted = "approved by ada@example.com, who changed the arguments: the model asked for {\"amount\":200}";
        assert_eq!(told[1].trim(), wanted);
        let mut refused = shown;
        refused["status"] = json!("rejected");
        refused.as_object_mut().unwrap().remove("asked_arguments");
        let told = call(&serde_json::from_value(refused).unwrap());
        assert_eq!(told[1].trim(), "refused by ada@example.com");
    }

    #[test]
    fn a_long_conversation_and_a_long_message_are_cut() {
        let usage = json!({"input_tokens": 1, "output_tokens": 1, "cached_tokens": 0, "usd": null});
        let turn = json!({"turn": 1, "text": "é".repeat(5_000), "tool_calls": [], "usage": usage, "model": "m", "stop_reason": "stop"});
        let agent = json!({"turns": vec![turn; 200], "usage": usage});
        let told = lines("a", &serde_json::from_value(agent).unwrap());
        assert!(told.len() < 30 && told.iter().all(|line| line.chars().count() < 1_100), "{}", told.len());
        assert!(told[1].contains("180 answers before the newest 20"), "{}", told[1]);
    }
}
