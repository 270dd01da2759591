//! Reads workflow files, as JSON or by their name as YAML, and inputs, which are JSON.

use super::{
    Failure, limits,
    place::{Wrong, offset},
};
use document::json::{TWICE, Unique, nesting};
use engine::limits::JSON_DEPTH;
use serde_json::Value;
use std::{
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
};

/// What stands for stdin in the place of a file.
pub const STDIN: &str = "-";

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
        let is_stdin = path.as_os_str() == STDIN;
        let text = if is_stdin { stdin(limits::FILE_BYTES) } else { read_text(path, limits::FILE_BYTES) };
        let text = text.map_err(Unread::File)?;
        let named =
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
        // Stdin has no name: a document in JSON begins with a brace, and one in YAML hardly ever does.
        let is_yaml = named || (is_stdin && !text.trim_start_matches('\u{feff}').trim_start().starts_with('{'));
        let parsed = match text.trim_start_matches('\u{feff}').trim() {
            "" => Err((EMPTY.to_owned(), None)),
            _ if is_yaml => yaml(&text),
            _ => json(&text),
        };
        match parsed {
            Ok(document) => Ok(Self { path: path.to_owned(), text, document, is_yaml }),
            Err((message, at)) => {
                let bare = bare_template(&text, &at);
                let hint = if bare.is_some() { Some(QUOTE) } else { hint_of(&message) };
                Err(Unread::Malformed(Malformed { text, message, at: bare.or(at), hint }))
            }
        }
    }
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

/// How a source is called: by its path, or as stdin.
pub fn shown(path: &Path) -> String {
    if path.as_os_str() == STDIN { "stdin".to_owned() } else { path.display().to_string() }
}

/// What to do about a template without quotes, which YAML and JSON take for an object within an object.
const QUOTE: &str = "put the template in quotes: \"{{ input.amount }}\"";

/// Where a value is a template without quotes: the first one on the line that the parser stumbled over, on the one before
/// it, or anywhere where the parser names no place.
fn bare_template(text: &str, at: &Option<Range<usize>>) -> Option<Range<usize>> {
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

fn json(text: &str) -> Result<Value, Wrong> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(|Unique(document)| document).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        (message.to_owned(), Some(at))
    })
}

fn yaml(text: &str) -> Result<Value, Wrong> {
    api::yaml::read(text).map_err(|(message, at)| (message, at.map(|(line, column)| offset(text, line, column))))
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
        None if argument == STDIN => (stdin(limits::INPUT_BYTES)?, "stdin".to_owned()),
        None => (argument.to_owned(), "the argument".to_owned()),
    };
    if nesting(text.as_bytes()) > JSON_DEPTH {
        // A deeper value could be recorded, but a journal that holds it could not be read again.
        let message = format!("{what} from {from} nests more than {JSON_DEPTH} levels deep");
        return Err(Failure::usage(message, "flatten it").with_code("invalid_json"));
    }
    serde_json::from_str(&text).map(|Unique(value)| value).map_err(|error| {
        if error.is_data() {
            let hint = "keep one of the two";
            return Failure::usage(format!("{what} from {from}: {error}"), hint).with_code("invalid_json");
        }
        let names_a_file =
            from == "the argument" && [".json", ".yaml", ".yml"].iter().any(|end| argument.ends_with(end));
        let hint = match names_a_file || Path::new(argument).is_file() {
            true => format!("a file is named with an @ before it: {what} @{argument}"),
            false => format!("give JSON such as '{{\"name\": \"Ada\"}}', or @FILE, to {what}"),
        };
        Failure::usage(format!("{what} from {from} is not JSON: {error}"), hint).with_code("invalid_json")
    })
}

/// Reads UTF-8 text of at most `most` bytes from stdin.
fn stdin(most: u64) -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(most + 1).read_to_string(&mut text);
    if text.len() as u64 > most {
        let hint = format!("keep it within {} MiB", most / 1024 / 1024);
        return Err(Failure::usage("what comes from stdin is too large", hint).with_code("too_large"));
    }
    read.map_err(|error| Failure::usage(format!("cannot read stdin: {error}"), "pipe UTF-8 text into it"))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
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
        let malformed = |name: &str, text: &str| {
            let dir = std::env::temp_dir().join(format!("stepwell-source-{}-{name}", std::process::id()));
            std::fs::write(&dir, text).unwrap();
            let read = Source::read(&dir);
            std::fs::remove_file(&dir).unwrap();
            match read {
                Err(Unread::Malformed(malformed)) => malformed,
                Err(Unread::File(failure)) => panic!("{failure:?}"),
                Ok(_) => panic!("{text} is taken"),
            }
        };
        for (name, text, hint) in [
            ("a.json", " \n", "stepwell init"),
            ("a.yaml", "\u{feff}", "stepwell init"),
            ("b.json", "{\"id\": \"a\",}", "last comma"),
            ("c.json", "{\"id\": ", "ends too early"),
            ("d.json", "{id: 1}", "double quotes"),
            ("e.json", "{\"id\": 1, \"id\": 2}", "keep one"),
            ("e.yaml", "id: 1\nid: 2\n", "keep one"),
            ("f.yaml", "id: a\nnodes:\n  - {id: s}\n\t- x\n", "spaces"),
            ("g.yaml", "id: a\n---\nid: b\n", "one document"),
        ] {
            let hinted = malformed(name, text).hint.unwrap_or_default();
            assert!(hinted.contains(hint), "{name}: {hinted}");
        }
        assert_eq!(malformed("h.json", "").message, EMPTY);
    }

    #[test]
    fn an_input_says_nothing_twice() {
        let failure = input(r#"{"amount": 1, "amount": 999}"#, "--input").unwrap_err();
        assert!(failure.message().contains("the key `amount` stands twice"), "{}", failure.message());
        assert_eq!(failure.hint().as_deref(), Some("keep one of the two"));
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
