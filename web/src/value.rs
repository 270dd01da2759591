//! JSON in a page: folded, and no more of it than a person reads. The whole is one link away.

use crate::{
    limits,
    words::{capital, count},
};
use api::types::lost;
use maud::{Markup, html};
use serde_json::Value;

/// A value. `whole` is the address of all of it.
pub fn value(value: &Value, whole: &str) -> Markup {
    shown(value, whole, false)
}

/// A value for people who know no JSON: without its signs, with yes and no, and with lists counted from 1.
pub fn for_people(value: &Value) -> Markup {
    shown(value, "", true)
}

fn shown(value: &Value, whole: &str, is_for_people: bool) -> Markup {
    let mut room = Room { entries: limits::VALUE_ENTRIES, is_cut: false, is_for_people };
    let shown = match (lost(value), offloaded(value)) {
        (Some(why), _) => html! { p.hint { (capital(why)) "." } },
        (None, Some(bytes)) => {
            room.is_cut = true;
            html! { p.hint { "This value has " (bytes) ": too much for a page." } }
        }
        (None, None) => {
            let shown = inside(value, 0, &mut room);
            // What does not fit its place scrolls, by keys too.
            let is_large = shown.0.len() > limits::LONG;
            html! { div.json tabindex=[is_large.then_some("0")] { (shown) } }
        }
    };
    html! {
        (shown)
        @if room.is_cut && !whole.is_empty() { p.hint { a href=(whole) { "The whole value" } } }
    }
}

/// What is left of a value's bounds, and whether it did not fit.
struct Room {
    entries: usize,
    is_cut: bool,
    /// Whether nobody is to read JSON.
    is_for_people: bool,
}

/// The size of a value that is too large to be read, or copied, for a page: in words.
fn offloaded(value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    if let (1, Some(bytes)) = (fields.len(), fields.get("$larger_than").and_then(Value::as_u64)) {
        return Some(format!("more than {}", size(bytes)));
    }
    let is_sealed = fields.get("sealed") == Some(&Value::Bool(true));
    let blob = fields.get("$blob").filter(|_| fields.len() == 2 + usize::from(is_sealed))?;
    let size = blob.as_str().and_then(|_| fields.get("bytes")?.as_u64()).map(size)?;
    Some(if is_sealed { format!("{size}, kept by its hash") } else { size })
}

fn inside(value: &Value, depth: usize, room: &mut Room) -> Markup {
    let plainly = room.is_for_people;
    match value {
        Value::Null if plainly => html! { span.null { "None" } },
        Value::Bool(yes) if plainly => html! { span.text { @if *yes { "Yes" } @else { "No" } } },
        Value::Array(items) if items.is_empty() && plainly => html! { span.null { "None" } },
        Value::Object(fields) if fields.is_empty() && plainly => html! { span.null { "Nothing" } },
        Value::Null => html! { span.null { "null" } },
        Value::Bool(yes) => html! { span.literal { (yes) } },
        Value::Number(number) => html! { span.literal { (number) } },
        Value::String(text) => string(text, room),
        Value::Array(items) if items.is_empty() => html! { span.null { "no items" } },
        Value::Object(fields) if fields.is_empty() => html! { span.null { "nothing" } },
        Value::Array(items) => {
            let first = usize::from(plainly);
            let entries = items.iter().enumerate().map(|(ix, item)| ((ix + first).to_string(), item));
            let many = items.len();
            branch(&count(many as u64, "item"), entries, depth, room)
        }
        Value::Object(fields) => match (lost(value), offloaded(value)) {
            (Some(why), _) => html! { span.null { (why) } },
            (None, Some(bytes)) => {
                room.is_cut = true;
                html! { span.null { "a value of " (bytes) } }
            }
            (None, None) => {
                let entries = fields.iter().map(|(key, field)| (key.clone(), field));
                let many = fields.len();
                branch(&count(many as u64, "field"), entries, depth, room)
            }
        },
    }
}

/// A list or an object, whose entries are folded where they lie deep.
fn branch<'a>(what: &str, entries: impl Iterator<Item = (String, &'a Value)>, depth: usize, room: &mut Room) -> Markup {
    let mut rows = Vec::new();
    for (key, entry) in entries {
        if room.entries == 0 || depth >= limits::VALUE_LEVELS {
            room.is_cut = true;
            rows.push(html! { li.null { "…" } });
            break;
        }
        room.entries -= 1;
        let (key, _) = beginning(&key, limits::VALUE_KEY);
        rows.push(html! { li { bdi.key { (key) } ": " (inside(entry, depth + 1, room)) } });
    }
    let list = html! { ul { @for row in rows { (row) } } };
    html! {
        @if depth == 0 { (list) } @else {
            details open[depth < limits::VALUE_OPEN] { summary { (what) } (list) }
        }
    }
}

fn string(text: &str, room: &mut Room) -> Markup {
    let (beginning, is_cut) = beginning(text, limits::VALUE_TEXT);
    room.is_cut |= is_cut;
    html! { span.text dir="auto" { (beginning) @if is_cut { "…" } } @if is_cut { " " span.null { "(" (size(text.len() as u64)) ")" } } }
}

/// The first characters of a text, and whether there are more.
fn beginning(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// A number of bytes as people say it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1_000.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_large_value_makes_no_large_page() {
        let list = json!({"rows": (0..100_000).map(|row| json!({"row": row})).collect::<Vec<_>>()});
        let shown = value(&list, "whole").into_string();
        assert!(shown.len() < 60_000, "{}", shown.len());
        assert!(shown.contains("href=\"whole\"") && shown.contains("100000 items"), "{}", &shown[..200]);
        let text = value(&json!("é".repeat(1_000_000)), "whole").into_string();
        assert!(text.len() < 10_000 && text.contains("2.0 MB"), "{}", text.len());
        let small = value(&json!({"a": [1, null, "<b>"]}), "whole").into_string();
        assert!(!small.contains("whole") && small.contains("&lt;b&gt;"), "{small}");
    }

    #[test]
    fn people_read_no_signs_of_json_and_count_from_1() {
        let shown = for_people(&json!({"rows": ["Lyon", true, null], "none": {}})).into_string();
        for part in
            ["3 items", "<bdi class=\"key\">1</bdi>: <span class=\"text\" dir=\"auto\">Lyon", "Yes", "None", "Nothing"]
        {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(!shown.contains(['{', '[']) && !shown.contains("null<"), "{shown}");
    }

    #[test]
    fn a_value_of_many_levels_ends_somewhere() {
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(value(&deep, "whole").into_string().contains("The whole value"));
    }

    #[test]
    fn a_value_that_lies_elsewhere_tells_its_size() {
        let shown = value(&json!({"$blob": "00", "bytes": 5_000_000}), "whole").into_string();
        assert!(shown.contains("5.0 MB") && shown.contains("href=\"whole\""), "{shown}");
        let gone = json!({"$blob": "00", "bytes": 5, "error": {"code": "value_lost", "message": "it is gone: look"}});
        for shown in [value(&gone, "whole"), value(&json!({"of": {"a": gone}}), "whole")] {
            let shown = shown.into_string();
            assert!(shown.to_lowercase().contains("it is gone: look") && !shown.contains("$blob"), "{shown}");
        }
        let shown = value(&json!({"$larger_than": 256_000}), "whole").into_string();
        assert!(shown.contains("more than 256.0 kB") && shown.contains("href=\"whole\""), "{shown}");
    }
}
