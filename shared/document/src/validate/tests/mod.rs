//! Every code of workflow format §7 is produced by a document of its own, and clean documents produce none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod bodies;
mod codes;
mod expressions;
mod graphs;
mod handed;
mod hints;
mod hostile;
mod lent;
mod members;
mod no_effect;
mod on_error;
mod people;
mod settings;
mod types;

use super::{Issue, check};
use serde_json::{Value, json};

/// A document of nodes and edges.
pub(crate) fn flow(nodes: Value, edges: Value) -> Value {
    json!({"id": "w", "nodes": nodes, "edges": edges})
}

/// A document with a trigger `start`, one node `n`, and an edge between them.
pub(crate) fn one(kind: &str, config: Value) -> Value {
    flow(
        json!([{"id": "start", "type": "manual_trigger"}, {"id": "n", "type": kind, "config": config}]),
        json!([{"from": "start", "to": "n"}]),
    )
}

/// All problems as `(code, path)`.
pub(crate) fn found(document: &Value) -> Vec<(String, String)> {
    let (errors, warnings) = check(document);
    errors.into_iter().chain(warnings).map(|issue| (issue.code, issue.path)).collect()
}

/// Asserts that a document has exactly these problems, in any order.
#[track_caller]
pub(crate) fn expect(document: &Value, wanted: &[(&str, &str)]) {
    let mut found = found(document);
    found.sort();
    let mut wanted: Vec<(String, String)> =
        wanted.iter().map(|(code, path)| ((*code).to_owned(), (*path).to_owned())).collect();
    wanted.sort();
    let (errors, warnings) = check(document);
    let told: Vec<Issue> = errors.into_iter().chain(warnings).collect();
    assert_eq!(found, wanted, "{told:#?}");
    for issue in told {
        assert!(!issue.hint.is_empty() && !issue.message.is_empty(), "{issue:?}");
        assert!(document.pointer(&issue.path).is_some(), "no such place: {issue:?}");
    }
}

#[track_caller]
pub(crate) fn clean(document: &Value) {
    expect(document, &[]);
}
