//! Keeps the documents true: what they list is what the code has, and what they name is there.

use api::App;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use document::time::Time;
use local::store::Metrics;
use memory::Memory;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tower::ServiceExt;

/// Folders that hold nothing of the project's own.
const FOREIGN: [&str; 5] = ["target", ".git", ".cache", ".stepwell", "node_modules"];

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A file of the project.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder with that ending.
pub fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !FOREIGN.contains(&name.as_str()) {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The fenced blocks of a document: what stands behind the fence, and the text.
pub fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(info) if !open => {
                found.push((info.trim().to_owned(), String::new()));
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                let (_, block) = found.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    assert!(!open, "a block is never closed");
    found
}

/// A document without its fenced blocks.
pub fn prose(text: &str) -> String {
    let mut open = false;
    let outside = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        open ^= fence;
        !fence && !open
    });
    outside.collect::<Vec<_>>().join("\n")
}

/// The first cells of the table below a heading, each without its backticks.
fn first_cells(text: &str, heading: &str) -> Vec<String> {
    let at = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = &text[at + heading.len() + 2..];
    let level = heading.split(' ').next().unwrap();
    let end = section.find(&format!("\n{level} ")).unwrap_or(section.len());
    let rows = section[..end].lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_workflow_in_the_documents_is_valid() {
    let mut seen = 0;
    for path in files(&root().join("docs"), ".md") {
        let text = fs::read_to_string(&path).unwrap();
        for (_, block) in blocks(&text).into_iter().filter(|(info, _)| info == "json workflow") {
            let document: Value =
                serde_json::from_str(&block).unwrap_or_else(|error| panic!("{}: {error}\n{block}", path.display()));
            if let Err(issues) = document::parse(&document) {
                panic!("{}: {issues:#?}\n{block}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} workflows are tagged `json workflow`");
}

#[test]
fn the_examples_are_valid_and_raise_no_warning() {
    let examples = files(&root().join("examples"), ".json");
    assert!(examples.len() >= 4);
    for path in examples {
        let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let parsed = document::parse(&document);
        let parsed = parsed.unwrap_or_else(|issues| panic!("{}: {issues:#?}", path.display()));
        assert_eq!(parsed.warnings, [], "{}", path.display());
    }
}

/// The codes that the sources of the static checks report.
fn reported_codes() -> BTreeSet<String> {
    const CALLS: [&str; 6] =
        [".error(\"", ".warning(\"", "issue(\"", "Severity::Error,\"", "Severity::Warning,\"", ".report(cx,at,\""];
    let mut codes = BTreeSet::new();
    for path in files(&root().join("shared/document/src"), ".rs") {
        if path.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        let text: String = fs::read_to_string(&path).unwrap().split_whitespace().collect();
        for call in CALLS {
            let after = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            codes.extend(after.map(str::to_owned));
        }
    }
    codes
}

#[test]
fn the_table_of_static_checks_is_that_of_the_code() {
    let listed: BTreeSet<String> =
        first_cells(&read("docs/workflow-format.md"), "## Static checks").into_iter().collect();
    assert_eq!(listed, reported_codes());
}

#[test]
fn the_node_types_are_those_of_the_code() {
    let text = read("docs/workflow-format.md");
    let listed: BTreeSet<String> = first_cells(&text, "## Node types").into_iter().collect();
    for of in document::node::Types::standard().all() {
        assert!(listed.contains(of.name), "{} is not in the table of node types", of.name);
    }
}

#[test]
fn every_function_of_expressions_is_listed() {
    let text = read("docs/expressions.md");
    let source = read("shared/expression/src/functions.rs");
    let styles = ["Both \"", "Global \"", "Method \""];
    let names: Vec<&str> = source
        .lines()
        .filter_map(|line| styles.iter().find_map(|style| line.trim_start().strip_prefix(style)))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(names.len() > 40, "the table of functions was not found");
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "docs/expressions.md does not list {name}");
    }
}

/// The service of all functions, as a host serves it.
pub fn service(host: Arc<Memory>) -> Router {
    api::service(Arc::new(App::new(host)), api::routes())
}

#[tokio::test]
async fn the_routes_listed_are_those_served() {
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let response = service(Arc::new(Memory::new(Time(0)))).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let mut served = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        served.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let listed: BTreeSet<String> = first_cells(&read("docs/http-api.md"), "## Routes").into_iter().collect();
    assert_eq!(listed, served);
}

#[test]
fn every_number_that_is_counted_is_explained() {
    let text = read("docs/operations.md");
    for (name, _) in Metrics::default().all() {
        let named = text.contains(&format!("`stepwell_{name}`")) || text.contains(&format!("`stepwell_{name}_total`"));
        assert!(named, "docs/operations.md does not explain {name}");
    }
}

/// Names in camel case as the journal has them.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[test]
fn every_event_is_listed() {
    let text = read("docs/execution-model.md");
    let source = read("shared/core/src/event/mod.rs");
    let variants = source.split("pub enum Event {").nth(1).unwrap().split("\n}").next().unwrap();
    let names = variants
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let names: Vec<String> = names.map(|line| snake(line.split([' ', '(', ',']).next().unwrap())).collect();
    assert!(names.len() >= 25, "the events were not found: {names:?}");
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "docs/execution-model.md does not list {name}");
    }
}

/// A number as the documents write it: groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(" ")
}

#[test]
fn the_limits_are_those_of_the_code() {
    use engine::{fair::Shares, limits as l};
    use local::store::limits as q;
    const MIB: usize = 1024 * 1024;
    let format = [
        format!(
            "{} nodes, {} edges, nested {} deep",
            grouped(l::NODES as u64),
            grouped(l::EDGES as u64),
            l::JSON_DEPTH
        ),
        format!("| {} bytes |", grouped(l::EXPRESSION_BYTES as u64)),
        format!("| {}, {} |", grouped(l::RULES as u64), l::OPTIONS),
        format!("| {} KiB |", l::CODE_BYTES / 1024),
        format!("| {}, seven days |", l::RETRY_ATTEMPTS),
        format!("| {}, {} |", grouped(l::MAP_ITEMS as u64), grouped(l::CHILDREN as u64)),
        format!("| {} MiB; above {} KiB", l::OUTCOME_BYTES / MIB, l::INLINE_BYTES / 1024),
        format!("| {} of {} KiB |", grouped(l::LOG_LINES as u64), l::LOG_LINE_BYTES / 1024),
        format!("`max_concurrency` ({})", l::MAP_CONCURRENCY),
        format!("at most {} deep", l::CHILD_DEPTH),
    ];
    let expressions = [
        format!("| {} bytes |", grouped(l::EXPRESSION_BYTES as u64)),
        format!("| {} | `invalid_cel` |", l::EXPRESSION_NESTING),
        format!("| {} | `invalid_cel` |", l::EXPRESSION_DEPTH),
        format!("| {} | `expression_limit` |", grouped(l::EXPRESSION_COST)),
        format!("| {} MiB | `expression_limit` |", l::EXPRESSION_BUILT_BYTES / MIB),
        format!("| {} KiB | `expression_limit` |", l::REGEX_TEXT_BYTES / 1024),
    ];
    let operations = [
        format!("| {} MiB |", l::REQUEST_BYTES / MIB),
        format!("(http-api.md#moving) | {} MiB |", api::limits::IMPORT_BYTES / MIB),
        format!("| {} of one owner, {} in all |", q::LANES, Shares::places(q::LANES)),
        format!("| {} of one owner, {} in all |", q::IO, Shares::places(q::IO)),
        format!("up to {} requests", q::GROUP),
        format!("{} MiB or {} ms", q::GROUP_BYTES / MIB, q::GROUP_TIME.as_millis()),
        format!("| {} levels |", api::limits::NESTING),
        format!("| {} KiB (431 `head_too_large`)", api::limits::HEAD_BYTES / 1024),
        format!("| {} s; then it is closed |", local::server::limits::HEADER_SECONDS.as_secs()),
        format!("| {} s (408 `body_timeout`) |", api::limits::BODY.as_secs()),
        format!("| {}, and at most half", grouped(local::server::limits::CONNECTIONS)),
        format!("| {} (409 `too_many_jobs`); {} executions at most in one slice", l::JOBS_RUNNING, l::JOB_SLICE),
        format!("kept for {} days after", l::JOB_DAYS),
        format!("open files to {}", grouped(local::server::limits::FILES)),
    ];
    let people = [grouped(l::AUTHORIZATION_SECONDS as u64)];
    for (path, wanted) in [
        ("docs/workflow-format.md", format.as_slice()),
        ("docs/expressions.md", &expressions),
        ("docs/operations.md", &operations),
        ("docs/human-in-the-loop.md", &people),
    ] {
        let text = read(path);
        for one in wanted {
            assert!(text.contains(one.as_str()), "{path} does not say: {one}");
        }
    }
}
