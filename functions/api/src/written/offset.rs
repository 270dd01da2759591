//! Where something stands in a text.

use std::ops::Range;

/// Returns the bytes of the character at a line and column, both counted from 1; at most the end of the text.
pub fn offset(text: &str, line: usize, column: usize) -> Range<usize> {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let width = text[at..].chars().next().map_or(0, char::len_utf8);
    at..at + width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_bytes_and_stay_within_the_text() {
        let text = "{\n  \"é\": x\n}";
        assert_eq!(&text[offset(text, 2, 9)], "x");
        assert_eq!(offset(text, 99, 99), text.len()..text.len());
        assert_eq!(&text[offset(text, 2, 5)], "é", "in the middle of a character");
    }
}
