//! Workflow documents as people write them: a text in JSON or in YAML, what is wrong with one that is neither, and where
//! in it each part of the document stands, so that a fault can be shown there.

mod json;
mod malformed;
mod offset;
mod yaml;

pub use malformed::Malformed;

use crate::yaml::Tree;
use serde_json::Value;
use serde_saphyr::Spanned;
use std::ops::Range;

/// In what a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML 1.2.
    Yaml,
}

impl Format {
    /// The format of a text that has no name. A document in JSON begins with a brace, and one in YAML hardly ever does.
    pub fn of(text: &str) -> Self {
        if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') { Self::Json } else { Self::Yaml }
    }
}

/// Reads the document that a text holds.
///
/// # Errors
/// [`Malformed`], also where a key stands twice or nothing stands there.
pub fn read(text: &str, format: Format) -> Result<Value, Malformed> {
    malformed::read(text, format)
}

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

/// The segments of a JSON Pointer, unescaped.
fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
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

    #[test]
    fn a_text_without_a_name_is_known_by_its_first_character() {
        assert_eq!(Format::of("\u{feff}  {\"id\": 1}"), Format::Json);
        assert_eq!((Format::of("id: {}"), Format::of("")), (Format::Yaml, Format::Yaml));
    }
}
