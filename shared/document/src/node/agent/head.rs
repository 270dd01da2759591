//! What a model is told before it has said anything: its part, and what is asked.

use super::{Agent, Role};
use crate::{connection::Connection, work::Message};
use expression::{ExprError, Scope, Template};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What stands above the data that an agent is handed. It is data, and orders nothing.
const CONTEXT: &str = "Data for what follows, as JSON, a line each:";

/// What a model is told first, its templates rendered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What the model is told about its part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What is asked.
    pub messages: Vec<Message>,
}

impl Agent {
    /// Renders what the model is told first. `input` is what came to the node, which is asked where the document gives no
    /// prompt; `handed` is what typed connections hand it, in the document's order.
    ///
    /// # Errors
    /// Where a template fails.
    pub fn head(&self, scope: &Scope<'_>, input: &Value, handed: &[(Connection, &Value)]) -> Result<Head, ExprError> {
        let render = |template: &Template| Ok(said(&template.render(scope)?));
        let system = self.system_prompt.as_ref().map(render).transpose()?;
        let user = |content: String| Message::User { content };
        let mut messages = match &self.prompt {
            Some(prompt) => vec![user(render(prompt)?)],
            None if self.messages.is_empty() => vec![user(asked(input))],
            None => {
                let each = self.messages.iter().map(|(role, template)| {
                    let content = render(template)?;
                    Ok(match role {
                        Role::System => Message::System { content },
                        Role::User => user(content),
                        Role::Assistant => Message::Assistant { content, tool_calls: Vec::new() },
                    })
                });
                each.collect::<Result<_, ExprError>>()?
            }
        };
        // Before the last question, which stays what is asked and what a memory keeps.
        let last = messages.iter().rposition(|message| matches!(message, Message::User { .. }));
        if !handed.is_empty() {
            messages.insert(last.unwrap_or(messages.len()), user(context(handed)));
        }
        Ok(Head { system, messages })
    }
}

/// What an agent is handed, as its model reads it: a line of JSON for each.
fn context(handed: &[(Connection, &Value)]) -> String {
    let lines = handed.iter().map(|(connection, value)| json!({ connection.as_str(): value }).to_string());
    [CONTEXT.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// A value as a model reads it: a text as it is, anything else as JSON.
pub(crate) fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An input as a question: a text as it is, an object whose only member is a `message`, a `prompt` or a `text` as that.
fn asked(input: &Value) -> String {
    let only = input.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    let text = only.filter(|(key, _)| matches!(key.as_str(), "message" | "prompt" | "text"));
    said(text.and_then(|(_, value)| value.as_str().map(|_| value)).unwrap_or(input))
}

#[cfg(test)]
mod tests {
    use super::asked;
    use serde_json::json;

    #[test]
    fn an_input_is_asked_as_people_would_write_it() {
        assert_eq!(asked(&json!("hello")), "hello");
        assert_eq!(asked(&json!({"message": "hello"})), "hello");
        assert_eq!(asked(&json!({"text": "hello", "lang": "en"})), r#"{"text":"hello","lang":"en"}"#);
        assert_eq!(asked(&json!({"text": 5})), r#"{"text":5}"#);
        assert_eq!(asked(&json!([1, null])), "[1,null]");
    }
}
