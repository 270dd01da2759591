//! What a server answered, made into an output.

use super::failure::{too_large, unreadable};
use crate::{
    json::{self, Read},
    limits::MCP_BYTES,
};
use engine::{masking::Needles, port::Memory};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;
use stepwell_core::task::Failure;

/// An answer.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The structured content of a result, or a list of tools.
    Value(Value),
    /// The texts of a result.
    Text(String),
}

impl Answer {
    /// The structured content of a result, or its texts.
    ///
    /// # Errors
    /// `tool_failed` with the texts, where the tool says that it failed.
    pub fn of(result: CallToolResult) -> Result<Self, Failure> {
        let text = texts(&result.content);
        if result.is_error == Some(true) {
            let said = if text.is_empty() { "the tool failed and does not say why".to_owned() } else { text };
            return Err(Failure::new("tool_failed", said));
        }
        Ok(result.structured_content.map_or(Self::Text(text), Self::Value))
    }

    /// The answer as it is kept: with secrets masked, and as JSON that a journal can hold.
    pub async fn kept(self, needles: &Needles, memory: &dyn Memory) -> Result<Value, Failure> {
        let mut value = match self {
            Self::Value(value) => value,
            Self::Text(text) => Value::String(text),
        };
        needles.mask(&mut value);
        let bytes = serde_json::to_vec(&value).map_err(|_| unreadable())?;
        if bytes.len() > MCP_BYTES {
            return Err(too_large());
        }
        match json::read(bytes, memory).await {
            Read::Value(value) => Ok(value),
            Read::Other(bytes, _) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
            Read::TooManyValues => Err(Failure::too_many_values()),
        }
    }
}

/// The texts of a result, one under the other. What is no text is named.
fn texts(content: &[ContentBlock]) -> String {
    let texts = content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[image: {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[audio: {}]", audio.mime_type),
        ContentBlock::ResourceLink(link) => format!("[resource: {}]", link.uri),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, .. } => format!("[resource: {uri}]"),
            _ => "[resource]".to_owned(),
        },
        // The protocol may come to have more.
        _ => "[content that this release does not know]".to_owned(),
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use engine::port::Unbounded;
    use serde_json::json;
    use stepwell_core::task::UsedSecret;

    fn result(value: Value) -> CallToolResult {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_result_is_its_structure_or_its_texts_and_an_error_is_none() {
        let text = json!([{ "type": "text", "text": "a" }, { "type": "image", "data": "", "mimeType": "image/png" }]);
        let both = result(json!({ "content": text, "structuredContent": { "a": 1 } }));
        assert_eq!(Answer::of(both).unwrap(), Answer::Value(json!({ "a": 1 })));
        let only = result(json!({ "content": text }));
        assert_eq!(Answer::of(only).unwrap(), Answer::Text("a\n[image: image/png]".into()));
        let failed = Answer::of(result(json!({ "content": text, "isError": true }))).unwrap_err();
        assert_eq!((failed.code.as_str(), failed.message.as_str()), ("tool_failed", "a\n[image: image/png]"));
    }

    #[tokio::test]
    async fn an_answer_is_kept_without_secrets_and_not_too_large() {
        let secret = UsedSecret { name: "KEY".into(), value: "s3cret-value".into(), hosts: vec![] };
        let needles = Needles::of(&[secret]);
        let kept = Answer::Value(json!({ "got": "Bearer s3cret-value" })).kept(&needles, &Unbounded).await.unwrap();
        assert_eq!(kept, json!({ "got": "Bearer [secret KEY]" }));
        let large = Answer::Text("x".repeat(MCP_BYTES)).kept(&needles, &Unbounded).await.unwrap_err();
        assert_eq!(large.code, "response_too_large");
        let deep = (0..1000).fold(json!(1), |inner, _| json!([inner]));
        assert!(Answer::Value(deep).kept(&needles, &Unbounded).await.unwrap().is_string());
    }
}
