//! The pieces of Gemini's `streamGenerateContent`.

use super::{cut_off, error};
use crate::model::protocol::{Assembly, NoAnswer};
use serde_json::{Map, Value, json};

/// What has come of an answer.
#[derive(Default)]
pub(crate) struct Candidates {
    parts: Vec<Value>,
    finish_reason: Value,
    /// What each piece says of the whole, such as what was used so far.
    rest: Map<String, Value>,
    failed: Option<String>,
}

impl Assembly for Candidates {
    fn take(&mut self, data: &Value) -> Option<String> {
        self.failed = self.failed.take().or_else(|| error(data));
        for key in ["usageMetadata", "promptFeedback"] {
            if let Some(said) = data.get(key) {
                self.rest.insert(key.into(), said.clone());
            }
        }
        let candidate = data.pointer("/candidates/0")?;
        if let Some(reason) = candidate.get("finishReason").filter(|reason| !reason.is_null()) {
            self.finish_reason = reason.clone();
        }
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array)?;
        self.parts.extend(parts.iter().cloned());
        let spoken = parts.iter().filter(|part| part.get("thought") != Some(&Value::Bool(true)));
        Some(spoken.filter_map(|part| part["text"].as_str()).collect())
    }

    fn body(self: Box<Self>) -> Result<Value, NoAnswer> {
        let mut body = self.rest;
        if let Some(why) = self.failed {
            return Err(NoAnswer::Malformed(why));
        }
        // A prompt that is blocked has no candidates.
        if self.finish_reason.is_null() && self.parts.is_empty() && body.contains_key("promptFeedback") {
            return Ok(body.into());
        }
        if self.finish_reason.is_null() {
            return Err(cut_off());
        }
        let candidate = json!({"content": {"parts": self.parts}, "finishReason": self.finish_reason});
        body.insert("candidates".into(), json!([candidate]));
        Ok(body.into())
    }
}
