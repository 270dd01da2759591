//! Reads workflow files, as JSON or by their name as YAML, and inputs, which are JSON.

use super::{Failure, limits};
use document::json::nesting;
use engine::limits::JSON_DEPTH;
use serde_json::Value;
use std::{
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
};

/// A workflow file, read and parsed.
pub struct Source {
    /// The path as it was given.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
    /// The document in the file.
    pub document: Value,
    /// Whether the file is YAML, by its name.
    pub is_yaml: bool,
}

/// A file that is neither JSON nor YAML.
pub struct Malformed {
    /// The file's text.
    pub text: String,
    /// What the parser says is wrong.
    pub message: String,
    /// The bytes of the text where it is wrong; none where the parser does not say.
    pub at: Option<Range<usize>>,
    /// What to do about it, where that can be told.
    pub hint: Option<&'static str>,
}

/// Why a file gives no document.
pub enum Unread {
    /// The file cannot be read.
    File(Failure),
    /// The file is neither JSON nor YAML.
    Malformed(Malformed),
}

impl Source {
    /// Reads and parses a file of [`limits::FILE_BYTES`] at most.
    pub fn read(path: &Path) -> Result<Self, Unread> {
        let text = read_text(path, limits::FILE_BYTES).map_err(Unread::File)?;
        let is_yaml =
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
        let parsed = if is_yaml { yaml(&text) } else { json(&text) };
        match parsed {
            Ok(document) => Ok(Self { path: path.to_owned(), text, document, is_yaml }),
            Err((message, at)) => {
                let bare = bare_template(&text, &at);
                let hint = bare.is_some().then_some(QUOTE);
                Err(Unread::Malformed(Malformed { text, message, at: bare.or(at), hint }))
            }
        }
    }
}

/// What to do about a template without quotes, which YAML and JSON take for an object within an object.
const QUOTE: &str = "put the template in quotes: \"{{ input.amount }}\"";

/// Where a value is a template without quotes: the first one on the line that the parser stumbled over, on the one before
/// it, or anywhere where the parser names no place.
fn bare_template(text: &str, at: &Position) -> Option<Range<usize>> {
    let line_of = |at: usize| text[..at].matches('\n').count();
    let near = |found: usize| at.as_ref().is_none_or(|at| line_of(at.start).abs_diff(line_of(found)) <= 1);
    let is_value = |found: usize| {
        let line = text[..found].rsplit('\n').next().unwrap_or_default();
        let quoted = line.matches('"').count() % 2 + line.matches('\'').count() % 2 > 0;
        let before = line.trim_end();
        !quoted && !before.starts_with('#') && before.ends_with([':', '[', '-'])
    };
    let found = text.match_indices("{{").map(|(found, _)| found).find(|&found| near(found) && is_value(found))?;
    Some(found..found + 2)
}

type Position = Option<Range<usize>>;

fn json(text: &str) -> Result<Value, (String, Position)> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        (message.to_owned(), Some(at))
    })
}

fn yaml(text: &str) -> Result<Value, (String, Position)> {
    // As YAML 1.2 has it, only `true` and `false` are booleans; `no` is a word.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location().map(|at| {
            let line = usize::try_from(at.line()).unwrap_or(1);
            offset(text, line, usize::try_from(at.column()).unwrap_or(1))
        });
        // In the words for people: those for programmers name options of the parser.
        let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        (words(&message).to_owned(), at)
    })
}

/// What is wrong, without the place that stands before it: the excerpt shows that.
fn words(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let placed = line.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    placed.map_or(line, |(_, words)| words)
}

/// Returns the bytes of the character at a line and column, both counted from 1; at most the end of the text.
fn offset(text: &str, line: usize, column: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let width = text[at..].chars().next().map_or(0, char::len_utf8);
    at..at + width
}

/// Reads a file of UTF-8 text with at most `most` bytes.
fn read_text(path: &Path, most: u64) -> Result<String, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(
            format!("cannot read {shown}: {error}"),
            "check the name of the file and that it is yours to read",
        )
        .with_code("unreadable_file")
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        let hint = format!("keep it within {} MiB", most / 1024 / 1024);
        return Err(Failure::usage(format!("{shown} is too large"), hint).with_code("too_large"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("{shown} is not text in UTF-8"), "save it as UTF-8").with_code("unreadable_file")
    })
}

/// Reads JSON from an argument: JSON itself, `@FILE`, or `-` for stdin. `what` names the argument in errors.
pub fn input(argument: &str, what: &str) -> Result<Value, Failure> {
    let (text, from) = match argument.strip_prefix('@') {
        Some(file) => (read_text(Path::new(file), limits::INPUT_BYTES)?, file.to_owned()),
        None if argument == "-" => (stdin()?, "stdin".to_owned()),
        None => (argument.to_owned(), "the argument".to_owned()),
    };
    if nesting(text.as_bytes()) > JSON_DEPTH {
        // A deeper value could be recorded, but a journal that holds it could not be read again.
        let message = format!("{what} from {from} nests more than {JSON_DEPTH} levels deep");
        return Err(Failure::usage(message, "flatten it").with_code("invalid_json"));
    }
    serde_json::from_str(&text).map_err(|error| {
        let names_a_file = [".json", ".yaml", ".yml"].iter().any(|end| argument.ends_with(end));
        let hint = match names_a_file || Path::new(argument).is_file() {
            true => format!("a file is named with an @ before it: {what} @{argument}"),
            false => format!("give JSON such as '{{\"name\": \"Ada\"}}', or @FILE, to {what}"),
        };
        Failure::usage(format!("{what} from {from} is not JSON: {error}"), hint).with_code("invalid_json")
    })
}

fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(limits::INPUT_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read stdin: {error}"), "pipe UTF-8 text into it"))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn positions_are_bytes_and_stay_within_the_text() {
        let text = "{\n  \"é\": x\n}";
        assert_eq!(&text[offset(text, 2, 9)], "x");
        assert_eq!(offset(text, 99, 99), text.len()..text.len());
        assert_eq!(&text[offset(text, 2, 5)], "é", "in the middle of a character");
    }

    #[test]
    fn malformed_json_says_where() {
        let (message, at) = json("{\"a\": }").unwrap_err();
        assert_eq!((message.as_str(), at), ("expected value", Some(6..7)));
    }

    #[test]
    fn yaml_reads_as_json_does() {
        let document = yaml("id: a\nnodes:\n  - {id: t, type: manual_trigger}\n").unwrap();
        assert_eq!(document, serde_json::json!({"id": "a", "nodes": [{"id": "t", "type": "manual_trigger"}]}));
        assert_eq!(yaml("port: no").unwrap()["port"], "no");
        let (message, at) = yaml("id: a\nid: b\n").unwrap_err();
        assert!(message.starts_with("duplicate mapping key") && at.is_some(), "{message}");
        let (_, at) = yaml("a: [1, 2").unwrap_err();
        assert!(at.is_some());
    }

    /// Ten levels of ten aliases each are 10¹⁰ values in 400 bytes.
    #[test]
    fn aliases_that_multiply_and_lists_that_nest_too_deep_are_refused() {
        let level = |ix: usize| format!("a{ix}: &a{ix} [{}]\n", vec![format!("*a{}", ix + 1); 10].join(", "));
        let bomb: String = "a10: &a10 [x]\n".to_owned() + &(0..10).rev().map(level).collect::<String>();
        assert!(yaml(&bomb).is_err());
        assert!(crate::cli::locate_yaml::locate(&bomb, "/a0/1/2").is_none());
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(yaml(&deep).is_err());
        assert!(crate::cli::locate_yaml::locate(&deep, "/0").is_none());
    }

    #[test]
    fn an_input_is_json_or_a_usage_error() {
        assert_eq!(input("{\"a\": 1}", "--input").unwrap()["a"], 1);
        let deep = |levels: usize| input(&["[".repeat(levels), "]".repeat(levels)].concat(), "--input");
        assert!(deep(JSON_DEPTH).is_ok() && deep(JSON_DEPTH + 1).is_err());
        let failure = input("{a", "--input").unwrap_err();
        assert!(failure.message().contains("--input"), "{}", failure.message());
        assert_eq!(input("@/no/such/file", "--input").unwrap_err().code, "unreadable_file");
    }
}
