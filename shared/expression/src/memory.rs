//! What JSON takes in memory. Two bytes of text, `1,`, become a value of many, so budgets count what values take and not
//! their text.

use serde_json::Value;

/// Bytes that an allocation takes beside what it holds: the allocator's own, and what rounding up leaves unused.
pub(crate) const ALLOCATION: usize = 16;
/// Bytes of a value's own place, in a list for instance.
pub(crate) const CELL: usize = size_of::<Value>();
/// Bytes of one place of an object: key and value, the hash, and a place in the index.
const ENTRY: usize = CELL + size_of::<String>() + 2 * size_of::<u64>() + 1;
/// Places that a list or an object has once it has any.
const LEAST: usize = 4;

/// Bytes of memory that a value takes, itself included. The count stops once it is past `stop`, so that a large value
/// costs little.
pub fn weight(value: &Value, stop: usize) -> usize {
    let mut total = 0;
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        total += one(next);
        if total > stop {
            break;
        }
        match next {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    total
}

/// Bytes of a value without those of the values below it. The keys of an object are its own.
pub(crate) fn one(value: &Value) -> usize {
    CELL + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => of_text(text.len()),
        Value::Array(items) => (items.capacity() - items.len()) * CELL,
        Value::Object(fields) => of_object(fields.len()) + fields.keys().map(|key| of_text(key.len())).sum::<usize>(),
    }
}

/// Bytes of a text beside its place.
pub(crate) fn of_text(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes + ALLOCATION }
}

/// Bytes of an object beside its place, its values, and the text of its keys.
pub(crate) fn of_object(entries: usize) -> usize {
    if entries == 0 { 0 } else { entries.next_power_of_two().max(LEAST) * ENTRY - entries * CELL }
}

/// Bytes of memory that JSON text takes once it is parsed, for a look at the text before that: a parser gives lists and
/// objects twice the places each time that they are full. Text that is no JSON gets some number. The count stops once
/// it is past `stop`.
pub fn weight_of_text(json: &[u8], stop: usize) -> usize {
    // For each list or object that is open: its places so far, and the bytes of one of them.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut total = CELL;
    let mut at = 0;
    while at < json.len() && total <= stop {
        match json[at] {
            b'"' => {
                let end = end_of_text(json, at + 1);
                total += of_text(end - at - 1);
                at = end;
            }
            b'[' | b'{' => {
                let empty = json[at + 1..].trim_ascii_start().first().is_none_or(|next| matches!(next, b']' | b'}'));
                let place = if json[at] == b'[' { CELL } else { ENTRY };
                let places = if empty { 0 } else { LEAST };
                total += places * place;
                // The first element has its place already; each comma needs one more.
                open.push((usize::from(!empty), place));
            }
            b']' | b'}' => drop(open.pop()),
            b',' => {
                if let Some((used, place)) = open.last_mut() {
                    if *used >= LEAST && used.is_power_of_two() {
                        total += *used * *place;
                    }
                    *used += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    total
}

/// The position of the quote that ends a text which begins at `at`, or the end of the JSON.
fn end_of_text(json: &[u8], mut at: usize) -> usize {
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at.min(json.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const ALL: usize = usize::MAX;

    #[test]
    fn text_and_values_weigh_about_the_same() {
        for value in [
            json!(1),
            json!("a text, with [brackets], \"quotes\" and \\"),
            json!([]),
            json!({}),
            json!([[], {}, [1], {"a": 1}]),
            json!(vec![1; 1_000]),
            json!((0..100).map(|n| json!({"id": n, "name": "x".repeat(n), "tags": ["a", "b"]})).collect::<Vec<_>>()),
            json!({"a": {"b": {"c": [1, 2, {"d": null}]}}, "e": true, "f": 1.5}),
        ] {
            for text in [value.to_string(), format!("{value:#}")] {
                let (parsed, read) = (weight(&value, ALL), weight_of_text(text.as_bytes(), ALL));
                assert!(
                    read >= parsed * 9 / 10 && read <= parsed * 5,
                    "{parsed} as values, {read} as text: {text:.80}"
                );
            }
        }
    }

    #[test]
    fn two_bytes_of_text_may_take_a_hundred_in_memory() {
        let text = format!("[{}1]", "1,".repeat(1_000_000));
        assert!(weight_of_text(text.as_bytes(), ALL) > 30 * text.len());
        let text = format!("\"{}\"", "1,".repeat(1_000_000));
        assert!(weight_of_text(text.as_bytes(), ALL) < text.len() + 1_000, "a text takes what it is long");
    }

    #[test]
    fn counting_stops_where_it_is_told_and_never_fails() {
        let value = json!(vec![json!({"a": 1}); 10_000]);
        assert!(weight(&value, 5_000) < 2_000_000);
        for odd in ["", "[", "]]]", "{\"a", "\"\\", "[1,,,", "\"a\\\"", ",,,"] {
            weight_of_text(odd.as_bytes(), ALL);
        }
    }
}
