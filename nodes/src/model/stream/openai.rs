//! The pieces of Chat Completions.

use super::{cut_off, error};
use crate::model::protocol::{Assembly, NoAnswer};
use serde_json::{Value, json};

/// What has come of an answer.
#[derive(Default)]
pub(crate) struct Choices {
    content: String,
    refusal: String,
    /// By their position: id, name, and the text of the arguments.
    calls: Vec<[String; 3]>,
    finish_reason: Option<String>,
    usage: Value,
    failed: Option<String>,
}

/// Calls that an answer may ask for at once; more are taken for an error of the stream.
const CALLS: usize = 10_000;

impl Assembly for Choices {
    fn take(&mut self, data: &Value) -> Option<String> {
        self.failed = self.failed.take().or_else(|| error(data));
        if let Some(usage) = data.get("usage").filter(|usage| !usage.is_null()) {
            self.usage = usage.clone();
        }
        let choice = data.pointer("/choices/0")?;
        let text = |at: &str| choice.pointer(at).and_then(Value::as_str);
        self.finish_reason = text("/finish_reason").map(str::to_owned).or(self.finish_reason.take());
        self.refusal.push_str(text("/delta/refusal").unwrap_or_default());
        for (position, call) in
            choice.pointer("/delta/tool_calls").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let at = call["index"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(position);
            if at >= CALLS {
                self.failed = Some(format!("the stream has a tool call of number {at}"));
                return None;
            }
            if self.calls.len() <= at {
                self.calls.resize_with(at + 1, Default::default);
            }
            let given =
                ["/id", "/function/name", "/function/arguments"].map(|at| call.pointer(at).and_then(Value::as_str));
            for (part, given) in self.calls[at].iter_mut().zip(given) {
                part.push_str(given.unwrap_or_default());
            }
        }
        let said = text("/delta/content")?;
        self.content.push_str(said);
        Some(said.to_owned())
    }

    fn body(self: Box<Self>) -> Result<Value, NoAnswer> {
        if let Some(why) = self.failed {
            return Err(NoAnswer::Malformed(why));
        }
        let finish_reason = self.finish_reason.ok_or_else(cut_off)?;
        let call =
            |[id, name, arguments]: [String; 3]| json!({"id": id, "function": {"name": name, "arguments": arguments}});
        let calls: Vec<Value> = self.calls.into_iter().map(call).collect();
        let message = json!({"content": self.content, "refusal": self.refusal, "tool_calls": calls});
        Ok(json!({"choices": [{"message": message, "finish_reason": finish_reason}], "usage": self.usage}))
    }
}
