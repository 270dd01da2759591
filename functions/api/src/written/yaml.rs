//! Finds the place in a YAML text that a JSON Pointer (RFC 6901) names, so that an error can be shown there.

use crate::yaml::Tree;
use serde_saphyr::Spanned;
use std::ops::Range;

/// Returns the bytes of a value: a scalar's up to the end of its line or a character that may end it there, a list's or
/// map's first byte only. Where the value does not exist, those of the nearest ancestor that does.
pub fn locate(text: &str, tree: &Spanned<Tree>, pointer: &str) -> Option<Range<usize>> {
    let mut at = tree;
    for token in super::segments(pointer) {
        let below = match &at.value {
            Tree::Map(entries) => entries.iter().find(|(key, _)| *key == token).map(|(_, below)| below),
            Tree::List(items) => token.parse::<usize>().ok().and_then(|ix| items.get(ix)),
            Tree::Scalar(_) => None,
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    let line = usize::try_from(at.referenced.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(at.referenced.column()).ok()?.checked_sub(1)?;
    place(text, line, column, matches!(at.value, Tree::Scalar(_)))
}

/// Returns the bytes of the value that begins at a line and column, both counted from 0; of its first byte only unless
/// `whole`.
fn place(text: &str, line: usize, column: usize, whole: bool) -> Option<Range<usize>> {
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(before..)?.lines().next()?;
    let start = rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte);
    let value = &rest[start..];
    let end = if whole { value.find([',', '}', ']', '#']).unwrap_or(value.len()) } else { 1.min(value.len()) };
    Some(before + start..before + start + value.get(..end).unwrap_or(value).trim_end().len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::yaml::parse;

    const TEXT: &str = "id: x\nnodes:\n  - {id: ü, type: manual_triger}\n  - id: b   # the second\n    \
                        config:\n      set:\n        a/b: [1, 25]\nedges: []\n";

    fn at(pointer: &str) -> &str {
        locate(TEXT, &parse(TEXT).unwrap(), pointer).map_or("", |range| &TEXT[range])
    }

    #[test]
    fn a_pointer_leads_to_its_value() {
        assert_eq!(at("/id"), "x");
        assert_eq!(at("/nodes/0/type"), "manual_triger");
        assert_eq!(at("/nodes/1/id"), "b");
        assert_eq!(at("/nodes/1/config/set/a~1b/1"), "25");
        assert_eq!(at("/edges"), "[");
    }

    #[test]
    fn what_is_missing_leads_to_what_should_have_it() {
        assert_eq!(at("/edges/3/from"), "[");
        assert_eq!(at("/nodes/0/config"), "{");
    }
}
