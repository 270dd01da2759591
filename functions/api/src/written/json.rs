//! Finds the place in a JSON text that a JSON Pointer (RFC 6901) names, so that an error can be shown there.

use std::ops::Range;

/// Returns the bytes of a value, of a list or an object its first byte only. Where the value does not exist, those of
/// the nearest ancestor that does. None where the text is no JSON.
pub fn locate(text: &str, pointer: &str) -> Option<Range<usize>> {
    let mut scan = Scan { text, at: 0 };
    scan.blank();
    let mut found = scan.at;
    for token in super::segments(pointer) {
        match scan.enter(&token)? {
            true => found = scan.at,
            false => break,
        }
    }
    scan.at = found;
    match scan.peek()? {
        b'{' | b'[' => Some(found..found + 1),
        _ => {
            scan.skip()?;
            Some(found..scan.at)
        }
    }
}

/// A place in the text. Methods move it; they return none where the text is no JSON.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves past white space and a byte order mark.
    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) || self.text[self.at..].starts_with('\u{feff}')
        {
            self.at += if self.peek() == Some(0xef) { 3 } else { 1 };
        }
    }

    /// Moves past white space and this byte; none where another byte comes.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.blank();
        let there = self.peek()? == byte;
        self.at += usize::from(there);
        there.then_some(())
    }

    /// Moves to the member or item that a pointer's token names in the value here. False where there is none.
    fn enter(&mut self, token: &str) -> Option<bool> {
        match self.peek()? {
            b'{' => self.member(token),
            b'[' => self.item(token.parse().ok()),
            _ => Some(false),
        }
    }

    /// Moves to the member of that name in the object here, past the others.
    fn member(&mut self, name: &str) -> Option<bool> {
        self.at += 1;
        loop {
            self.blank();
            if self.peek()? != b'"' {
                return Some(false);
            }
            let start = self.at;
            self.string()?;
            let key: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
            self.take(b':')?;
            self.blank();
            if key == name {
                return Some(true);
            }
            self.skip()?;
            if self.take(b',').is_none() {
                return Some(false);
            }
        }
    }

    /// Moves to the item of that index, from 0, in the list here. A token that is no index names none.
    fn item(&mut self, index: Option<usize>) -> Option<bool> {
        let Some(index) = index else { return Some(false) };
        self.at += 1;
        for _ in 0..index {
            self.blank();
            if self.peek()? == b']' {
                return Some(false);
            }
            self.skip()?;
            if self.take(b',').is_none() {
                return Some(false);
            }
        }
        self.blank();
        Some(self.peek()? != b']')
    }

    /// Moves past the string here.
    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }

    /// Moves past the value here. Brackets are counted instead of recursing, so that deep nesting cannot exhaust the
    /// stack.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => {
                    // A number or a word has no closing character: it goes on until something else begins.
                    let ends = |byte: u8| b",:]}".contains(&byte) || byte.is_ascii_whitespace();
                    while self.peek().is_some_and(|byte| !ends(byte)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "\u{feff}{ \"a/b\": [1, {\"x\\u0079\": \"v,\\\"]\", \"z\": true}, 3.5],\n \"\": null, \"ü\": [] }";

    fn at(pointer: &str) -> &str {
        locate(TEXT, pointer).map_or("", |range| &TEXT[range])
    }

    #[test]
    fn a_pointer_leads_to_its_value() {
        assert_eq!(at("/a~1b/1/xy"), "\"v,\\\"]\"");
        assert_eq!(at("/a~1b/1/z"), "true");
        assert_eq!(at("/a~1b/2"), "3.5");
        assert_eq!(at("/"), "null");
        assert_eq!(at("/ü"), "[");
        assert_eq!(at(""), "{");
    }

    #[test]
    fn what_is_missing_leads_to_what_should_have_it() {
        assert_eq!(at("/a~1b/7"), "[");
        assert_eq!(at("/a~1b/0/deeper"), "1");
        assert_eq!(at("/nothing/at/all"), "{");
        assert_eq!(at("/ü/0"), "[");
    }

    #[test]
    fn broken_text_leads_nowhere_behind_where_it_breaks() {
        for text in ["", "{", "{\"a\"", "{\"a\": \"", "{\"b\": [1"] {
            assert_eq!(locate(text, "/a/9/9"), None, "{text}");
            assert_eq!(locate(text, "/a"), None, "{text}");
        }
        assert_eq!(locate("[1, ", "/1"), None);
        assert_eq!(locate("[1, ", "/0"), Some(1..2), "what comes before is there");
        assert_eq!(locate("[1, ", "/a"), Some(0..1), "a list has no such member");
    }
}
