//! Cursors of lists as callers see them: the host's cursor in hexadecimal, behind a mark of eight characters that is
//! derived from the cursor and its list. The mark reveals a cursor that was made up, cut short or taken from another
//! list; it is no secret.

use crate::types;
use engine::port::Page;

/// The caller's form of `inner`, a host's cursor into `list`.
pub fn write(list: &str, inner: &str) -> String {
    let hex: String = inner.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{hex}", mark(list, inner))
}

/// The host's cursor in `text`; None where `text` is no cursor of `list`.
pub fn read(list: &str, text: &str) -> Option<String> {
    let (head, hex) = text.split_at_checked(8)?;
    let bytes: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let inner = String::from_utf8(bytes?).ok()?;
    (mark(list, &inner) == head).then_some(inner)
}

fn mark(list: &str, inner: &str) -> String {
    stepwell_core::id::derive(&["cursor", list, inner])[..8].to_owned()
}

/// The page that callers are shown: its items, and the cursor of the host in their form.
pub fn page<T, I>(list: &str, page: &Page<T>, items: Vec<I>) -> types::Page<I> {
    let next_cursor = page.next_cursor.as_deref().map(|inner| write(list, inner));
    types::Page { items, next_cursor, unreadable: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_false_one_does_not() {
        let text = write("executions", "42|é");
        assert_eq!(read("executions", &text).as_deref(), Some("42|é"));
        assert_eq!(read("workflows", &text), None);
        assert_eq!(read("executions", "abc"), None);
        assert_eq!(read("executions", &text[..text.len() - 2]), None);
        assert_eq!(read("executions", "ééééé"), None);
    }
}
