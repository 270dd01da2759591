//! The canonical form of JSON: what documents, and the requests of starts under an idempotency key, are hashed by. Values
//! that differ only in the order of their keys have the same text, and all others another. Why it is not the form of
//! RFC 8785, ADR 15 says.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::io;

/// A value that is written without spaces, and with the keys of every object sorted.
pub struct Canonical<'a>(pub &'a Value);

/// The same for an object.
pub struct CanonicalMap<'a>(pub &'a Map<String, Value>);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => s.collect_seq(items.iter().map(Canonical)),
            Value::Object(fields) => CanonicalMap(fields).serialize(s),
            leaf => leaf.serialize(s),
        }
    }
}

impl Serialize for CanonicalMap<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(b.0));
        let mut map = s.serialize_map(Some(sorted.len()))?;
        for (key, value) in sorted {
            map.serialize_entry(key, &Canonical(value))?;
        }
        map.end()
    }
}

/// The canonical text of a value: without spaces, the keys sorted by their bytes, the integers in full.
pub fn text(value: &Value) -> String {
    // Writing to a string cannot fail, and JSON has no other keys than text.
    serde_json::to_string(&Canonical(value)).unwrap_or_default()
}

/// The SHA-256 of a request's JSON, hexadecimal. Nothing of the request is copied for it. The fields of a struct are
/// hashed as they are declared, so that they are declared in their sorted order.
pub fn sha256(request: &impl Serialize) -> String {
    let mut hash = Hash(Sha256::new());
    // Writing to a hash cannot fail, and JSON has no other keys than text.
    let _ = serde_json::to_writer(&mut hash, request);
    crate::id::hex(&hash.0.finalize())
}

struct Hash(Sha256);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_makes_no_difference_and_all_else_does() {
        let hash = |value: Value| sha256(&Canonical(&value));
        let one = hash(json!({"b": [1, {"d": 1.5, "c": "\"é"}], "a": null}));
        assert_eq!(one, hash(json!({"a": null, "b": [1, {"c": "\"é", "d": 1.5}]})));
        assert_eq!(one, crate::id::sha256_hex("{\"a\":null,\"b\":[1,{\"c\":\"\\\"é\",\"d\":1.5}]}".as_bytes()));
        assert_ne!(one, hash(json!({"a": null, "b": [{"c": "\"é", "d": 1.5}, 1]})));
    }

    #[test]
    fn integers_that_no_double_tells_apart_differ() {
        let (one, other) = (json!([9_007_199_254_740_992_u64, 1.0]), json!([9_007_199_254_740_993_u64, 1.0]));
        assert_eq!(text(&one), "[9007199254740992,1.0]");
        assert_eq!(text(&other), "[9007199254740993,1.0]");
    }
}
