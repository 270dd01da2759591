//! How commands write: data on stdout, everything else on stderr, and colours only where a terminal takes them.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;
use std::{
    io::{IsTerminal, Write},
    sync::LazyLock,
};

/// Whether stderr takes colours: a terminal that is not dumb, where `NO_COLOR` (<https://no-color.org>) is unset or
/// empty.
static COLOURS: LazyLock<bool> = LazyLock::new(|| {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !forbidden && !dumb
});

/// Whether stderr takes colours, found out once for the process.
pub fn colours() -> bool {
    *COLOURS
}

/// Colours a text by an SGR code (ECMA-48), where stderr takes colours.
fn paint(code: &str, text: &str) -> String {
    if colours() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Colours text about what went wrong.
pub fn red(text: &str) -> String {
    paint("31", text)
}

/// Colours text about what went well.
pub fn green(text: &str) -> String {
    paint("32", text)
}

/// Colours text about what needs a look.
pub fn yellow(text: &str) -> String {
    paint("33", text)
}

/// Colours text about what to do next.
pub fn cyan(text: &str) -> String {
    paint("36", text)
}

/// Dims text that is less important.
pub fn dim(text: &str) -> String {
    paint("2", text)
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

/// Writes a table to stdout. Control characters are replaced, since cells may hold anybody's text.
pub fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(if std::io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table.set_header(headings);
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    line(&table.trim_fmt());
}

/// Replaces control characters, which could steer a terminal, by U+FFFD; line breaks and tabs stay.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
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

/// What is there as text; empty where nothing is.
pub fn maybe(value: &Option<impl ToString>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
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

/// A count with its noun, such as `1 error` or `2 errors`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_safe_and_short() {
        assert_eq!(clean("a\x1b[31mb"), "a\u{fffd}[31mb");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("ab\ncd", 10), "ab…");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        assert_eq!(quoted("x/y.json"), "x/y.json");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!([took(12), took(1_250), took(61_000)], ["12 ms", "1.2 s", "1 min 1 s"]);
    }
}
