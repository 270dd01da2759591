//! Sources as the tests of the architecture read them: without comments and without what only tests compile.

use crate::docs::{files, root};
use std::fs;

/// The folders whose code people run.
pub const ROOMS: [&str; 8] = ["shared", "nodes", "notify", "functions", "hosts", "web", "mcp", "cli"];

/// A source file. Its texts are as long as the file, so that a position in one is a position in the others.
pub struct Source {
    /// The path from the project's folder.
    pub name: String,
    /// The text without comments and without what only tests compile: blanks stand in their place.
    pub code: String,
    /// The same, with blanks in place of what stands between quotation marks.
    pub bare: String,
}

impl Source {
    /// The line of a position, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// What stands between quotation marks, each with its position.
    pub fn literals(&self) -> Vec<(usize, &str)> {
        let mut marks = self.bare.match_indices('"').map(|(at, _)| at);
        let mut found = Vec::new();
        while let (Some(open), Some(close)) = (marks.next(), marks.next()) {
            found.push((open, &self.code[open + 1..close]));
        }
        found
    }
}

/// The sources below a folder, without files that hold nothing but tests or stand-ins for them.
pub fn sources(below: &str) -> Vec<Source> {
    let of_tests = |name: &str| {
        let stand_in = name.ends_with("tests.rs") || name.ends_with("/testing.rs");
        stand_in || ["/tests/", "/fuzz/"].iter().any(|folder| name.contains(folder))
    };
    let paths = files(&root().join(below), ".rs").into_iter();
    let named = paths.map(|path| (path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), path));
    let shipped = named.filter(|(name, _)| !of_tests(name));
    let found: Vec<Source> = shipped.map(|(name, path)| read(name, &fs::read_to_string(path).unwrap())).collect();
    assert!(!found.is_empty(), "there are no sources in {below}");
    found
}

/// Reads the text of a file.
pub fn read(name: String, text: &str) -> Source {
    let (mut code, mut bare) = (text.as_bytes().to_vec(), text.as_bytes().to_vec());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (comment, length) = (comment(rest), literal(rest, text[..at].chars().next_back()));
        if comment > 0 {
            blank(&mut code[at..at + comment]);
            blank(&mut bare[at..at + comment]);
        } else if length > 2 {
            blank(&mut bare[at + 1..at + length - 1]);
        }
        at += comment.max(length).max(rest.chars().next().map_or(1, char::len_utf8));
    }
    let bare_text = String::from_utf8(bare.clone()).unwrap();
    for (start, end) in test_items(&bare_text) {
        blank(&mut code[start..end]);
        blank(&mut bare[start..end]);
    }
    Source { name, code: String::from_utf8(code).unwrap(), bare: String::from_utf8(bare).unwrap() }
}

/// Puts blanks in the place of a text, and keeps its lines.
fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

/// The length of the comment that a text begins with; 0 where it begins with none.
fn comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") { text.find("*/").map_or(text.len(), |end| end + 2) } else { 0 }
}

/// The length of the string or character that a text begins with; 0 where it begins with none.
fn literal(text: &str, before: Option<char>) -> usize {
    let named = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if let Some(raw) = text.strip_prefix('r').filter(|_| !named || before == Some('b')) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            return raw[hashes + 1..].find(&close).map_or(text.len(), |end| 1 + hashes + 1 + end + close.len());
        }
    }
    // What follows an apostrophe is a lifetime unless it is closed after one character.
    let quote = match text.as_bytes().first() {
        Some(b'"') => '"',
        Some(b'\'') if text[1..].starts_with('\\') || text.chars().nth(2) == Some('\'') => '\'',
        _ => return 0,
    };
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where the items lie that only tests compile: from their attribute to their end.
fn test_items(bare: &str) -> Vec<(usize, usize)> {
    let mark = "#[cfg(test)]";
    let items = bare.match_indices(mark).map(|(start, _)| {
        let rest = &bare[start + mark.len()..];
        let body = rest.find(['{', ';']).unwrap_or(rest.len());
        let end = if rest[body..].starts_with('{') { body + closed(&rest[body..]) } else { body };
        (start, start + mark.len() + end)
    });
    items.collect()
}

/// Whether a character belongs to a name.
pub fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where a word stands in a text by itself.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let apart = move |at: &usize| !text[..*at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word);
    text.match_indices(word).map(|(at, _)| at).filter(apart)
}

/// The length of the block that a text begins with, its braces included.
pub fn closed(bare: &str) -> usize {
    let mut depth = 0usize;
    for (at, character) in bare.char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    bare.len()
}

#[test]
fn a_source_is_read_without_comments_and_tests() {
    let text = "use a; // use b\nconst C: &str = \"use c // d\"; let e = '\"'; fn f<'a>() {} r#\"g\"#\n\
                #[cfg(test)]\nmod tests { use h; }\nuse i;";
    let source = read("one.rs".into(), text);
    assert_eq!(source.code.len(), text.len());
    assert!(!source.code.contains("use b") && !source.code.contains("use h"), "{}", source.code);
    assert!(source.code.contains("use c // d") && source.code.contains("use i;"), "{}", source.code);
    assert!(!source.bare.contains("use c") && source.bare.contains("fn f<'a>() {}"), "{}", source.bare);
    assert_eq!(source.line(source.code.find("use i").unwrap()), 5);
}
