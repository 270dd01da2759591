//! How commands write: data on stdout, everything else on stderr, and colours only where a terminal takes them.

use super::{
    colour::{self, Colour},
    columns::{Cell, Column, layout},
    steers::steers,
};
use serde::Serialize;
use serde_json::Value;
use std::{
    io::{IsTerminal, Write},
    os::fd::AsFd,
};

/// Whether stderr takes colours, found out once for the process.
pub fn colours() -> bool {
    colour::on_stderr()
}

/// Colours text about what went wrong.
pub fn red(text: &str) -> String {
    Colour::Red.paint(text, colours())
}

/// Colours text about what went well.
pub fn green(text: &str) -> String {
    Colour::Green.paint(text, colours())
}

/// Colours text about what needs a look.
pub fn yellow(text: &str) -> String {
    Colour::Yellow.paint(text, colours())
}

/// Colours text about what to do next.
pub fn cyan(text: &str) -> String {
    Colour::Cyan.paint(text, colours())
}

/// Dims text that is less important.
pub fn dim(text: &str) -> String {
    Colour::Dim.paint(text, colours())
}

/// Writes JSON to stdout: indented on a terminal, in one line for programs.
pub fn json(value: &impl Serialize) {
    let text = if std::io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    line(&text.unwrap_or_default());
}

/// Writes a value to stdout for people: text as it is, everything else as indented JSON.
pub fn value(value: &Value) {
    match value {
        Value::String(text) => line(text),
        other => line(&serde_json::to_string_pretty(other).unwrap_or_default()),
    }
}

/// Writes a line to stdout. A reader that went away, such as `head`, is no error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes a table to stdout, for the width and the colours of what reads it.
pub fn table<const N: usize, H, C>(headings: [H; N], rows: impl IntoIterator<Item = [C; N]>)
where
    H: Into<Column>,
    C: Into<Cell>,
{
    let rows: Vec<[Cell; N]> = rows.into_iter().map(|row| row.map(Into::into)).collect();
    line(layout(headings.map(Into::into), &rows, width(), colour::on_stdout()).trim_end());
}

/// Columns of the terminal at stdout; none where stdout is no terminal.
pub fn width() -> Option<usize> {
    width_of(&std::io::stdout())
}

/// Columns of the terminal at stderr; none where stderr is no terminal.
pub fn width_of_stderr() -> Option<usize> {
    width_of(&std::io::stderr())
}

/// Columns of a terminal. One that does not say has 80.
fn width_of(stream: &(impl IsTerminal + AsFd)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let told = rustix::termios::tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    Some(if told == 0 { 80 } else { told.max(NARROWEST) })
}

/// Columns that a terminal is taken to have at least.
const NARROWEST: usize = 20;

/// Replaces what [`steers`] by U+FFFD; line breaks and tabs stay.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if steers(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A text of somebody else's, whose further lines are marked: none of them can be taken for a line of this program.
pub fn quoted_lines(text: &str) -> String {
    clean(text).replace('\n', "\n  │ ")
}

/// Replaces control characters as [`clean`] does, but lets colours pass where this program writes them.
pub fn clean_but_colours(text: &str) -> String {
    if !colours() {
        return clean(text);
    }
    // Only codes of the form that `paint` writes pass: an escape, a bracket, digits, an `m`.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        out.push_str(&clean(&rest[..at]));
        let code = &rest[at + 1..];
        let digits = code.strip_prefix('[').map_or(0, |code| code.bytes().take_while(u8::is_ascii_digit).count());
        let whole = code[(1 + digits).min(code.len())..].starts_with('m') && code.starts_with('[');
        out.push(if whole { '\x1b' } else { '\u{fffd}' });
        rest = code;
    }
    out.push_str(&clean(rest));
    out
}

/// A value as text in one line: empty for null, text as it is, everything else as JSON.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The first line of a text, cut to `most` characters; an ellipsis stands for what is left out.
pub fn short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= most && line.len() == text.len() {
        return line.to_owned();
    }
    format!("{}…", line.chars().take(most.saturating_sub(1)).collect::<String>())
}

/// A duration in milliseconds as people read it.
pub fn took(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// A word as a POSIX shell reads it back, quoted where that is needed.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// How far children are, such as `412 of 1000 children, 3 failed (5 tolerated)`. `ended` counts those that failed too.
pub fn children(count: u64, ended: u64, failed: u64, tolerated: Option<u64>) -> String {
    let noun = if count == 1 { "child" } else { "children" };
    let all = if ended == count { count.to_string() } else { format!("{ended} of {count}") };
    let tolerated = tolerated.map(|most| format!(" ({most} tolerated)")).unwrap_or_default();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed{tolerated}") };
    format!("{all} {noun}{failed}")
}

/// The commands that answer a question, each in a line of its own.
pub fn answer_lines(commands: &[String]) -> Vec<String> {
    with_lines("answer with:", commands)
}

/// Commands of which each does it, each in a line of its own, the first after these words.
pub fn with_lines(first: &str, commands: &[String]) -> Vec<String> {
    let width = first.len();
    let before = |number| if number == 0 { first } else { "or:" };
    let line = |(number, command): (usize, &String)| format!("  {:>width$} {}", before(number), clean(command));
    commands.iter().enumerate().map(line).collect()
}

/// A count with its noun, such as `1 error` or `2 errors`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_or_turn_a_line_around_is_replaced() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\x1b[2J\nd\te 👩\u{200d}👧"), "a�b�c�[2J\nd\te 👩\u{200d}👧");
        assert_eq!(quoted_lines("Pay?\n  answer with: evil"), "Pay?\n  │   answer with: evil");
    }

    #[test]
    fn text_is_made_safe_and_short() {
        assert_eq!(clean("a\x1b[31mb"), "a\u{fffd}[31mb");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("ab\ncd", 10), "ab…");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        assert_eq!(quoted("x/y.json"), "x/y.json");
    }

    #[test]
    fn children_are_counted() {
        assert_eq!(children(1000, 412, 3, Some(5)), "412 of 1000 children, 3 failed (5 tolerated)");
        assert_eq!(children(1, 1, 0, Some(0)), "1 child");
        assert_eq!(children(2, 2, 1, None), "2 children, 1 failed");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!([took(12), took(1_250), took(61_000)], ["12 ms", "1.2 s", "1 min 1 s"]);
    }
}
