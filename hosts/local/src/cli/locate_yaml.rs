//! Finds the place in a YAML text that a JSON Pointer (RFC 6901) names, so that an error can be shown there.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::{fmt, ops::Range};

/// Returns the bytes of a value: a scalar's up to the end of its line or a character that may end it there, a list's or
/// map's first byte only. Where the value does not exist, those of the nearest ancestor that does. None where the text
/// is no YAML, or a key is no text.
pub fn locate(text: &str, pointer: &str) -> Option<Range<usize>> {
    let mut at: Spanned<Tree> = serde_saphyr::from_str(text).ok()?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let below = match &mut at.value {
            Tree::Map(entries) => entries.iter().position(|(key, _)| *key == token).map(|ix| entries.swap_remove(ix).1),
            Tree::List(items) => {
                token.parse().ok().filter(|ix| *ix < items.len()).map(|ix: usize| items.swap_remove(ix))
            }
            Tree::Scalar => None,
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    let line = usize::try_from(at.referenced.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(at.referenced.column()).ok()?.checked_sub(1)?;
    place(text, line, column, matches!(at.value, Tree::Scalar))
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

/// The shape of a document, with the place of each value. The values themselves do not matter here.
enum Tree {
    Map(Vec<(String, Spanned<Tree>)>),
    List(Vec<Spanned<Tree>>),
    Scalar,
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

/// Builds a `Tree` from what the YAML reader meets.
struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Tree::List(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Tree::Map(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id: x\nnodes:\n  - {id: ü, type: manual_triger}\n  - id: b   # the second\n    \
                        config:\n      set:\n        a/b: [1, 25]\nedges: []\n";

    fn at(pointer: &str) -> &str {
        locate(TEXT, pointer).map_or("", |range| &TEXT[range])
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
        assert_eq!(locate("a: [", "/a"), None);
    }
}
