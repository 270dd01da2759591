//! What JSON text shows before it is parsed.

pub use expression::memory::{weight as memory, weight_of_text as memory_of_text};

/// How deep lists and objects lie within each other: 0 for a bare value. A parser recurses that deep, so hosts refuse
/// deep text before they parse it. Text that is no JSON gets some number.
pub fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_counts_what_is_open_outside_of_strings() {
        for (json, levels) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a": [1, {"b": []}], "c": {}}"#, 4),
            (r#"["[[[", "\"[[", "\\", [1]]"#, 2),
            ("]]]]", 0),
            ("[[[", 3),
        ] {
            assert_eq!(nesting(json.as_bytes()), levels, "{json}");
        }
    }
}
