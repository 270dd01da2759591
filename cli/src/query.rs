//! Paths and queries of requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Escapes a value for a segment of a path or of a query: all but the characters that RFC 3986 calls unreserved.
pub fn escaped(text: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A query such as `?a=b&c=d` of the pairs that have a value; empty where none has.
pub fn query(pairs: &[(&str, Option<String>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_ref()?))));
    let all = given.collect::<Vec<_>>().join("&");
    if all.is_empty() { all } else { format!("?{all}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn values_are_escaped() {
        assert_eq!(escaped("a b/ü"), "a%20b%2F%C3%BC");
        let pairs = [("a", Some("1&2".to_owned())), ("b", None), ("c", Some("x".to_owned()))];
        assert_eq!(query(&pairs), "?a=1%262&c=x");
        assert_eq!(query(&[]), "");
    }
}
