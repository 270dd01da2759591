//! Functions over text. Positions count characters, as in CEL's string extensions.

use super::{
    error::Fault,
    eval::{Evaluated, Machine, SHARED},
    pattern::Pattern,
    time,
    value::{Val, text},
};
use crate::limits;

/// An argument that is a position or a count: an int that is not negative.
pub(super) fn count(value: &Val<'_>) -> Result<usize, Fault> {
    match value {
        Val::Int(value) => usize::try_from(*value).map_err(|_| Fault::error("a position cannot be negative")),
        other => Err(Fault::error(format!("an int is needed here, not {}", other.described()))),
    }
}

/// Applies a function that reads two texts once, such as `contains`.
pub(super) fn pair<'a>(m: &mut Machine<'a>, a: &[Val<'a>], f: fn(&str, &str) -> Val<'static>) -> Evaluated<'a> {
    let (whole, part) = (text(&a[0])?, text(&a[1])?);
    m.charge_text(whole.len() + part.len())?;
    Ok(f(whole, part))
}

/// Applies a function that makes a text which is no larger than the given one.
pub(super) fn mapped<'a>(m: &mut Machine<'a>, a: &[Val<'a>], f: fn(&str) -> String) -> Evaluated<'a> {
    let text = text(&a[0])?;
    m.build(text.len())?;
    Ok(Val::text(f(text)))
}

/// `matches()` with a pattern that is not literal: it is compiled at each evaluation, which costs steps of its own.
pub(super) fn matches_any<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    m.charge(limits::REGEX_COST)?;
    let pattern = Pattern::compile(text(&a[1])?).map_err(Fault::error)?;
    pattern.matches(m, &a[0]).map(Val::Bool)
}

/// Converts a scalar or a time to text. Null, lists and objects have no text.
pub(super) fn string<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    if let Val::Text(_) = &a[0] {
        return Ok(a[0].clone());
    }
    m.build(SHARED)?;
    Ok(Val::text(match &a[0] {
        Val::Bool(value) => value.to_string(),
        Val::Int(value) => value.to_string(),
        Val::Uint(value) => value.to_string(),
        Val::Double(value) => value.to_string(),
        Val::Type(name) => (*name).to_owned(),
        Val::Bytes(bytes) => {
            m.build(bytes.len())?;
            String::from_utf8(bytes.to_vec()).map_err(|_| Fault::error("these bytes are not UTF-8"))?
        }
        other => time::text(other)
            .ok_or_else(|| Fault::error(format!("string() does not take {}; pick a field of it", other.described())))?,
    }))
}

pub(super) fn bytes<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    if let Val::Bytes(_) = &a[0] {
        return Ok(a[0].clone());
    }
    let text = text(&a[0])?;
    m.build(text.len())?;
    Ok(Val::Bytes(text.as_bytes().into()))
}

/// The character at a position; empty text at the position after the last, as in CEL's string extension.
pub(super) fn char_at<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (text, at) = (text(&a[0])?, count(&a[1])?);
    m.charge_text(text.len())?;
    match text.chars().nth(at) {
        Some(character) => Ok(Val::text(character.to_string())),
        None if at == text.chars().count() => Ok(Val::text("")),
        None => Err(Fault::error("the position is outside of the text")),
    }
}

/// The position of the first occurrence of a text in another, from a start on where one is given; -1 where there is
/// none.
pub(super) fn first<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (whole, part, start) = sought(m, a)?;
    let from = start.unwrap_or_default();
    if part.is_empty() {
        return position(Some(from));
    }
    let rest = whole.char_indices().nth(from).map(|(byte, _)| &whole[byte..]);
    position(rest.and_then(|rest| Some(from + rest[..rest.find(part)?].chars().count())))
}

/// The position of the last occurrence of a text in another, of those that begin at a start or before it where one is
/// given; -1 where there is none.
pub(super) fn last<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (whole, part, start) = sought(m, a)?;
    if part.is_empty() {
        return position(Some(start.unwrap_or_else(|| whole.chars().count())));
    }
    // The last occurrence that counts ends within this text.
    let within = match start {
        None => Some(whole),
        Some(start) => whole.char_indices().nth(start).map(|(byte, _)| {
            let end = byte.saturating_add(part.len()).min(whole.len());
            &whole[..whole.floor_char_boundary(end)]
        }),
    };
    position(within.and_then(|within| Some(whole[..within.rfind(part)?].chars().count())))
}

/// The arguments of a search: a text, what is sought in it, and where the search starts.
fn sought<'v>(m: &mut Machine<'_>, a: &'v [Val<'_>]) -> Result<(&'v str, &'v str, Option<usize>), Fault> {
    let (whole, part) = (text(&a[0])?, text(&a[1])?);
    m.charge_text(2 * whole.len() + part.len())?;
    Ok((whole, part, a.get(2).map(count).transpose()?))
}

fn position<'a>(found: Option<usize>) -> Evaluated<'a> {
    Ok(Val::Int(found.map_or(-1, |at| i64::try_from(at).unwrap_or(i64::MAX))))
}

/// Percent-encodes a text as one part of a URL's path (RFC 3986, §3.3): whatever is not a letter, a digit, `-`, `.`, `_`
/// or `~`. URLs drop the parts `.` and `..` however they are written, so these are errors.
pub(super) fn url_encode<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let text = text(&a[0])?;
    if matches!(text, "." | "..") {
        return Err(Fault::error("urlEncode() takes neither `.` nor `..`: as parts of a path they lead elsewhere"));
    }
    m.build(3 * text.len())?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(Val::text(out))
}

pub(super) fn substring<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (text, from) = (text(&a[0])?, count(&a[1])?);
    m.build(text.len())?;
    let length = text.chars().count();
    let to = a.get(2).map_or(Ok(length), count)?;
    if from > to || to > length {
        return Err(Fault::error("the positions of substring() are outside of the text or in the wrong order"));
    }
    Ok(Val::text(text.chars().skip(from).take(to - from).collect::<String>()))
}

/// The optional argument that limits parts or replacements. A missing or negative one means no limit.
fn limit(value: Option<&Val<'_>>) -> Result<usize, Fault> {
    match value {
        None => Ok(usize::MAX),
        Some(Val::Int(limit)) => Ok(usize::try_from(*limit).unwrap_or(usize::MAX)),
        Some(other) => Err(Fault::error(format!("a limit is an int, not {}", other.described()))),
    }
}

/// Splits a text at a separator, or into characters where the separator is empty. Beyond the limit the last part is all
/// that is left, as in CEL's string extension.
pub(super) fn split<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (whole, separator, limit) = (text(&a[0])?, text(&a[1])?, limit(a.get(2))?);
    m.charge_text(whole.len() + separator.len())?;
    let mut parts = Vec::new();
    if limit == 0 {
        return Ok(Val::list(parts));
    }
    let pieces: Box<dyn Iterator<Item = &str>> = if separator.is_empty() {
        Box::new(characters(whole, limit))
    } else {
        Box::new(whole.splitn(limit, separator))
    };
    for piece in pieces {
        m.build(piece.len() + 2 * size_of::<Val>() + SHARED)?;
        parts.push(Val::text(piece));
    }
    Ok(Val::list(parts))
}

/// The characters of a text, of which the last is all that is left once there are `limit`.
fn characters(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let (mut rest, mut left) = (text, limit);
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (piece, after) = rest.split_at(if left <= 1 { rest.len() } else { first.len_utf8() });
        (rest, left) = (after, left.saturating_sub(1));
        Some(piece)
    })
}

pub(super) fn join<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let length = a[0].list_len();
    let length = length.ok_or_else(|| Fault::error(format!("join() takes a list, not {}", a[0].described())))?;
    let separator = a.get(1).map_or(Ok(""), text)?;
    let mut out = String::new();
    for i in 0..length {
        let Some(Val::Text(item)) = a[0].element(i) else {
            return Err(Fault::error("join() takes strings only; map(x, string(x)) makes them"));
        };
        m.build(item.len() + separator.len() + 1)?;
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(&item);
    }
    Ok(Val::text(out))
}

/// Replaces occurrences of a text. They are counted first, so that the size of the result is charged before it is
/// built.
pub(super) fn replace<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (whole, old, new, limit) = (text(&a[0])?, text(&a[1])?, text(&a[2])?, limit(a.get(3))?);
    m.charge_text(whole.len() + old.len())?;
    let times = whole.matches(old).take(limit).count();
    m.build(times.saturating_mul(new.len()).saturating_add(whole.len()))?;
    Ok(Val::text(whole.replacen(old, new, limit)))
}
