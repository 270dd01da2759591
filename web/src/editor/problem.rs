//! A problem of a document, and where in its text it lies.

use crate::limits;
use api::{
    types::Fault,
    written::{Malformed, Places, line_of},
};
use document::validate::Severity;
use std::ops::Range;

/// A problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Whether the document is refused for it.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where that shows; none where nobody can tell.
    pub at: Option<Spot>,
}

/// A place in a text, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Number of the line, from 1.
    pub line: usize,
    /// The line, from its first character that is no blank.
    pub excerpt: String,
}

impl Spot {
    fn of(text: &str, at: &Range<usize>) -> Self {
        let start = at.start.min(text.len());
        let begin = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let line = text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
        let cut = line.char_indices().nth(limits::EXCERPT);
        let excerpt = cut.map_or_else(|| line.to_owned(), |(end, _)| format!("{}…", &line[..end]));
        Self { line: line_of(text, start), excerpt }
    }
}

impl Problem {
    /// The problem of a text that is no document.
    pub fn malformed(text: &str, malformed: &Malformed) -> Self {
        let at = malformed.at.as_ref().map(|at| Spot::of(text, at));
        let hint = malformed.hint.map(str::to_owned);
        Self { is_error: true, message: malformed.message.clone(), hint, at }
    }

    /// A fault that the checks found.
    pub fn of(fault: &Fault, text: &str, places: &Places<'_>) -> Self {
        let is_error = fault.severity != Some(Severity::Warning);
        let at = places.find(&fault.path).map(|at| Spot::of(text, &at));
        let hint = fault.hint.clone().filter(|hint| !hint.is_empty());
        Self { is_error, message: fault.message.clone(), hint, at }
    }

    /// A problem of the whole text.
    pub fn whole(message: String) -> Self {
        Self { is_error: true, message, hint: None, at: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::written::{Format, read};

    #[test]
    fn a_problem_names_its_line() {
        let text = "{\n  \"id\": \"a\",\n  \"nodes\": [ { \"id\": \"ü\", \"type\": \"manual_triger\" } ]\n}\n";
        let fault = Fault { path: "/nodes/0/type".into(), message: "no such type".into(), ..Fault::default() };
        let problem = Problem::of(&fault, text, &Places::of(text, Format::Json));
        let at = problem.at.unwrap();
        assert_eq!(
            (at.line, at.excerpt.as_str()),
            (3, "\"nodes\": [ { \"id\": \"ü\", \"type\": \"manual_triger\" } ]")
        );
        assert!(problem.is_error);
        let broken = "id: a\nnodes: [\n";
        let problem = Problem::malformed(broken, &read(broken, Format::Yaml).unwrap_err());
        assert!(problem.at.is_some() && problem.is_error, "{problem:?}");
    }

    #[test]
    fn a_long_line_is_cut() {
        let text = format!("{{\"id\": \"{}\"}}", "ü".repeat(500));
        let fault = Fault { path: "/id".into(), ..Fault::default() };
        let problem = Problem::of(&fault, &text, &Places::of(&text, Format::Json));
        assert_eq!(problem.at.unwrap().excerpt.chars().count(), limits::EXCERPT + 1);
    }
}
