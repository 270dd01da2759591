//! The pieces of Anthropic's Messages.

use super::{cut_off, error};
use crate::model::{
    parts::arguments,
    protocol::{Assembly, NoAnswer},
};
use serde_json::{Map, Value};

/// What has come of an answer.
#[derive(Default)]
pub(crate) struct Messages {
    /// The message without its content.
    message: Map<String, Value>,
    blocks: Vec<Value>,
    /// The text of the input of the last block.
    input: String,
    stopped: bool,
    failed: Option<String>,
}

impl Messages {
    /// Puts the input into the block to which it belongs.
    fn close(&mut self) {
        let input = std::mem::take(&mut self.input);
        if let Some(block) = self.blocks.last_mut().filter(|_| !input.is_empty()) {
            block["input"] = arguments(&input);
        }
    }
}

impl Assembly for Messages {
    fn take(&mut self, data: &Value) -> Option<String> {
        match data["type"].as_str()? {
            "message_start" => self.message = data["message"].as_object().cloned().unwrap_or_default(),
            "content_block_start" => {
                self.close();
                self.blocks.push(data["content_block"].clone());
            }
            "content_block_delta" => {
                self.input.push_str(data["delta"]["partial_json"].as_str().unwrap_or_default());
                let said = data["delta"]["text"].as_str()?;
                let block = self.blocks.last_mut()?;
                let whole = format!("{}{said}", block["text"].as_str().unwrap_or_default());
                block["text"] = whole.into();
                return Some(said.to_owned());
            }
            "content_block_stop" => self.close(),
            "message_delta" => {
                self.message.extend(data["delta"].as_object().cloned().unwrap_or_default());
                let used = data["usage"].as_object().cloned().unwrap_or_default();
                match self.message.get_mut("usage").and_then(Value::as_object_mut) {
                    Some(usage) => usage.extend(used),
                    None => drop(self.message.insert("usage".into(), used.into())),
                }
            }
            "message_stop" => self.stopped = true,
            "error" => self.failed = error(data),
            // The protocol adds kinds of events, which may be passed over.
            _ => {}
        }
        None
    }

    fn body(mut self: Box<Self>) -> Result<Value, NoAnswer> {
        self.close();
        match self.failed {
            Some(why) => Err(NoAnswer::Malformed(why)),
            None if !self.stopped => Err(cut_off()),
            None => {
                self.message.insert("content".into(), self.blocks.into());
                Ok(self.message.into())
            }
        }
    }
}
