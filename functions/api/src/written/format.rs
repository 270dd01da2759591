//! The formats of documents.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_name_is_known_by_its_first_character() {
        assert_eq!(Format::of("\u{feff}  {\"id\": 1}"), Format::Json);
        assert_eq!((Format::of("id: {}"), Format::of("")), (Format::Yaml, Format::Yaml));
    }
}
