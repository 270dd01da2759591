//! What is wrong with a text that holds no document, and what to do about it.

use super::{Format, offset::offset};
use crate::limits;
use document::json::{TWICE, Unique};
use serde_json::Value;
use std::ops::Range;

/// A text that is no document.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed {
    /// What the parser says is wrong.
    pub message: String,
    /// The bytes of the text where it is wrong; none where the parser does not say.
    pub at: Option<Range<usize>>,
    /// What to do about it, where that can be told.
    pub hint: Option<&'static str>,
}

/// What is wrong with a text, and the bytes where it is.
type Wrong = (String, Option<Range<usize>>);

/// Reads the document that a text holds, or says why it holds none.
pub fn read(text: &str, format: Format) -> Result<Value, Malformed> {
    let parsed = match (text.trim_start_matches('\u{feff}').trim(), format) {
        ("", _) => Err((EMPTY.to_owned(), None)),
        (_, Format::Yaml) => yaml(text),
        (_, Format::Json) => json(text),
    };
    parsed.map_err(|(message, at)| {
        let bare = bare_template(text, &at);
        let hint = if bare.is_some() { Some(QUOTE) } else { hint_of(&message) };
        Malformed { message, at: bare.or(at), hint }
    })
}

/// What to do about what a parser says, where that can be told.
fn hint_of(message: &str) -> Option<&'static str> {
    let hints = [
        (TWICE, "keep one of the two"),
        (EMPTY, "begin with a workflow: `stepwell init` writes one"),
        ("trailing comma", "take the last comma away: JSON has none before a bracket that closes"),
        ("EOF while parsing", "the file ends too early: close what is open"),
        ("key must be a string", "put keys in double quotes, and write no comments: JSON has none"),
        ("recursion limit", "flatten it: a document nests 100 levels at most"),
        ("tabs disallowed", "indent with spaces: YAML takes no tabs"),
        ("multiple found", "keep one document to a file: take the line `---` and what follows it away"),
    ];
    hints.into_iter().find(|(part, _)| message.contains(part)).map(|(_, hint)| hint)
}

/// What is said of a file without anything in it.
const EMPTY: &str = "the file is empty";

/// What to do about a template without quotes, which YAML and JSON take for an object within an object.
const QUOTE: &str = "put the template in quotes: \"{{ input.amount }}\"";

/// Where a value is a template without quotes: the first one on the line that the parser stumbled over, on the one before
/// it or after it, or anywhere where the parser names no place.
fn bare_template(text: &str, at: &Option<Range<usize>>) -> Option<Range<usize>> {
    let near = at.as_ref().map_or(0..text.len(), |at| around(text, at.start));
    let is_value = |found: &usize| {
        let line = text[..*found].rsplit('\n').next().unwrap_or_default();
        let quoted = line.matches('"').count() % 2 + line.matches('\'').count() % 2 > 0;
        let before = line.trim_end();
        !quoted && !before.starts_with('#') && before.ends_with([':', '[', '-'])
    };
    let all = text[near.clone()].match_indices("{{").map(|(found, _)| near.start + found);
    let found = all.take(limits::TEMPLATES_LOOKED_AT).find(is_value)?;
    Some(found..found + 2)
}

/// The line of a byte, with the one before it and the one after it.
fn around(text: &str, byte: usize) -> Range<usize> {
    let before = text[..byte].rmatch_indices('\n').nth(1).map_or(0, |(at, _)| at + 1);
    let after = text[byte..].match_indices('\n').nth(1).map_or(text.len(), |(at, _)| byte + at);
    before..after
}

fn json(text: &str) -> Result<Value, Wrong> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(|Unique(document)| document).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        (message.to_owned(), Some(at))
    })
}

fn yaml(text: &str) -> Result<Value, Wrong> {
    crate::yaml::read(text).map_err(|(message, at)| (message, at.map(|(line, column)| offset(text, line, column))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn malformed_json_says_where() {
        let (message, at) = json("{\"a\": }").unwrap_err();
        assert_eq!((message.as_str(), at), ("expected value", Some(6..7)));
    }

    #[test]
    fn a_key_that_stands_twice_is_named_where_it_stands_again() {
        let text = "{\"id\": \"a\",\n \"id\": \"b\"}";
        let (message, at) = json(text).unwrap_err();
        assert_eq!(message, "the key `id` stands twice in the same object");
        assert_eq!(text[..at.unwrap().start].lines().count(), 2, "in its line");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_what_to_do() {
        let malformed = |format, text: &str| read(text, format).unwrap_err();
        let (json, yaml) = (Format::Json, Format::Yaml);
        for (format, text, hint) in [
            (json, " \n", "stepwell init"),
            (yaml, "\u{feff}", "stepwell init"),
            (json, "{\"id\": \"a\",}", "last comma"),
            (json, "{\"id\": ", "ends too early"),
            (json, "{id: 1}", "double quotes"),
            (json, "{\"id\": 1, \"id\": 2}", "keep one"),
            (yaml, "id: 1\nid: 2\n", "keep one"),
            (yaml, "id: a\nnodes:\n  - {id: s}\n\t- x\n", "spaces"),
            (yaml, "id: a\n---\nid: b\n", "one document"),
            (yaml, "id: a\nset: {{ input.x }}\n", "in quotes"),
            (json, "{\"a\": \"{{ x }}\",\n\"b\": {{ input.x }}}", "in quotes"),
        ] {
            let hinted = malformed(format, text).hint.unwrap_or_default();
            assert!(hinted.contains(hint), "{text}: {hinted}");
        }
        assert_eq!(malformed(json, "").message, EMPTY);
    }
}
