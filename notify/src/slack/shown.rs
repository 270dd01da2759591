//! What a question asks, as blocks: the same in messages and in forms.

use super::{
    markdown,
    text::{cut, cut_escaped, escape, length, mrkdwn},
};
use crate::limits::{SLACK_LABEL, SLACK_TEXT};
use serde_json::{Value, json};
use stepwell_core::interaction::{Interaction, InteractionKind, SecurityLevel};

/// The blocks, and whether they show all of it. Who has not seen all must not decide: a response records the hash of
/// exactly what was shown.
pub(super) struct Shown {
    pub blocks: Vec<Value>,
    pub whole: bool,
}

/// What a question asks.
pub(super) fn shown(question: &Interaction) -> Shown {
    let mut shown = Shown { blocks: Vec::new(), whole: true };
    if !question.question.trim().is_empty() {
        shown.verbatim(&question.question, true);
    }
    if let Some(details) = question.details.as_deref().filter(|details| !details.trim().is_empty()) {
        shown.formatted(&markdown::mrkdwn(details));
    }
    if let Some(content) = &question.content {
        shown.preformatted(&text_of(content));
    }
    if let Some(about) = &question.authorization {
        shown.formatted(&format!(
            "Tool: `{}`{}",
            escape(&text_of(&about.tool).replace('`', "'")),
            match about.security_level {
                SecurityLevel::Medium => "",
                SecurityLevel::High => "\nThis tool is dangerous: to approve it, its name has to be typed.",
            }
        ));
        if !about.arguments.is_null() {
            shown.preformatted(&text_of(&about.arguments));
        }
    }
    // The label of a button shows no more than this of an option.
    let is_long = |label: &str| length(label) > SLACK_LABEL;
    if question.kind == InteractionKind::Decision && question.options.iter().any(|option| is_long(&option.label)) {
        let line = |(at, label): (usize, &str)| format!("{}. {}", at + 1, escape(label));
        let lines: Vec<String> = question.options.iter().map(|it| it.label.as_str()).enumerate().map(line).collect();
        shown.formatted(&lines.join("\n"));
    }
    shown
}

impl Shown {
    /// A text in Slack's mark-up.
    fn formatted(&mut self, text: &str) {
        if length(text) <= SLACK_TEXT {
            return self.blocks.push(json!({"type": "section", "text": mrkdwn(text)}));
        }
        self.whole = false;
        // To cut within mark-up or an escape would change the meaning of what is left, so that this shows it unread.
        let kept = cut_escaped(&unescaped(text), SLACK_TEXT);
        self.blocks.push(json!({"type": "section", "text": mrkdwn(&kept)}));
    }

    /// A text that Slack shows as it is. Rich text has elements of its own for mentions, links and mark-up, so that a text
    /// in it is a text and nothing else.
    fn verbatim(&mut self, text: &str, bold: bool) {
        let element = json!({"type": "text", "text": self.fitted(text), "style": {"bold": bold}});
        self.rich("rich_text_section", element);
    }

    /// A text that Slack shows as it is, each character as wide as every other.
    fn preformatted(&mut self, text: &str) {
        let text = if text.is_empty() { " " } else { text };
        let element = json!({"type": "text", "text": self.fitted(text)});
        self.rich("rich_text_preformatted", element);
    }

    fn rich(&mut self, kind: &str, element: Value) {
        self.blocks.push(json!({"type": "rich_text", "elements": [{"type": kind, "elements": [element]}]}));
    }

    fn fitted(&mut self, text: &str) -> String {
        self.whole &= length(text) <= SLACK_TEXT;
        cut(text, SLACK_TEXT)
    }
}

/// A text that was escaped, without its escapes.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A value as people read it.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => format!("{other:#}"),
    }
}
