//! Answers that come in pieces: the events of a stream are read as they arrive, their texts are told to whoever listens, and
//! put together to the body that the protocol reads.

mod anthropic;
mod gemini;
mod openai;
mod said;

pub(super) use anthropic::Messages;
pub(super) use gemini::Candidates;
pub(super) use openai::Choices;
pub(super) use said::Saying;

use super::protocol::{Assembly, NoAnswer};
use serde_json::Value;

/// Reads the events of a stream (WHATWG HTML, §9.2), of which the data alone counts.
pub(super) struct Events {
    assembly: Box<dyn Assembly>,
    /// Bytes of a line whose end has not come.
    rest: Vec<u8>,
    /// The lines of data of an event whose end has not come.
    data: String,
    /// What was no JSON, where something was.
    broken: Option<String>,
    /// Whether anything came.
    began: bool,
}

impl Events {
    /// Nothing has come yet.
    pub fn of(assembly: Box<dyn Assembly>) -> Self {
        Self { assembly, rest: Vec::new(), data: String::new(), broken: None, began: false }
    }

    /// Whether the answer came in pieces.
    pub fn began(&self) -> bool {
        self.began
    }

    /// Takes bytes as they come. Returns the texts in the events that came to their end.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.began = true;
        self.rest.extend_from_slice(bytes);
        let mut texts = Vec::new();
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return texts };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        for line in String::from_utf8_lossy(&whole).lines() {
            match line.strip_prefix("data:") {
                Some(data) => {
                    if !self.data.is_empty() {
                        self.data.push('\n');
                    }
                    self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                }
                None if line.is_empty() => texts.extend(self.event()),
                // Names and ids of events say nothing that their data does not.
                None => {}
            }
        }
        texts
    }

    /// Takes the event whose lines have come.
    fn event(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        // OpenAI's word for the end, which is no JSON.
        if data.is_empty() || data == "[DONE]" {
            return None;
        }
        match serde_json::from_str::<Value>(&data) {
            Ok(value) => self.assembly.take(&value).filter(|text| !text.is_empty()),
            Err(error) => {
                self.broken.get_or_insert_with(|| format!("an event of the stream is no JSON ({error})"));
                None
            }
        }
    }

    /// The body as it would have come whole.
    ///
    /// # Errors
    /// Where the stream broke off, or held what cannot be read.
    pub fn body(mut self) -> Result<Value, NoAnswer> {
        self.event();
        match self.broken {
            Some(what) => Err(NoAnswer::Malformed(what)),
            None => self.assembly.body(),
        }
    }
}

/// The error that an event tells, where it tells one.
fn error(event: &Value) -> Option<String> {
    let error = event.get("error").filter(|error| !error.is_null())?;
    let said = error.get("message").and_then(Value::as_str).map(str::to_owned);
    Some(format!("the stream ended with an error: {}", said.unwrap_or_else(|| error.to_string())))
}

/// What a stream is that ended before its answer.
fn cut_off() -> NoAnswer {
    NoAnswer::Malformed("the stream ended before the answer did".into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn texts(assembly: Box<dyn Assembly>, stream: &str, at_once: usize) -> (String, Result<Value, NoAnswer>) {
        let mut events = Events::of(assembly);
        let said = stream.as_bytes().chunks(at_once).flat_map(|bytes| events.take(bytes)).collect();
        (said, events.body())
    }

    fn lines(events: &[Value]) -> String {
        events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect()
    }

    #[test]
    fn pieces_of_choices_are_one_answer_wherever_they_are_cut() {
        let stream = lines(&[
            json!({"choices": [{"delta": {"role": "assistant", "content": "Gr"}}]}),
            json!({"choices": [{"delta": {"content": "üß"}}]}),
            json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{\"a\""}}]}}]}),
            json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]}, "finish_reason": "tool_calls"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}),
        ]) + "data: [DONE]\n\n";
        for at_once in [1, 7, 4_000] {
            let (said, body) = texts(Box::new(Choices::default()), &stream, at_once);
            let body = body.unwrap();
            assert_eq!(said, "Grüß");
            assert_eq!(body["choices"][0]["message"]["content"], "Grüß");
            assert_eq!(
                body["choices"][0]["message"]["tool_calls"][0]["function"],
                json!({"name": "f", "arguments": "{\"a\":1}"})
            );
            assert_eq!(body["usage"]["prompt_tokens"], 3);
        }
    }

    #[test]
    fn pieces_of_messages_are_one_answer() {
        let stream = lines(&[
            json!({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 9, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\":"}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "1}"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}}),
            json!({"type": "message_stop"}),
        ]);
        let (said, body) = texts(Box::new(Messages::default()), &stream, 11);
        let body = body.unwrap();
        assert_eq!(said, "Hello");
        assert_eq!(body["content"][0], json!({"type": "text", "text": "Hello"}));
        assert_eq!(body["content"][1]["input"], json!({"a": 1}));
        assert_eq!(
            (&body["usage"], &body["stop_reason"]),
            (&json!({"input_tokens": 9, "output_tokens": 7}), &json!("tool_use"))
        );
    }

    #[test]
    fn pieces_of_candidates_are_one_answer() {
        let stream = lines(&[
            json!({"candidates": [{"content": {"parts": [{"text": "I think", "thought": true}]}}]}),
            json!({"candidates": [{"content": {"parts": [{"text": "Hel"}]}}], "usageMetadata": {"promptTokenCount": 1}}),
            json!({"candidates": [{"content": {"parts": [{"text": "lo"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 5}}),
        ]);
        let (said, body) = texts(Box::new(Candidates::default()), &stream, 9);
        let body = body.unwrap();
        assert_eq!(said, "Hello");
        assert_eq!(body.pointer("/candidates/0/content/parts").unwrap().as_array().unwrap().len(), 3);
        assert_eq!(
            (&body["candidates"][0]["finishReason"], &body["usageMetadata"]["promptTokenCount"]),
            (&json!("STOP"), &json!(5))
        );
    }

    #[test]
    fn a_stream_that_ends_too_soon_or_tells_an_error_is_no_answer() {
        let all = || -> [(Box<dyn Assembly>, Value); 3] {
            [
                (Box::new(Choices::default()), json!({"choices": [{"delta": {"content": "Hel"}}]})),
                (Box::new(Messages::default()), json!({"type": "message_start", "message": {"content": []}})),
                (Box::new(Candidates::default()), json!({"candidates": [{"content": {"parts": [{"text": "Hel"}]}}]})),
            ]
        };
        for (assembly, event) in all() {
            assert_eq!(texts(assembly, &lines(&[event]), 50).1, Err(cut_off()));
        }
        for (assembly, event) in all() {
            let error = json!({"type": "error", "error": {"message": "overloaded"}});
            let Err(NoAnswer::Malformed(why)) = texts(assembly, &lines(&[event, error]), 50).1 else { unreachable!() };
            assert!(why.contains("overloaded"), "{why}");
        }
        for (assembly, _) in all() {
            assert!(texts(assembly, "data: {\n\n", 50).1.is_err());
        }
    }
}
