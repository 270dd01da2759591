//! The text of a workflow file as excerpts show it: of a line that is wider than the terminal, such as that of a document
//! written by a program, only the part around the fault.

use miette::{MietteError, MietteSpanContents, NamedSource, SourceCode, SourceSpan, SpanContents};

/// A text with its name, and the columns that an excerpt of it may have.
#[derive(Debug)]
pub struct Window {
    whole: NamedSource<String>,
    columns: usize,
}

impl Window {
    /// The text of a file, of which an excerpt has so many columns.
    pub fn of(name: String, text: String, columns: usize) -> Self {
        Self { whole: NamedSource::new(name, text), columns }
    }

    /// The part of the line around a span, as where it begins and ends in the text. It holds the whole span.
    fn around(&self, span: &SourceSpan) -> Option<(usize, usize)> {
        let text = self.whole.inner();
        let (from, to) = (span.offset(), span.offset() + span.len());
        if text.get(from..to)?.contains('\n') {
            return None;
        }
        let line = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let end = text[to..].find('\n').map_or(text.len(), |at| to + at);
        // A third of the room goes to what stands before the fault.
        let before =
            text[line..from].char_indices().rev().nth((self.columns / 3).max(1) - 1).map_or(line, |(at, _)| line + at);
        let used = text[before..to].chars().count();
        let after = text[to..end].char_indices().nth(self.columns.saturating_sub(used)).map_or(end, |(at, _)| to + at);
        Some((before, after))
    }
}

impl SourceCode for Window {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = self.whole.read_span(span, before, after)?;
        let fits = |line: &str| line.chars().count() <= self.columns;
        // Without lines around it, only the place of the span is asked for.
        if before + after == 0 || String::from_utf8_lossy(whole.data()).lines().all(fits) {
            return Ok(whole);
        }
        let Some((from, to)) = self.around(span) else { return Ok(whole) };
        let text = self.whole.inner();
        let line = text[..from].matches('\n').count();
        let column = from - text[..from].rfind('\n').map_or(0, |at| at + 1);
        let name = self.whole.name().to_owned();
        let part = &text.as_bytes()[from..to];
        Ok(Box::new(MietteSpanContents::new_named(name, part, (from, to - from).into(), line, column, 1)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(text: &str, from: usize, length: usize) -> String {
        let window = Window::of("x".into(), text.into(), 12);
        let read = window.read_span(&(from, length).into(), 1, 1).unwrap();
        String::from_utf8(read.data().to_vec()).unwrap()
    }

    #[test]
    fn a_line_that_fits_is_shown_with_those_around_it() {
        assert_eq!(shown("one\ntwo\nthree\nfour\n", 4, 3).trim_end(), "one\ntwo\nthree");
    }

    #[test]
    fn of_a_wide_line_the_part_around_the_fault_is_shown() {
        let wide = format!("{}HERE{}", "é".repeat(50), "b".repeat(50));
        assert_eq!(shown(&wide, 100, 4), "ééééHEREbbbb");
        assert_eq!(shown(&wide, 0, 2), "éééééééééééé");
        assert_eq!(shown(&format!("a\n{wide}"), 102, 4), "ééééHEREbbbb");
        assert_eq!(shown(&wide, 100, 54), format!("éééé{}", &wide[100..]), "the span is whole");
    }
}
