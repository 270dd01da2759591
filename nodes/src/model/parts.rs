//! What several protocols do in the same way.

use document::{
    json::{memory_of_text, nesting},
    work::{Message, ModelCall},
};
use engine::limits::{JSON_DEPTH, OUTCOME_MEMORY_BYTES};
use serde_json::{Map, Value};

/// The arguments of a tool call, which come as the text of a JSON value. A text that is none stays a text: the model is
/// told what is wrong with it.
pub(super) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    // What is deeper or larger could not be kept.
    if nesting(text.as_bytes()) > JSON_DEPTH
        || memory_of_text(text.as_bytes(), OUTCOME_MEMORY_BYTES) > OUTCOME_MEMORY_BYTES
    {
        return Value::String(text.to_owned());
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// Arguments for a protocol that takes nothing but objects. What a model once gave in another shape is shown to it under
/// a name.
pub(super) fn object(arguments: &Value) -> Value {
    match arguments {
        Value::Object(_) => arguments.clone(),
        Value::Null => Value::Object(Map::new()),
        other => Value::Object(Map::from_iter([("arguments".to_owned(), other.clone())])),
    }
}

/// Arguments for a protocol that takes their text: as the model gave it where it was no JSON.
pub(super) fn object_text(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The conversation where the model and the others take turns: what follows each other on one side is one turn, by the
/// names of both sides. `write` writes a message as blocks of the protocol. System messages are left out, since
/// [`system`] has them.
pub(super) fn turns(
    said: &[Message],
    [others, model]: [&'static str; 2],
    write: impl Fn(&Message) -> Vec<Value>,
) -> Vec<(&'static str, Vec<Value>)> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in said {
        let role = match message {
            Message::System { .. } => continue,
            Message::User { .. } | Message::Tool { .. } => others,
            Message::Assistant { .. } => model,
        };
        let blocks = write(message);
        match turns.last_mut() {
            Some((last, so_far)) if *last == role => so_far.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((role, blocks)),
        }
    }
    turns
}

/// The system messages within a conversation, for protocols that have one place for all of them.
pub(super) fn within(call: &ModelCall) -> Vec<&str> {
    let found = call.messages.iter().filter_map(|message| match message {
        Message::System { content } => Some(content.as_str()),
        Message::User { .. } | Message::Assistant { .. } | Message::Tool { .. } => None,
    });
    found.collect()
}

/// What a model is told about its part: the call's `system`, the system messages within the conversation, for protocols
/// that have one place for all of them, and the schema of the answer where the protocol does not enforce it.
pub(super) fn system(call: &ModelCall, within: &[&str], enforced: bool) -> String {
    let mut parts: Vec<String> = call.system.iter().cloned().collect();
    parts.extend(within.iter().map(|text| (*text).to_owned()));
    if let Some(schema) = call.output_schema.as_ref().filter(|_| !enforced) {
        parts.push(format!("Answer with JSON that satisfies this JSON Schema, and with nothing else:\n{schema}"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// JSON without the fence of Markdown that models like to put around it.
pub(super) fn unfenced(text: &str) -> &str {
    let trimmed = text.trim();
    let Some(rest) = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    // The first line names the language.
    rest.split_once('\n').map_or(text, |(_, inner)| inner.trim())
}

/// A whole number in a body; zero where there is none.
pub(super) fn count(body: &Value, pointer: &str) -> u64 {
    body.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// A text in a body.
pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// Sets a member where there is a value for it.
pub(super) fn set(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(value), Value::Object(map)) = (value, body) {
        map.insert(name.to_owned(), value.into());
    }
}

/// A list that is left out where it is empty.
pub(super) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// A part of a path, its reserved characters escaped: names of models may have colons and slashes.
pub(super) fn segment(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_that_are_no_json_stay_text() {
        assert_eq!(arguments("{\"a\": 1}"), json!({"a": 1}));
        assert_eq!(arguments(" "), json!({}));
        assert_eq!(arguments("{\"a\": "), json!("{\"a\": "));
        let deep = format!("{}1{}", "[".repeat(JSON_DEPTH + 1), "]".repeat(JSON_DEPTH + 1));
        assert_eq!(arguments(&deep), json!(deep));
        assert_eq!(object(&json!("{\"a\": ")), json!({"arguments": "{\"a\": "}));
    }

    #[test]
    fn json_leaves_its_fence() {
        assert_eq!(unfenced("```json\n{\"a\": 1}\n```\n"), "{\"a\": 1}");
        assert_eq!(unfenced("{\"a\": \"```\"}"), "{\"a\": \"```\"}");
    }

    #[test]
    fn a_name_is_one_part_of_a_path() {
        assert_eq!(segment("a.b-v1:0/../c?d"), "a.b-v1%3A0%2F..%2Fc%3Fd");
    }
}
