//! When values are the same to a patch's `test`: numbers by what they are worth, and not by how they are written (RFC 6902,
//! §4.6).

use serde_json::{Number, Value};

/// Whether two values are equal.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => same(one, other),
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| equal(one, other))
        }
        (Value::Object(ones), Value::Object(others)) => {
            let has = |(key, one): (&String, &Value)| others.get(key).is_some_and(|other| equal(one, other));
            ones.len() == others.len() && ones.iter().all(has)
        }
        (one, other) => one == other,
    }
}

/// Integers are compared as such: beyond 2^53 several of them are one floating-point number.
fn same(one: &Number, other: &Number) -> bool {
    one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::applied;
    use serde_json::json;

    #[test]
    fn numbers_are_equal_by_what_they_are_worth() {
        let document = json!({"n": 1.0, "deep": [{"n": 600}], "large": 9_007_199_254_740_993_u64});
        let holds = |path: &str, value| {
            applied(document.clone(), &json!([{"op": "test", "path": path, "value": value}])).is_ok()
        };
        assert!(holds("/n", json!(1)) && holds("/deep", json!([{"n": 600.0}])));
        assert!(!holds("/n", json!("1")) && !holds("/deep", json!([{"n": 600, "m": 1}])) && !holds("/deep", json!([])));
        assert!(!holds("/large", json!(9_007_199_254_740_992_u64)));
    }
}
