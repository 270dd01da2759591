//! What an agent reads of a conversation: which one, and how much of it.

use document::{limits, node::memory::Memory, work::Message};
use serde_json::Value;

/// The key of a conversation, by what its template yields; none where that is none.
pub fn key_of(value: Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (1..=limits::MEMORY_KEY_BYTES).contains(&text.len()).then_some(text)
}

/// The last messages of a conversation, as many as its agent reads. A token is taken to have four bytes.
pub fn last_of(all: &[Message], of: &Memory) -> Vec<Message> {
    let window = usize::try_from(of.window).unwrap_or(usize::MAX);
    let mut left = of.max_tokens.map_or(usize::MAX, |tokens| usize::try_from(tokens * 4).unwrap_or(usize::MAX));
    let mut fits = |message: &Message| {
        let bytes = serde_json::to_string(message).map_or(0, |text| text.len());
        let fits = bytes <= left;
        left = left.saturating_sub(bytes);
        fits
    };
    let kept = all.iter().rev().take(window).take_while(|message| fits(message)).count();
    all[all.len() - kept..].to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use expression::Template;
    use serde_json::json;

    #[test]
    fn the_last_messages_are_read_as_far_as_there_is_room() {
        let said = |text: &str| Message::User { content: text.into() };
        let all: Vec<Message> = (0..5).map(|n| said(&n.to_string())).collect();
        let memory = |window, max_tokens| Memory {
            key: Template::compile(&json!("k")).unwrap(),
            window,
            max_tokens,
            ttl_days: 1,
        };
        assert_eq!(last_of(&all, &memory(2, None)), all[3..]);
        assert_eq!(last_of(&all, &memory(9, None)), all);
        let bytes = serde_json::to_string(&all[0]).unwrap().len() as u64;
        assert_eq!(last_of(&all, &memory(9, Some(bytes.div_ceil(4) * 3))), all[2..]);
        assert_eq!(last_of(&all, &memory(9, Some(1))), []);
    }

    #[test]
    fn a_key_is_a_text_of_bounded_length() {
        assert_eq!(key_of(json!(17)).as_deref(), Some("17"));
        for none in [json!(null), json!(""), json!({}), json!("k".repeat(limits::MEMORY_KEY_BYTES + 1))] {
            assert_eq!(key_of(none), None);
        }
    }
}
