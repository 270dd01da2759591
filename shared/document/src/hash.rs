//! The canonical text of a document, of which its hash is made.

use serde_json::Value;

/// Writes JSON without spaces and with sorted keys: the same text for every spelling of a document. It differs from
/// RFC 8785 in that keys are sorted by their UTF-8 bytes and numbers are written as `serde_json` writes them.
pub fn canonical_text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (ix, key) in keys.into_iter().enumerate() {
                if ix > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(&map[key], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (ix, item) in items.iter().enumerate() {
                if ix > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        leaf => out.push_str(&leaf.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_makes_no_difference() {
        assert_eq!(
            canonical_text(&json!({"b": [1, {"d": 1, "c": "\""}], "a": null})),
            r#"{"a":null,"b":[1,{"c":"\"","d":1}]}"#
        );
    }
}
