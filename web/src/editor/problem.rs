//! A problem of a document, and where in its text it lies.

use crate::{limits, words::beginning};
use api::{
    types::Fault,
    written::{Malformed, Places, line_of},
};
use document::validate::Severity;
use serde_json::Value;
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
    /// What people call the node that it is about; none where it is about none.
    pub node: Option<String>,
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
        // A line of a bracket alone tells nobody anything: what follows is shown with it.
        let says = |line: &str| line.chars().any(char::is_alphanumeric);
        let mut lines = text.get(begin..).unwrap_or_default().lines().map(str::trim);
        let first = lines.next().unwrap_or_default();
        let second = lines.next().filter(|_| !first.is_empty() && !says(first));
        let line = second.map_or_else(|| first.to_owned(), |second| format!("{first} {second}"));
        Self { line: line_of(text, start), excerpt: beginning(&line, limits::EXCERPT) }
    }
}

impl Problem {
    /// The problem of a text that is no document.
    pub fn malformed(text: &str, malformed: &Malformed) -> Self {
        let at = malformed.at.as_ref().map(|at| Spot::of(text, at));
        let hint = malformed.hint.map(str::to_owned);
        Self { is_error: true, message: malformed.message.clone(), hint, node: None, at }
    }

    /// A fault that the checks found in a document.
    pub fn of(fault: &Fault, text: &str, places: &Places<'_>, document: &Value) -> Self {
        let is_error = fault.severity != Some(Severity::Warning);
        let at = places.find(&fault.path).map(|at| Spot::of(text, &at));
        let hint = fault.hint.clone().filter(|hint| !hint.is_empty());
        Self { is_error, message: fault.message.clone(), hint, node: named(fault, document), at }
    }

    /// A problem of the whole text.
    pub fn whole(message: String) -> Self {
        Self { is_error: true, message, hint: None, node: None, at: None }
    }
}

/// What people call the node that a fault is about: its name, and its id where that is another.
fn named(fault: &Fault, document: &Value) -> Option<String> {
    let id = fault.node.as_deref()?;
    let nodes = document["nodes"].as_array().into_iter().flatten();
    let name = nodes.filter(|node| node["id"] == id).find_map(|node| node["name"].as_str());
    Some(name.filter(|name| *name != id).map_or_else(|| id.to_owned(), |name| format!("{name} ({id})")))
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
        let problem = Problem::of(&fault, text, &Places::of(text, Format::Json), &Value::Null);
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
    fn a_problem_names_its_node_and_shows_more_than_a_bracket() {
        let text = "{\"nodes\": [\n  {\n    \"id\": \"pay\", \"name\": \"Pay the bill\"\n  }\n]}";
        let document: Value = serde_json::from_str(text).unwrap();
        let fault = |node: &str| Fault { path: "/nodes/0".into(), node: Some(node.into()), ..Fault::default() };
        let of = |node: &str| Problem::of(&fault(node), text, &Places::of(text, Format::Json), &document);
        let problem = of("pay");
        assert_eq!(problem.node.as_deref(), Some("Pay the bill (pay)"));
        let at = problem.at.unwrap();
        assert_eq!((at.line, at.excerpt.as_str()), (2, "{ \"id\": \"pay\", \"name\": \"Pay the bill\""));
        assert_eq!(of("other").node.as_deref(), Some("other"));
    }

    #[test]
    fn a_long_line_is_cut() {
        let text = format!("{{\"id\": \"{}\"}}", "ü".repeat(500));
        let fault = Fault { path: "/id".into(), ..Fault::default() };
        let problem = Problem::of(&fault, &text, &Places::of(&text, Format::Json), &Value::Null);
        assert_eq!(problem.at.unwrap().excerpt.chars().count(), limits::EXCERPT + 1);
    }
}
