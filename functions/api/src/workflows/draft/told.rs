//! What a model is told that writes a document. The format is told by what the code reads documents by, so that it cannot
//! be another one.

use crate::{limits, types::Fault};
use document::node::{Types, node_type::Ports};
use serde_json::Value;
use std::sync::LazyLock;

/// A valid document, as an example.
const EXAMPLE: &str = include_str!("../../../../../examples/expense-approval.json");

/// The text, made when it is first needed.
static FORMAT: LazyLock<String> = LazyLock::new(|| {
    let types = Types::standard();
    let types = types.all().map(|of| {
        let ports = match of.ports {
            Ports::Fixed([]) => "no port".to_owned(),
            Ports::Fixed(ports) => ports.join(", "),
            Ports::OfConfig { .. } => "as its config says".to_owned(),
        };
        format!("- {}: {} Ports: {ports}.", of.name, of.about)
    });
    let types = types.collect::<Vec<_>>().join("\n");
    let schema = document::format::schema();
    format!(
        "You write workflow documents for Stepwell. Answer with one JSON object and nothing else: {{\"explanation\": what \
         the workflow does and what is still to be set up, in a few sentences, \"document\": the whole document}}.\n\n\
         A document has nodes, a trigger among them, and edges from node to node. An edge leaves by a port of its node: by \
         the first one where it names none. Expressions are CEL, and templates are texts with CEL between {{{{ and }}}}. \
         They see `input` (the input of the execution), `output` (the output of the node before) and `ctx.NODE.output` \
         (the output of an earlier node). Keys and passwords stand in no document: {{{{ secrets.NAME }}}} places a stored \
         secret.\n\nTypes of nodes:\n{types}\n\nThe JSON Schema of documents:\n{schema}\n\nA valid document:\n{EXAMPLE}"
    )
});

/// What a model is told about its part.
pub(super) fn format() -> &'static str {
    &FORMAT
}

/// What is asked first.
pub(super) fn first(intent: &str, base: Option<&Value>) -> String {
    match base {
        None => format!("Write a workflow that does this:\n{intent}"),
        Some(base) => format!("Change this workflow:\n{base}\n\nThis is what it is to do:\n{intent}"),
    }
}

/// What is told of a document that is refused.
pub(super) fn errors(errors: &[Fault]) -> String {
    let line = |fault: &Fault| {
        let hint = fault.hint.as_deref().unwrap_or_default();
        format!("- {} ({}): {}. {hint}", fault.path, fault.code, fault.message)
    };
    let mut lines: Vec<String> = errors.iter().take(limits::DRAFT_FAULTS).map(line).collect();
    if errors.len() > limits::DRAFT_FAULTS {
        lines.push(format!("- and {} more", errors.len() - limits::DRAFT_FAULTS));
    }
    let lines = lines.join("\n");
    format!(
        "The document is refused; paths are JSON Pointers into it:\n{lines}\nAnswer with the whole object, corrected."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_is_told_has_every_node_type_and_the_whole_schema() {
        for of in Types::standard().all() {
            assert!(format().contains(&format!("- {}: {}", of.name, of.about)), "{}", of.name);
        }
        assert!(format().contains(&document::format::schema().to_string()));
    }

    #[test]
    fn of_many_errors_the_first_are_told() {
        let fault = |at: usize| Fault { path: format!("/nodes/{at}"), message: "wrong".into(), ..Fault::default() };
        let told = errors(&(0..limits::DRAFT_FAULTS + 7).map(fault).collect::<Vec<_>>());
        assert!(told.contains("/nodes/49 ") && !told.contains("/nodes/50 ") && told.contains("and 7 more"), "{told}");
    }
}
