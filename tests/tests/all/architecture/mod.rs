//! The invariants of absence: what a room must not know.

use crate::docs::{files, root};
use std::fs;

/// The crates below `engine`: the rules and what they rest on.
const PURE: [&str; 3] = ["shared/expression", "shared/document", "shared/core"];
/// Crates that do I/O, read a clock of their own or draw at random.
const OUTSIDE: [&str; 12] = [
    "tokio",
    "reqwest",
    "hyper",
    "axum",
    "lambda_http",
    "lambda_runtime",
    "aws_lambda_events",
    "rusqlite",
    "rand",
    "getrandom",
    "uuid",
    "ring",
];
/// What reads a clock, the environment, files or the network in the standard library and in `jiff`.
const READS: [&str; 12] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "RandomState",
    "thread_rng",
];

/// Sources of a room without its tests.
fn sources(room: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in files(&root().join(room).join("src"), ".rs") {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if name.contains("/tests/") || name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        found.push((name, code));
    }
    assert!(!found.is_empty(), "there are no sources in {room}");
    found
}

#[test]
fn the_rules_depend_on_no_crate_that_does_io() {
    for room in PURE {
        let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        let named: Vec<&str> = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
        assert!(named.contains(&"serde_json"), "the dependencies of {room} were not found: {named:?}");
        for name in named {
            assert!(!OUTSIDE.contains(&name) && !name.starts_with("aws"), "{room} depends on {name}");
        }
    }
}

#[test]
fn the_rules_read_no_clock_no_file_and_no_environment() {
    for (name, code) in PURE.iter().flat_map(|room| sources(room)) {
        for outside in READS {
            let line = code.lines().find(|line| line.contains(outside) && !line.trim_start().starts_with("//"));
            assert_eq!(line, None, "{name} reads what is outside: {outside}");
        }
    }
}

#[test]
fn no_adapter_inspects_an_event_but_the_first() {
    for room in ["hosts/local", "hosts/memory"] {
        // The command line shows events to people; it decides nothing by them.
        for (name, code) in sources(room).into_iter().filter(|(name, _)| !name.contains("/cli/")) {
            let looks = code.split("Event::").skip(1).filter(|rest| !rest.starts_with("ExecutionStarted"));
            assert_eq!(looks.count(), 0, "{name} looks into an event: that is a rule, and belongs into shared");
        }
    }
}
