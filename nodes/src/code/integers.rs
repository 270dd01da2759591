//! Integers that a number of JavaScript cannot hold: beyond 2^53 it has no place for every digit. Between JSON and the
//! code they are `BigInt`.

/// A function that reads JSON text, with integers beyond 2^53 as `BigInt`. What it needs is taken before code of users
/// can change it.
pub(super) const READ: &str = r#"(function (text) {
    const { isSafeInteger } = Number;
    return JSON.parse(text, (key, value, { source }) =>
        typeof value === "number" && !isSafeInteger(value) && /^-?[0-9]+$/.test(source) ? BigInt(source) : value);
})"#;

/// A replacer for `JSON.stringify` that refuses what JSON would drop in silence. A `BigInt` it leaves to
/// `JSON.stringify`, which throws.
pub(super) const STRICT: &str = r#"(function (key, value) {
    const kind = typeof value;
    if (kind === "function" || kind === "symbol") {
        throw new TypeError("a " + kind + (key === "" ? "" : " at '" + key + "'") + " cannot be returned: return plain data");
    }
    return value;
})"#;

/// The same for results that hold a `BigInt`, which becomes an integer. These are few, so it is compiled where one is
/// met.
pub(super) const STRICT_WITH_INTEGERS: &str = r#"(function (key, value) {
    const kind = typeof value;
    const at = key === "" ? "" : " at '" + key + "'";
    if (kind === "bigint") {
        if (value < -(2n ** 63n) || value >= 2n ** 64n) {
            throw new RangeError("an integer" + at + " has more than 64 bits: return it as text, with String(n)");
        }
        return JSON.rawJSON(value);
    }
    if (kind === "function" || kind === "symbol") {
        throw new TypeError("a " + kind + at + " cannot be returned: return plain data");
    }
    return value;
})"#;

/// A replacer for `JSON.stringify` that writes a `BigInt` out, for people to read.
pub(super) const SHOW: &str = r#"(function (key, value) {
    return typeof value === "bigint" ? JSON.rawJSON(value) : value;
})"#;

/// Digits of the least positive integer that a number may not hold, 2^53.
const DIGITS: usize = 16;

/// Whether JSON text has an integer of so many digits that a number of JavaScript may not hold it.
pub(super) fn has_large(json: &[u8]) -> bool {
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'"' => at = end_of_text(json, at + 1),
            b'0'..=b'9' => {
                let rest = &json[at..];
                let end = rest.iter().position(|byte| !in_number(*byte)).unwrap_or(rest.len());
                if end >= DIGITS && rest[..end].iter().all(u8::is_ascii_digit) {
                    return true;
                }
                at += end - 1;
            }
            _ => {}
        }
        at += 1;
    }
    false
}

fn in_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
}

/// The position of the quote that ends a text which begins at `at`, or the end of the JSON.
fn end_of_text(json: &[u8], mut at: usize) -> usize {
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_integers_outside_of_texts_are_large() {
        for json in [
            "1234567890123456",
            "-9007199254740993",
            r#"{"a": [1, 7615917337495251231]}"#,
            r#"["\\",1234567890123456]"#,
        ] {
            assert!(has_large(json.as_bytes()), "{json}");
        }
        for json in [
            "",
            "1",
            "123456789012345",
            "0.30000000000000004",
            "12345678901234567e1",
            r#""1234567890123456""#,
            r#"{"\"1234567890123456": 1}"#,
            r#""1234567890123456"#,
            r#""\"#,
        ] {
            assert!(!has_large(json.as_bytes()), "{json}");
        }
    }
}
