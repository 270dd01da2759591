//! The simulated language model. It calls each of its tools once, in the order in which it has them: all in one answer where
//! it is told `at once`, else one in each answer. Then it is done, and says so as it was
//! asked to. What it answers follows from what it is asked alone.

use super::people::sample;
use document::work::{Message, ModelCall};
use serde_json::{Value, json};

/// How many answers of the model are in what it is asked, those that it remembers from before left out.
pub fn answered(call: &ModelCall) -> usize {
    let begin = call.messages.iter().rposition(|message| matches!(message, Message::User { .. })).unwrap_or_default();
    call.messages[begin..].iter().filter(|message| matches!(message, Message::Assistant { .. })).count()
}

/// What the model answers.
pub fn says(call: &ModelCall) -> Value {
    let number = answered(call);
    let at_once = call.system.as_ref().is_some_and(|system| system.contains("at once"));
    let tools = match at_once {
        true if number == 0 => &call.tools[..],
        true => &[],
        false => call.tools.get(number..number + 1).unwrap_or_default(),
    };
    let calls: Vec<Value> = tools
        .iter()
        .enumerate()
        .map(|(at, tool)| {
            json!({"id": format!("{number}-{at}"), "name": tool.name, "arguments": sample(&tool.parameters)})
        })
        .collect();
    let last = || call.output_schema.as_ref().map_or_else(|| "done".to_owned(), |schema| sample(schema).to_string());
    let (text, stop) = if calls.is_empty() { (last(), "stop") } else { (String::new(), "tool_calls") };
    json!({"text": text, "tool_calls": calls, "usage": {"input_tokens": call.messages.len(), "output_tokens": 1},
        "model": "sim/model", "stop_reason": stop})
}
