//! Regular expressions: RE2 syntax, linear in the text, bounded in size.

use crate::limits;
use regex::{Regex, RegexBuilder};

/// Compiles a pattern; the error says what is wrong without quoting the pattern, which may hold a secret.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > limits::EXPRESSION_BYTES {
        return Err("this pattern is too large".into());
    }
    RegexBuilder::new(pattern)
        .size_limit(limits::REGEX_BYTES)
        .dfa_size_limit(limits::REGEX_BYTES)
        .nest_limit(50)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "this pattern is too large; use fewer or smaller repetitions".into(),
            error => {
                let text = error.to_string();
                let why = text.lines().last().unwrap_or("syntax error").trim_start_matches("error: ").to_owned();
                format!("this pattern is not a regular expression: {why}")
            }
        })
}
