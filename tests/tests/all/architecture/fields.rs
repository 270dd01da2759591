//! What lines of the log are searched by: each field that code names stands in the list of `docs/operations.md`, and
//! nothing else does. So two hosts that mean the same say the same.

use super::source::{ROOMS, Source, sources};
use crate::docs::read;
use std::collections::{BTreeMap, BTreeSet};

/// The heading of the list.
const LIST: &str = "### Fields of lines";
/// What writes lines and opens spans.
const MACROS: [&str; 6] =
    ["tracing::error!(", "tracing::warn!(", "tracing::info!(", "tracing::debug!(", "info_span!(", "tracing::$level!("];
/// A field of spans that lines show under another name: `engine::lines` makes `trace_id` of it.
const TRACE: (&str, &str) = ("traceparent", "trace_id");

/// The arguments of a call that begins at a position, without what stands between quotation marks.
fn arguments(bare: &str) -> Vec<String> {
    let (mut depth, mut found) = (0usize, vec![String::new()]);
    for one in bare.chars() {
        match one {
            ')' if depth == 0 => break,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(String::new());
                continue;
            }
            _ => {}
        }
        found.last_mut().unwrap().push(one);
    }
    found
}

/// The field that an argument gives; none for a target, a text, or what a text shows.
fn field(argument: &str) -> Option<String> {
    let argument = argument.trim().trim_start_matches(['%', '?']);
    let end = argument.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(argument.len());
    let (name, rest) = (&argument[..end], argument[end..].trim_start());
    let gives = rest.is_empty() || (rest.starts_with('=') && !rest.starts_with("=="));
    (gives && name.starts_with(|one: char| one.is_ascii_lowercase())).then(|| name.to_owned())
}

/// The fields that a source names.
fn named_by(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for call in MACROS {
        for (at, _) in source.bare.match_indices(call) {
            // What follows the text of a line fills it in and is no field.
            let arguments = arguments(&source.bare[at + call.len()..]);
            let is_text = |argument: &&String| !argument.trim().starts_with('"');
            // A span begins with its name.
            let skipped = usize::from(call == "info_span!(");
            found.extend(arguments.iter().skip(skipped).take_while(is_text).filter_map(|argument| field(argument)));
        }
    }
    found
}

#[test]
fn every_field_of_a_line_is_listed_and_none_besides() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in ROOMS.iter().flat_map(|room| sources(room)) {
        for field in named_by(&source) {
            let field = if field == TRACE.0 { TRACE.1.to_owned() } else { field };
            named.entry(field).or_default().push(source.name.clone());
        }
    }
    assert!(named.contains_key("execution") && named.contains_key("requestId"), "{named:?}");
    let text = read("docs/operations.md");
    let list = text.split_once(&format!("{LIST}\n")).expect("there is a list").1;
    let list = list.split("\nNobody waits").next().unwrap_or_default();
    let cells = list.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let listed: BTreeSet<String> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let unlisted: Vec<_> = named.iter().filter(|(field, _)| !listed.contains(*field)).collect();
    assert!(unlisted.is_empty(), "docs/operations.md does not list {unlisted:?}");
    let unused: Vec<_> = listed.iter().filter(|field| !named.contains_key(*field)).collect();
    assert!(unused.is_empty(), "no line has {unused:?}, which docs/operations.md lists");
}
