//! The canonical form of JSON that others can make too: RFC 8785, the JSON Canonicalization Scheme. What people decided
//! is signed in this form. Documents and requests are hashed by [another](crate::canonical), as ADR 15 says.
//!
//! RFC 8785 knows no numbers but doubles. Two integers that no double tells apart would have one text, so [`exact`] turns
//! what a double does not hold into text first, and [`read`] refuses a number that says more than a double does.

use crate::json::Unique;
use serde_json::{Number, Value};

/// The canonical text of a value, without spaces, its keys sorted by UTF-16, its numbers as ECMAScript writes them.
pub fn text(value: &Value) -> String {
    // JSON holds no number that is infinite or none, which is all that the scheme refuses.
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}

/// The value with each integer as text that a double does not hold to its last digit, as RFC 8785 advises.
pub fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) => match keeps(&number.to_string()) {
            true => Value::Number(number),
            false => Value::String(number.to_string()),
        },
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, exact(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// Reads JSON text of which nothing is lost in its canonical form: no key stands twice in an object, and every number
/// is the one that is written there. Spaces, the order of keys and other ways to write a number make no difference.
///
/// # Errors
/// What is wrong with the text, in words for people.
pub fn read(text: &str) -> Result<Value, String> {
    let Unique(value) =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON as it is wanted: {error}"))?;
    match literals(text).find(|literal| !keeps(literal)) {
        Some(literal) => {
            Err(format!("the number {literal} says more than a double holds, so nothing was signed with it"))
        }
        None => Ok(value),
    }
}

/// Whether the canonical text of a number stands for the very number that was written.
fn keeps(literal: &str) -> bool {
    let double = literal.parse().ok().and_then(Number::from_f64);
    double.is_some_and(|double| decimal(&text(&Value::Number(double))) == decimal(literal))
}

/// The numbers in JSON text as they are written.
fn literals(json: &str) -> impl Iterator<Item = &str> {
    // Every second part of the text between quotation marks is a string. Those that are escaped end none.
    let (mut quoted, mut escaped) = (false, false);
    json.split(move |one: char| {
        let inside = quoted;
        match one {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        inside || quoted || !matches!(one, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')
    })
    // The words `true` and `false` leave an `e`.
    .filter(|part| part.contains(|one: char| one.is_ascii_digit()))
}

/// What a number in decimal stands for: whether it is negative, its digits without zeros at either end, and the power of
/// ten of the last one.
fn decimal(literal: &str) -> (bool, String, i64) {
    let (mantissa, power) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let without_end = digits.trim_end_matches('0');
    let zeros = digits.len() - without_end.len();
    let digits = without_end.trim_start_matches('0');
    if digits.is_empty() {
        return (false, String::new(), 0);
    }
    let power = power.parse::<i64>().unwrap_or(i64::MAX / 2);
    (negative, digits.to_owned(), power.saturating_add(zeros as i64).saturating_sub(fraction.len() as i64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// The examples of RFC 8785: its §3.2.2 and §3.2.3, and a few of its appendix B.
    #[test]
    fn values_have_the_text_that_the_rfc_gives_them() {
        let numbers = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#;
        let value: Value = serde_json::from_str(numbers).unwrap();
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
            \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(text(&value), expected);
        let keys = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            text(&keys),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
        for (bits, written) in [
            (0x0000_0000_0000_0001_u64, "5e-324"),
            (0x8000_0000_0000_0000, "0"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
        ] {
            assert_eq!(text(&json!(f64::from_bits(bits))), written);
        }
    }

    #[test]
    fn integers_that_no_double_holds_become_text() {
        let kept = json!([9_007_199_254_740_992_u64, 1_000_000_000_000_000_000_u64, -3, 0.1, "9007199254740993"]);
        assert_eq!(exact(kept.clone()), kept);
        let lost = json!({"a": [9_007_199_254_740_993_u64, i64::MIN, 1_152_921_504_606_846_976_u64]});
        let texts = json!({"a": ["9007199254740993", "-9223372036854775808", "1152921504606846976"]});
        assert_eq!(exact(lost), texts);
    }

    #[test]
    fn spaces_and_notation_make_no_difference_and_what_would_be_lost_is_refused() {
        let one = read(r#"{"b": [1.0, 1e2, 0.10, -0], "a\"1.23456789012345678901": "9007199254740993"}"#).unwrap();
        assert_eq!(text(&one), r#"{"a\"1.23456789012345678901":"9007199254740993","b":[1,100,0.1,0]}"#);
        for again in [text(&one), serde_json::to_string_pretty(&one).unwrap()] {
            assert_eq!(text(&read(&again).unwrap()), text(&one));
        }
        for wrong in ["9007199254740993", "[0.30000000000000005]", "{\"a\":1152921504606846976}", "1e400"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read(r#"{"a": 1, "b": {"c": 1, "c": 1}}"#).unwrap_err().contains("stands twice"));
        assert!(read("{").is_err() && read("1 2").is_err());
    }
}
