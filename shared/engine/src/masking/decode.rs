//! The list of encodings in which a secret may come back, as decoders. A decoder undoes an encoding wherever it occurs,
//! so it does not matter which characters an encoder chose to change, nor in which case it writes hexadecimal.

/// A text in decoded form, and where each of its bytes stood in the text itself.
pub(super) struct View {
    pub bytes: Vec<u8>,
    /// The offset at which the source of each byte begins; one more at the end, the length of the source. It never
    /// falls, and bytes of one escape share it.
    pub from: Vec<u32>,
}

/// Reads one escape at the beginning of a text: the character or byte that it stands for, and its length.
type Escape = fn(&[u8]) -> Option<(Unit, usize)>;

/// What one escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Byte(u8),
    Char(char),
}

/// The encodings, each by the byte that introduces its escapes.
const ESCAPES: [(u8, Escape); 4] = [(b'%', percent), (b'+', plus), (b'\\', backslash), (b'&', entity)];

/// The longest escape of a single byte, in bytes: `&#x0000041;` with a few zeros to spare.
const LONGEST: usize = 16;

/// Whether any decoder may make something else of a text.
pub(super) fn may_change(text: &[u8]) -> bool {
    text.iter().any(|byte| byte.is_ascii_whitespace() || ESCAPES.iter().any(|(mark, _)| mark == byte))
}

impl View {
    /// The text as it stands.
    pub fn plain(text: &[u8]) -> Self {
        let from = (0..=text.len()).map(|at| at as u32).collect();
        Self { bytes: text.to_vec(), from }
    }

    /// The text with every escape undone once; none where it holds no escape.
    pub fn unescaped(&self) -> Option<Self> {
        let first = self.bytes.iter().position(|byte| ESCAPES.iter().any(|(mark, _)| mark == byte))?;
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut from = Vec::with_capacity(self.from.len());
        bytes.extend_from_slice(&self.bytes[..first]);
        from.extend_from_slice(&self.from[..first]);
        let (mut at, mut changed) = (first, false);
        while at < self.bytes.len() {
            let rest = &self.bytes[at..self.bytes.len().min(at + LONGEST)];
            let read = ESCAPES.iter().find(|(mark, _)| *mark == rest[0]).and_then(|(_, read)| read(rest));
            let length = match read {
                None => {
                    bytes.push(rest[0]);
                    1
                }
                Some((Unit::Byte(byte), length)) => {
                    bytes.push(byte);
                    length
                }
                Some((Unit::Char(char), length)) => {
                    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    length
                }
            };
            from.resize(bytes.len(), self.from[at]);
            changed |= read.is_some();
            at += length;
        }
        from.push(self.from[self.bytes.len()]);
        changed.then_some(Self { bytes, from })
    }

    /// The text without white space, and where each of its bytes stands in this view; none where it holds none. Base64
    /// and hexadecimal are wrapped over lines, which a header has joined by spaces.
    pub fn unwrapped(&self) -> Option<(Vec<u8>, Vec<u32>)> {
        self.bytes.iter().any(u8::is_ascii_whitespace).then(|| {
            let kept = self.bytes.iter().zip(0_u32..).filter(|(byte, _)| !byte.is_ascii_whitespace());
            kept.map(|(byte, at)| (*byte, at)).unzip()
        })
    }

    /// The part of the source that some bytes of the view come from.
    pub fn source(&self, start: usize, end: usize) -> (usize, usize) {
        let last = self.from[end - 1];
        // The last byte's source ends where that of the next escape or byte begins.
        let end = self.from[end..].iter().find(|from| **from > last).copied().unwrap_or(last + 1);
        (self.from[start] as usize, end as usize)
    }
}

/// `%41`, of RFC 3986.
fn percent(text: &[u8]) -> Option<(Unit, usize)> {
    Some((Unit::Byte(hex(text.get(1..3)?)? as u8), 3))
}

/// `+`, which stands for a space in forms.
fn plus(_: &[u8]) -> Option<(Unit, usize)> {
    Some((Unit::Byte(b' '), 1))
}

/// `\u0041`, `\u{41}`, `\x41`, `\n`, `\/` and the like: JSON, JavaScript and their relatives.
fn backslash(text: &[u8]) -> Option<(Unit, usize)> {
    let byte = |byte| Some((Unit::Byte(byte), 2));
    match *text.get(1)? {
        b'u' => unicode(text),
        b'x' => Some((Unit::Char(char::from_u32(hex(text.get(2..4)?)?)?), 4)),
        b'b' => byte(8),
        b'f' => byte(12),
        b'n' => byte(b'\n'),
        b'r' => byte(b'\r'),
        b't' => byte(b'\t'),
        other @ (b'/' | b'\\' | b'"' | b'\'') => byte(other),
        _ => None,
    }
}

fn unicode(text: &[u8]) -> Option<(Unit, usize)> {
    if text.get(2) == Some(&b'{') {
        let end = text.iter().position(|byte| *byte == b'}')?;
        return Some((Unit::Char(char::from_u32(hex(text.get(3..end)?)?)?), end + 1));
    }
    let unit = hex(text.get(2..6)?)?;
    if let Some(char) = char::from_u32(unit) {
        return Some((Unit::Char(char), 6));
    }
    // Two surrogates are one character.
    let low = text.get(6..8).filter(|mark| *mark == b"\\u").and_then(|_| hex(text.get(8..12)?))?;
    let mut pair = char::decode_utf16([unit as u16, low as u16]);
    Some((Unit::Char(pair.next()?.ok()?), 12))
}

/// `&amp;`, `&#65;`, `&#x41;`: HTML and XML.
fn entity(text: &[u8]) -> Option<(Unit, usize)> {
    let end = text.iter().position(|byte| *byte == b';')?;
    let name = text.get(1..end)?;
    let char = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"nbsp" => ' ',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?
        }
        _ => return None,
    };
    Some((Unit::Char(char), end + 1))
}

/// The number that hexadecimal digits of either case write.
fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
