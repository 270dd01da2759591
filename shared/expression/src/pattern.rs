//! Regular expressions for `matches()`: in RE2's syntax, matched in time linear in the text, bounded in size. The
//! patterns of events are in `crate::pattern`.

use super::{
    error::Fault,
    eval::Machine,
    value::{Val, text},
};
use crate::limits;
use regex::{Error, Regex, RegexBuilder};

/// A compiled regular expression.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    /// Steps charged per byte of a text that is matched; a larger pattern takes more time per byte.
    weight: u64,
}

impl Pattern {
    /// Compiles a pattern; the error says what is wrong without quoting the pattern, which may hold a secret.
    pub(super) fn compile(pattern: &str) -> Result<Self, String> {
        const LARGE: &str = "this pattern is too large; use fewer or smaller repetitions";
        if pattern.len() > limits::EXPRESSION_BYTES {
            return Err(LARGE.into());
        }
        // A Unicode class has hundreds of ranges, which are written out before the size is known.
        if pattern.matches(r"\p").count() + pattern.matches(r"\P").count() > limits::REGEX_CLASSES {
            return Err(LARGE.into());
        }
        let pattern = ascii_classes(pattern);
        // The smallest size that holds the pattern decides what matching costs.
        for (size, weight) in limits::REGEX_SIZES {
            let mut builder = RegexBuilder::new(&pattern);
            match builder.size_limit(size).dfa_size_limit(size).nest_limit(50).build() {
                Ok(regex) => return Ok(Self { regex, weight }),
                Err(Error::CompiledTooBig(_)) => {}
                Err(error) => {
                    let text = error.to_string();
                    let why = text.lines().last().unwrap_or("syntax error").trim_start_matches("error: ").to_owned();
                    return Err(format!("this pattern is not a regular expression: {why}"));
                }
            }
        }
        Err(LARGE.into())
    }

    /// Whether the pattern matches anywhere in a text.
    pub(super) fn matches(&self, m: &mut Machine<'_>, value: &Val<'_>) -> Result<bool, Fault> {
        let text = text(value)?;
        if text.len() > limits::REGEX_TEXT_BYTES {
            return Err(Fault::Limit("matches() takes texts of at most 16 KiB; use contains() or a `code` node"));
        }
        m.charge(50 + self.weight * text.len() as u64)?;
        Ok(self.regex.is_match(text))
    }
}

/// Spells out `\d`, `\w`, `\s` and `\b` as ASCII, which is what they mean in RE2 and so in CEL. The `regex` crate gives
/// them their Unicode meaning, whose tables are a thousand times the size.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
        out.push_str(before);
        out.push_str(match &escape[..length] {
            r"\d" => "[0-9]",
            r"\D" => "[^0-9]",
            r"\w" => "[0-9A-Za-z_]",
            r"\W" => "[^0-9A-Za-z_]",
            r"\s" => r"[\t\n\f\r ]",
            r"\S" => r"[^\t\n\f\r ]",
            r"\b" => r"(?-u:\b)",
            other => other,
        });
        rest = &escape[length..];
    }
    out + rest
}
