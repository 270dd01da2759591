//! The lexer: from text to tokens, in one pass without recursion.

use super::error::Syntax;

/// One token of CEL.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'s> {
    /// An integer without its sign. The parser adds a minus, so that the least `i64` can be written.
    Int(u64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    Name(&'s str),
    /// A field name in backquotes, such as `` `a-b` ``. The parser takes it after a dot only.
    Quoted(&'s str),
    Punct(&'static str),
    End,
}

/// A token and the byte at which it starts.
pub(super) type Spanned<'s> = (Token<'s>, usize);

/// Operators and marks. Those of two bytes come first, so that the longest match wins.
const PUNCTUATION: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-", "*", "/", "%", "!",
    "<", ">",
];

/// All tokens of a source, `End` last.
pub(super) fn tokens(source: &str) -> Result<Vec<Spanned<'_>>, Syntax> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let token = lexer.next()?;
        let last = token == Token::End;
        tokens.push((token, start));
        if last {
            return Ok(tokens);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    /// The byte offset of what is read next.
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    /// The byte `ahead` places after the current one; 0 past the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips white space and comments, which go from `//` to the end of the line.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']).len();
            if !self.rest().starts_with("//") {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn next(&mut self) -> Result<Token<'s>, Syntax> {
        let Some(first) = self.rest().chars().next() else { return Ok(Token::End) };
        if first.is_ascii_digit() || (first == '.' && self.byte(1).is_ascii_digit()) {
            return self.number();
        }
        if let Some((prefix, raw, bytes)) = self.quote() {
            return self.quoted(prefix, raw, bytes);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Token::Name(self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_')));
        }
        if first == '`' {
            let rest = &self.rest()[1..];
            let end = rest.find('`').ok_or_else(|| Syntax::at(self.at, "this ` is never closed"))?;
            self.at += end + 2;
            return Ok(Token::Quoted(&rest[..end]));
        }
        let punct = PUNCTUATION.iter().find(|p| self.rest().starts_with(**p));
        if let Some((_, hint)) = FOREIGN.iter().find(|(operator, _)| self.rest().starts_with(operator)) {
            return Err(Syntax::at(self.at, *hint));
        }
        let punct = punct.ok_or_else(|| Syntax::at(self.at, unexpected(first)))?;
        self.at += punct.len();
        Ok(Token::Punct(punct))
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.bytes().position(|b| !wanted(b)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Reads a number: hexadecimal, decimal, or a double with a fraction or an exponent. A dot without a digit after it
    /// is left for the next token, as in `1.size()`.
    fn number(&mut self) -> Result<Token<'s>, Syntax> {
        let start = self.at;
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X') {
            self.at += 2;
            let digits = self.take_while(|b| b.is_ascii_hexdigit());
            return self.integer(start, u64::from_str_radix(digits, 16).ok());
        }
        self.take_while(|b| b.is_ascii_digit());
        let mut fraction = false;
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            fraction = true;
            self.at += 1;
            self.take_while(|b| b.is_ascii_digit());
        }
        let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
        if matches!(self.byte(0), b'e' | b'E') && self.byte(1 + sign).is_ascii_digit() {
            fraction = true;
            self.at += 1 + sign;
            self.take_while(|b| b.is_ascii_digit());
        }
        let text = &self.source[start..self.at];
        if !fraction {
            return self.integer(start, text.parse().ok());
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Token::Double(value)),
            _ => Err(Syntax::at(start, "this number is out of range")),
        }
    }

    /// Ends an integer, looking at what follows: `u` makes it a uint, and another letter means that a name was meant.
    fn integer(&mut self, start: usize, value: Option<u64>) -> Result<Token<'s>, Syntax> {
        let value = value.ok_or_else(|| Syntax::at(start, "this integer is malformed or exceeds 64 bits"))?;
        if matches!(self.byte(0), b'u' | b'U') {
            self.at += 1;
            return Ok(Token::Uint(value));
        }
        if self.byte(0).is_ascii_alphabetic() || self.byte(0) == b'_' {
            return Err(Syntax::at(start, "a name cannot start with a digit; write parent['1a'] for such a key"));
        }
        Ok(Token::Int(value))
    }

    /// The string that starts here, if one does: the length of its prefix, whether it is raw (`r`), whether it is bytes
    /// (`b`).
    fn quote(&self) -> Option<(usize, bool, bool)> {
        let mut prefix = 0;
        let (mut raw, mut bytes) = (false, false);
        loop {
            match self.byte(prefix) {
                b'r' | b'R' if !raw => raw = true,
                b'b' | b'B' if !bytes => bytes = true,
                b'"' | b'\'' => return Some((prefix, raw, bytes)),
                _ => return None,
            }
            prefix += 1;
        }
    }

    /// Reads a string or bytes. Three quotes open a string that may span lines; a string of one quote ends on its line.
    fn quoted(&mut self, prefix: usize, raw: bool, bytes: bool) -> Result<Token<'s>, Syntax> {
        let start = self.at;
        self.at += prefix;
        let quote = &self.rest()[..1];
        let triple = quote.repeat(3);
        let close = if self.rest().starts_with(&triple) { triple.as_str() } else { quote };
        self.at += close.len();
        let mut out = Vec::new();
        loop {
            if self.rest().starts_with(close) {
                self.at += close.len();
                break;
            }
            let Some(next) = self.rest().chars().next() else {
                return Err(Syntax::at(start, "this string is never closed"));
            };
            if next == '\n' && close.len() == 1 {
                return Err(Syntax::at(start, "this string is not closed on its line; write \\n for a line break"));
            }
            self.at += next.len_utf8();
            if next == '\\' && !raw {
                self.escape(bytes, &mut out)?;
            } else {
                out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        if bytes {
            return Ok(Token::Bytes(out));
        }
        String::from_utf8(out).map(Token::Text).map_err(|_| Syntax::at(start, "this string is not UTF-8"))
    }

    /// Reads what follows a backslash (CEL spec, "String and bytes values") and appends the bytes that it stands for.
    /// In a string, `\x` and octal digits name a character, in bytes a byte.
    fn escape(&mut self, bytes: bool, out: &mut Vec<u8>) -> Result<(), Syntax> {
        let start = self.at - 1;
        let kind = self.byte(0);
        // How many digits name the character, in which radix, and how many bytes stand before them.
        let (digits, radix, skip) = match kind {
            b'x' | b'X' => (2, 16, 1),
            b'u' if !bytes => (4, 16, 1),
            b'U' if !bytes => (8, 16, 1),
            b'0'..=b'3' => (3, 8, 0),
            _ => {
                // Each letter of this text stands for the byte at the same place of the text below.
                let plain = b"abfnrtv\\'\"`?".iter().position(|b| *b == kind && kind != 0);
                let plain = plain.ok_or_else(|| {
                    Syntax::at(start, "this escape is unknown; write \\\\ for a backslash, or r'…' for a raw string")
                })?;
                out.push(b"\x07\x08\x0c\n\r\t\x0b\\'\"`?"[plain]);
                self.at += 1;
                return Ok(());
            }
        };
        let bad = || Syntax::at(start, "this escape is not a character");
        let code = self.rest().get(skip..skip + digits).ok_or_else(bad)?;
        if !code.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let code = u32::from_str_radix(code, radix).map_err(|_| bad())?;
        self.at += skip + digits;
        if bytes {
            out.push(code as u8);
        } else {
            let character = char::from_u32(code).ok_or_else(bad)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

/// Operators of JavaScript, with what stands for them here.
const FOREIGN: [(&str, &str); 4] = [
    ("=>", "there are no arrow functions; write list.map(x, x * 2), list.filter(x, x > 1), list.exists(x, x == 1)"),
    ("===", "write == for ==="),
    ("!==", "write != for !=="),
    ("??", "write x.?y.orValue(z), or has(x.y) ? x.y : z, for x.y ?? z"),
];

fn unexpected(character: char) -> String {
    match character {
        '=' => "a single `=` assigns nothing here; write == to compare".into(),
        '&' => "write && for and".into(),
        '|' => "write || for or".into(),
        '$' => "`$` is not part of CEL; write the name alone, such as input.amount".into(),
        other => format!("unexpected character {other:?}"),
    }
}
