//! How the status of an execution looks: a sign and a word. The class by which the stylesheet colours it only repeats them.

use crate::{
    limits,
    words::{beginning, capital, first_sentence},
};
use document::{Connection, Workflow, id::NodeId};
use maud::{Markup, html};
use stepwell_core::{
    error::Error,
    execution::{Execution, Status},
    view::{self, CallState, Decision},
};

/// The sign and the word of a status.
pub fn words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pending => ("○", "Pending"),
        Status::Running => ("▶", "Running"),
        Status::Paused => ("‖", "Paused"),
        Status::WaitingHuman => ("?", "Waiting for people"),
        Status::Waiting => ("◔", "Waiting"),
        Status::RollingBack => ("↺", "Rolling back"),
        Status::Stuck => ("!", "Stuck"),
        Status::Completed => ("✓", "Completed"),
        Status::Failed => ("✕", "Failed"),
        Status::Cancelled => ("⊘", "Cancelled"),
        Status::Skipped => ("–", "Skipped"),
    }
}

/// A sentence of the API in which statuses have the words of pages. Those of one word are the same in both.
pub fn plainly(sentence: &str) -> String {
    let two = Status::ALL.iter().filter(|status| status.as_str().contains('_'));
    two.fold(sentence.to_owned(), |said, status| said.replace(status.as_str(), &words(*status).1.to_lowercase()))
}

/// What is said beside a status: the sentence about an execution without the word that stands there already, and no more of it
/// than its first sentence. Its page has all of it.
pub fn beside(status: Status, message: &str) -> String {
    let repeats = status.is_terminal() || matches!(status, Status::Stuck | Status::Paused);
    let rest = message.strip_prefix(words(status).1).filter(|rest| repeats && !rest.starts_with(char::is_alphanumeric));
    let rest = rest.map_or(message, |rest| rest.trim_start_matches([':', ';', '.', ' ']));
    capital(&first_sentence(rest, limits::SENTENCE))
}

/// A status as pages show it.
pub fn status(status: Status) -> Markup {
    let (sign, word) = words(status);
    html! { span class={ "status " (status.as_str()) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// What became of a tool call, as pages show it.
pub fn call_status(state: CallState) -> Markup {
    let (class, sign, word) = call_words(state);
    html! { span.status.(class) { span aria-hidden="true" { (sign) } " " (word) } }
}

/// A class, a sign and a word.
fn call_words(state: CallState) -> (&'static str, &'static str, &'static str) {
    match state {
        CallState::Pending => ("pending", "○", "Not begun"),
        CallState::Running => ("running", "▶", "Running"),
        CallState::WaitingHuman => ("waiting_human", "?", "Waiting for people"),
        CallState::Ended => ("completed", "■", "Ended"),
        CallState::Succeeded => ("completed", "✓", "Succeeded"),
        CallState::Failed => ("failed", "✕", "Failed"),
        CallState::Refused => ("failed", "✕", "Not run"),
        CallState::Rejected => ("failed", "✕", "Refused by a person"),
        CallState::Expired => ("failed", "✕", "Not approved in time"),
        CallState::Answered => ("completed", "✓", "Answered by a person"),
        CallState::Cancelled => ("cancelled", "⊘", "Dropped"),
    }
}

/// What people decided about a tool call.
pub fn decided(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "Allowed",
        Decision::Refused => "Refused",
        Decision::Answered => "Answered",
    }
}

/// An id by its beginning, which holds the moment at which it was made; the whole is its title.
pub fn short_id(id: &str) -> Markup {
    const LEAST: usize = 13;
    match id.char_indices().nth(LEAST) {
        Some((end, _)) => html! { code title=(id) { (&id[..end]) "…" } },
        None => html! { code { (id) } },
    }
}

/// The stripes of what failed, in drawings whose other parts are plain: no state is told by its colour alone.
pub fn stripes() -> Markup {
    html! {
        defs {
            pattern #stripes width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.gap width="6" height="6" {} rect.stripe width="3.5" height="6" {}
            }
        }
    }
}

/// Several names, each of which keeps its direction to itself.
pub fn names<N: AsRef<str>>(all: &[N]) -> Markup {
    html! { @for (at, name) in all.iter().enumerate() { @if at > 0 { ", " } bdi { (name.as_ref()) } } }
}

/// What an execution is doing, in one sentence in which nodes have their names and not their ids.
pub fn doing(execution: &Execution, workflow: &Workflow) -> String {
    match execution.stuck.as_ref().filter(|_| execution.status() == Status::Stuck) {
        Some(error) => stuck(error, workflow),
        None => view::message_with(execution, workflow, &|id| called(workflow, id)),
    }
}

/// What stands in the way of one that is stuck. The ways out have their own words where people choose one, and the words that
/// programs write are of no use to them.
fn stuck(error: &Error, workflow: &Workflow) -> String {
    let message = fault(&error.message, error.node.as_ref().map(NodeId::as_str), workflow);
    let at = error.node.as_ref().filter(|_| message == error.message);
    let at = at.map(|node| format!(" at node {}", called(workflow, node))).unwrap_or_default();
    format!("Stuck{at}: {}. Unstick it to go on.", message.trim_end_matches('.'))
}

/// What went wrong, with the name of the node where the message begins with its id.
pub fn fault(message: &str, node: Option<&str>, workflow: &Workflow) -> String {
    let rest = node.and_then(|node| Some((node, message.strip_prefix("node ")?.strip_prefix(node)?)));
    match rest.filter(|(_, rest)| rest.starts_with(' ')) {
        Some((node, rest)) => format!("node {}{rest}", called(workflow, &node.into())),
        None => message.to_owned(),
    }
}

/// The name of a node within a sentence. One that may turn letters around is isolated: the sentence goes on after it.
pub fn called(workflow: &Workflow, id: &NodeId) -> String {
    let name = beginning(workflow.node(id.as_str()).map_or(id.as_str(), |node| &node.name), limits::NAME);
    if name.is_ascii() { name } else { format!("\u{2068}{name}\u{2069}") }
}

/// What the source of an edge is to its target, where it hands it something.
pub fn lent_as(connection: Connection) -> &'static str {
    match connection {
        Connection::Main => "next",
        Connection::AiAgent | Connection::AiTool => "tool",
        Connection::AiChain => "chain",
        Connection::AiDocument => "document",
        Connection::AiEmbedding => "embedding",
        Connection::AiLanguageModel => "model",
        Connection::AiMemory => "memory",
        Connection::AiOutputParser => "parser",
        Connection::AiReranker => "reranker",
        Connection::AiRetriever => "retriever",
        Connection::AiTextSplitter => "text splitter",
        Connection::AiVectorStore => "vector store",
    }
}

/// Whether a text takes a place of its own in which it scrolls: a page does not end in it.
pub fn is_long(text: &str) -> bool {
    text.len() > limits::LONG
}

/// A sentence in which what stands between backticks is shown as code.
pub fn coded(sentence: &str) -> Markup {
    // Where a backtick has no partner, it is a character like any other.
    if sentence.matches('`').count() % 2 == 1 {
        return html! { (sentence) };
    }
    html! { @for (at, part) in sentence.split('`').enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_stuck_is_told_by_the_name_of_its_node_and_without_words_of_programs() {
        let document = serde_json::json!({"id": "w", "nodes": [{"id": "a", "name": "Book it", "type": "manual_trigger"}], "edges": []});
        let workflow = document::parse(&document).unwrap().workflow;
        let error = |message: &str| Error { node: Some("a".into()), ..Error::new("compensation_failed", message) };
        let told = |message: &str| stuck(&error(message), &workflow);
        assert_eq!(
            told("node a could not be compensated: no"),
            "Stuck: node Book it could not be compensated: no. Unstick it to go on."
        );
        assert_eq!(told("no message came"), "Stuck at node Book it: no message came. Unstick it to go on.");
        assert_eq!(fault("node ab failed", Some("a"), &workflow), "node ab failed");
    }

    #[test]
    fn beside_a_status_its_word_is_not_said_again_and_a_reason_is_a_whole_sentence() {
        let failed = "Failed at node fetch: it is not there, and will not be. If it is meant, whoever runs this can allow it (code).";
        for (status, message, told) in [
            (Status::Failed, failed, "At node fetch: it is not there, and will not be."),
            (Status::Failed, "Failed: no money (empty).", "No money (empty)."),
            (Status::Cancelled, "Cancelled.", ""),
            (Status::Paused, "Paused; resume it to go on.", "Resume it to go on."),
            (Status::Running, "Running greet.", "Running greet."),
        ] {
            assert_eq!(beside(status, message), told);
        }
        assert_eq!(plainly("the execution is waiting_human: no"), "the execution is waiting for people: no");
        assert_eq!(plainly("the execution is completed: no"), "the execution is completed: no");
    }

    #[test]
    fn what_stands_between_backticks_is_code_and_stays_text() {
        assert_eq!(coded("use `<b>` or not").into_string(), "use <code>&lt;b&gt;</code> or not");
        assert_eq!(coded("an odd ` alone").into_string(), "an odd ` alone");
        assert_eq!(coded("`a` and `b`").into_string(), "<code>a</code> and <code>b</code>");
    }
}
