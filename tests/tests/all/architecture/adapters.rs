//! Adapters keep and hand out; what an event means is a rule. Within the embedded host only the store speaks SQL.

use super::source::{sources, words};

#[test]
fn no_adapter_looks_inside_an_event_but_the_first() {
    for room in ["hosts/local", "hosts/memory", "hosts/aws"] {
        for source in sources(room) {
            for at in words(&source.bare, "Event") {
                // The first event names the document, by which the others fold.
                let rest = &source.bare[at + "Event".len()..];
                let looks = rest.strip_prefix("::").is_some_and(|rest| !rest.starts_with("ExecutionStarted"));
                assert!(!looks, "{}:{} looks into an event: that is a rule", source.name, source.line(at));
            }
            for (at, found) in source.bare.match_indices(".events") {
                let first = source.bare[at + found.len()..].trim_start().starts_with(".first()");
                assert!(first, "{}:{} looks into events: that is a rule", source.name, source.line(at));
            }
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    for source in sources("hosts/local").into_iter().filter(|source| !source.name.contains("/src/store/")) {
        for (at, text) in source.literals() {
            let begins = text.trim_start().split(' ').next().unwrap_or_default();
            let is_sql = ["SELECT", "INSERT", "UPDATE", "DELETE", "PRAGMA", "BEGIN", "WITH"].contains(&begins);
            assert!(!is_sql, "{}:{} speaks SQL: put it into store/", source.name, source.line(at));
        }
    }
}
