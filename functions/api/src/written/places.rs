//! Where in a text the parts of its document stand.

use super::{format::Format, json, yaml};
use crate::yaml::Tree;
use serde_saphyr::Spanned;
use std::ops::Range;

/// Where the parts of a document stand in its text.
pub struct Places<'t> {
    text: &'t str,
    tree: Option<Spanned<Tree>>,
    format: Format,
}

impl<'t> Places<'t> {
    /// The places of a text. YAML is parsed once for all of them.
    pub fn of(text: &'t str, format: Format) -> Self {
        let tree = match format {
            Format::Json => None,
            Format::Yaml => crate::yaml::parse(text).ok(),
        };
        Self { text, tree, format }
    }

    /// The bytes of the value that a JSON Pointer (RFC 6901) names: a scalar's as a whole, of a list or an object the first
    /// byte only. Where the value does not exist, those of the nearest ancestor that does. None where the text cannot be
    /// parsed up to there.
    pub fn find(&self, pointer: &str) -> Option<Range<usize>> {
        match self.format {
            Format::Json => json::locate(self.text, pointer),
            Format::Yaml => yaml::locate(self.text, self.tree.as_ref()?, pointer),
        }
    }
}

/// The number, from 1, of the line in which a byte of a text stands.
pub fn line_of(text: &str, byte: usize) -> usize {
    let before = text.as_bytes().get(..byte.min(text.len())).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_part_is_found_in_either_format() {
        for text in ["{\n \"nodes\": [\n  {\"id\": \"a\"}]}", "id: x\nnodes:\n  - id: a\n"] {
            let format = Format::of(text);
            let found = Places::of(text, format).find("/nodes/0/id").unwrap();
            assert_eq!((text[found.clone()].trim_matches('"'), line_of(text, found.start)), ("a", 3), "{format:?}");
        }
        assert_eq!(Places::of("a: [", Format::Yaml).find("/a"), None);
        assert_eq!((line_of("", 0), line_of("a\nb", 99), line_of("a\nb", 1)), (1, 2, 1));
    }
}
