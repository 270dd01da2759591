//! Reads workflow files, as JSON or by their name as YAML, and inputs, which are JSON.

use super::{Failure, limits};
use api::written::{Format, Malformed, read};
use document::json::{Unique, nesting};
use engine::limits::JSON_DEPTH;
use serde_json::Value;
use std::{
    io::Read,
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
    /// What the file is written in, by its name.
    pub format: Format,
}

/// Why a file gives no document.
pub enum Unread {
    /// The file cannot be read.
    File(Failure),
    /// The file is neither JSON nor YAML: its text, and what is wrong with it.
    Malformed(String, Malformed),
}

impl Source {
    /// Reads and parses a file of [`limits::FILE_BYTES`] at most.
    pub fn read(path: &Path) -> Result<Self, Unread> {
        let is_stdin = path.as_os_str() == STDIN;
        let text = if is_stdin { stdin(limits::FILE_BYTES) } else { read_text(path, limits::FILE_BYTES) };
        let text = text.map_err(Unread::File)?;
        let named =
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
        // Stdin has no name.
        let format = match named {
            true => Format::Yaml,
            false if is_stdin => Format::of(&text),
            false => Format::Json,
        };
        match read(&text, format) {
            Ok(document) => Ok(Self { path: path.to_owned(), text, document, format }),
            Err(malformed) => Err(Unread::Malformed(text, malformed)),
        }
    }
}

/// How a source is called: by its path, or as stdin.
pub fn shown(path: &Path) -> String {
    if path.as_os_str() == STDIN { "stdin".to_owned() } else { path.display().to_string() }
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
    #![allow(clippy::unwrap_used)]
    use super::*;

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
