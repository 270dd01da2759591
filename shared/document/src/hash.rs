//! The canonical text of JSON: what documents, and the requests of starts under an idempotency key, are hashed by.
//! Why it is not the text of RFC 8785, ADR 15 says.

use serde_json::Value;

/// JSON without spaces, its keys sorted by their bytes, its integers in full: the same text for every order of keys, and
/// another text for every other value.
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

    #[test]
    fn integers_that_no_double_tells_apart_differ() {
        let (one, other) = (json!([9_007_199_254_740_992_u64, 1.0]), json!([9_007_199_254_740_993_u64, 1.0]));
        assert_eq!(canonical_text(&one), "[9007199254740992,1.0]");
        assert_eq!(canonical_text(&other), "[9007199254740993,1.0]");
    }
}
