//! A document as people read and edit it: JSON in which whatever fits stands on one line.

use crate::limits;
use serde_json::Value;

/// The text of a document, as the examples are written.
pub fn compact(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value that begins in this column; what belongs to it is indented from `level` on.
fn write(value: &Value, level: usize, column: usize, out: &mut String) {
    let room = limits::COLUMNS.saturating_sub(column);
    let mut line = String::new();
    if on_line(value, room, &mut line) && !(level == 0 && value.is_object()) {
        out.push_str(&line);
        return;
    }
    let indent = "  ".repeat(level + 1);
    let begin = |out: &mut String, number: usize| {
        out.push_str(if number == 0 { "\n" } else { ",\n" });
        out.push_str(&indent);
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('{');
            for (number, (key, value)) in members.iter().enumerate() {
                begin(out, number);
                let key = format!("{}: ", Value::from(key.as_str()));
                out.push_str(&key);
                // A comma may follow.
                write(value, level + 1, indent.len() + key.chars().count() + 1, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                begin(out, number);
                write(item, level + 1, indent.len() + 1, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            out.push_str(&value.to_string());
            return;
        }
    }
    out.push('\n');
    out.push_str(&"  ".repeat(level));
    out.push(if value.is_object() { '}' } else { ']' });
}

/// Writes a value on one line; false as soon as it has more characters than there is room for.
fn on_line(value: &Value, room: usize, out: &mut String) -> bool {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (number, (key, value)) in members.iter().enumerate() {
                out.push_str(if number == 0 { "{ " } else { ", " });
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                if !on_line(value, room, out) {
                    return false;
                }
            }
            out.push_str(" }");
        }
        Value::Array(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number == 0 { "" } else { ", " });
                if !on_line(item, room, out) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            out.push_str(&value.to_string());
        }
    }
    // Bytes are as many as characters or more: the exact count is needed only near the end of the line.
    out.len() <= room || out.chars().take(room + 1).count() <= room
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_stands_on_one_line_and_nothing_is_lost() {
        let long = "x".repeat(90);
        let document = json!({"id": "a", "list": [], "none": {}, "nodes": [
            {"id": "start", "type": "manual_trigger"}, {"id": "say", "config": {"text": long, "n": 1}}]});
        let text = compact(&document);
        let expected = format!(
            "{{\n  \"id\": \"a\",\n  \"list\": [],\n  \"none\": {{}},\n  \"nodes\": [\n    {{ \"id\": \"start\", \"type\": \
             \"manual_trigger\" }},\n    {{\n      \"id\": \"say\",\n      \"config\": {{\n        \"text\": \"{long}\",\n        \
             \"n\": 1\n      }}\n    }}\n  ]\n}}\n"
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }

    #[test]
    fn examples_come_out_as_they_are_written() {
        let text = include_str!("../../../examples/expense-approval.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let shown = compact(&document);
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), document);
        assert!(shown.contains("\n    { \"id\": \"start\", \"type\": \"manual_trigger\" },\n"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= limits::COLUMNS), "{shown}");
    }
}
