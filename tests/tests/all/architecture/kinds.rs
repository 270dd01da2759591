//! Node types are told apart in one place: by their descriptors. Everywhere else a new type must not be forgotten, so no
//! arm stands for "all other types", and no list of types is kept.

use super::source::{ROOMS, Source, closed, sources, words};
use std::collections::{BTreeMap, BTreeSet};

/// The enums that tell node types apart.
const ENUMS: [&str; 6] = ["NodeKind", "Mode", "Route", "Trigger", "Waiting", "Spawning"];
/// Where descriptors lie, and with them the one list.
const HOME: &str = "shared/document/src/node/";
/// Files with lists of types, how many they have, and why they may.
const LISTS: [(&str, usize, &str); 8] = [
    ("functions/api/src/workflows/draft/choice.rs", 1, "a model is read as part of a document"),
    ("cli/src/agents.rs", 1, "what a connection lends is called as people call it"),
    ("shared/document/src/dialect/n8n.rs", 2, "it translates n8n's names into ours"),
    ("shared/document/src/dialect/nodes.rs", 1, "other systems write the config of three types in forms of their own"),
    ("shared/document/src/dialect/types.rs", 1, "it translates other systems' names into ours"),
    ("shared/document/src/read_tools.rs", 1, "it writes the flow of a call that a person approves"),
    ("web/src/look.rs", 1, "what a connection lends is called as people call it"),
    ("web/src/operations/health.rs", 1, "abilities of hosts have names of their own"),
];

/// The names of all node types.
fn types() -> BTreeSet<&'static str> {
    document::node::Types::standard().all().map(|of| of.name).collect()
}

/// Where the bodies of `match` lie, from brace to brace.
fn matches(bare: &str) -> Vec<(usize, usize)> {
    let bodies = words(bare, "match").filter_map(|start| {
        let mut depth = 0usize;
        let body = bare[start..].char_indices().find(|(_, character)| {
            match character {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *character == '{' && depth == 0
        })?;
        let from = start + body.0;
        Some((from, from + closed(&bare[from..])))
    });
    bodies.collect()
}

/// The patterns of the arms of a `match`, of which the body is given.
fn patterns(body: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(arrow) = outside(&body[at..], "=>") {
        found.push(body[at..at + arrow].trim());
        at += arrow + "=>".len();
        at += body[at..].len() - body[at..].trim_start().len();
        at += if body[at..].starts_with('{') {
            closed(&body[at..])
        } else {
            outside(&body[at..], ",").unwrap_or(body.len() - at)
        };
        at += body[at..].len() - body[at..].trim_start_matches(|one: char| one == ',' || one.is_whitespace()).len();
    }
    found
}

/// Where a mark stands first outside of all brackets.
fn outside(text: &str, mark: &str) -> Option<usize> {
    let mut depth = 0i32;
    for (at, character) in text.char_indices() {
        if depth == 0 && text[at..].starts_with(mark) {
            return Some(at);
        }
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a pattern takes whatever is left.
fn takes_all(pattern: &str) -> bool {
    let name = pattern.split(" if ").next().unwrap_or_default().trim();
    name == "_" || (name.starts_with(char::is_lowercase) && name.chars().all(|one| one.is_alphanumeric() || one == '_'))
}

/// How many variants a text names, of an enum under one of these names.
fn variants(text: &str, names: &[String]) -> usize {
    names.iter().map(|name| words(text, name).filter(|at| text[at + name.len()..].starts_with("::")).count()).sum()
}

/// The lines of a file in which all other node types are lumped together.
fn wildcards(source: &Source) -> Vec<usize> {
    let bare = &source.bare;
    // Within an enum's own `impl` its name is `Self`.
    let own: Vec<(usize, usize)> = words(bare, "impl")
        .filter_map(|at| Some((at, at + bare[at..].find('{')?)))
        .filter(|(at, body)| ENUMS.iter().any(|name| words(&bare[*at..*body], name).next().is_some()))
        .map(|(at, body)| (at, body + closed(&bare[body..])))
        .collect();
    let names = |at: usize| {
        let inside = own.iter().any(|(from, to)| (from..to).contains(&&at));
        let alias = inside.then_some("Self");
        ENUMS.into_iter().chain(alias).map(str::to_owned).collect::<Vec<_>>()
    };
    let arms = matches(bare).into_iter().filter(|(from, to)| {
        let patterns = patterns(&bare[*from..*to]);
        let about_kinds = patterns.iter().any(|pattern| variants(pattern, &names(*from)) > 0);
        about_kinds && patterns.iter().any(|pattern| takes_all(pattern))
    });
    // `matches!` with several types is such a list too: a new type is silently none of them.
    let lists = bare.match_indices("matches!").map(|(at, mark)| (at, mark.len()));
    let lists = lists.map(|(at, length)| (at, at + length + closed(&bare[at + length..])));
    let lists = lists.filter(|(from, to)| variants(&bare[*from..*to], &names(*from)) > 1);
    arms.chain(lists).map(|(from, _)| source.line(from)).collect()
}

/// The lines of a file in which a list, or a `match`, names two or more node types as text.
fn lists(source: &Source, types: &BTreeSet<&str>) -> Vec<usize> {
    let bare = &source.bare;
    let brackets = bare.match_indices('[').map(|(at, _)| (at, at + closed(&bare[at..])));
    let groups: Vec<(usize, usize)> = brackets.chain(matches(bare)).collect();
    let mut named: BTreeMap<(usize, usize), BTreeSet<&str>> = BTreeMap::new();
    for (at, text) in source.literals().into_iter().filter(|(_, text)| types.contains(text)) {
        let around = groups.iter().filter(|(from, to)| (*from..*to).contains(&at));
        if let Some(nearest) = around.min_by_key(|(from, to)| to - from) {
            named.entry(*nearest).or_default().insert(text);
        }
    }
    named.into_iter().filter(|(_, names)| names.len() > 1).map(|((from, _), _)| source.line(from)).collect()
}

/// Compares the lines found in each file with how many there may be.
fn compare(found: &BTreeMap<String, Vec<usize>>, allowed: &BTreeMap<String, usize>, what: &str) {
    let files: BTreeSet<&String> = found.keys().chain(allowed.keys()).collect();
    let lines = |name: &str| found.get(name).cloned().unwrap_or_default();
    let wrong: Vec<String> = files
        .into_iter()
        .filter(|name| lines(name).len() != allowed.get(*name).copied().unwrap_or(0))
        .map(|name| format!("{name}: lines {:?}, allowed {}", lines(name), allowed.get(name).copied().unwrap_or(0)))
        .collect();
    assert!(wrong.is_empty(), "{what}\n{}", wrong.join("\n"));
}

fn found_in_all(look: impl Fn(&Source) -> Vec<usize>) -> BTreeMap<String, Vec<usize>> {
    let all = ROOMS.iter().flat_map(|room| sources(room));
    let all = all.map(|source| (source.name.clone(), look(&source)));
    all.filter(|(_, lines)| !lines.is_empty()).collect()
}

#[test]
fn no_arm_stands_for_all_other_node_types() {
    compare(&found_in_all(wildcards), &BTreeMap::new(), "ask the node's descriptor, or name every type:");
}

#[test]
fn node_types_are_listed_once() {
    let types = types();
    let found = found_in_all(|source| if source.name.starts_with(HOME) { Vec::new() } else { lists(source, &types) });
    let allowed = LISTS.iter().map(|(name, count, _)| ((*name).to_owned(), *count)).collect();
    compare(&found, &allowed, "ask the descriptors which types there are:");
}

#[test]
fn arms_and_lists_are_found() {
    let text = "impl NodeKind { fn a(&self) -> u8 { match self { Self::Map(_) => { 1 } other => 2, } } }\n\
                fn b(k: NodeKind) { match f(|x| { x }) { Ok(NodeKind::Wait(_)) if g => h(a, b), _ if k => {} } }\n\
                fn c(k: NodeKind) { match k { NodeKind::Wait(_) => match 1 { _ => 2 }, NodeKind::Map(_) => 3 } }\n\
                fn d() { matches!(k, NodeKind::Map(_) | NodeKind::Wait(_)); matches!(k, NodeKind::Map(_)); }\n\
                const E: [&str; 2] = [\"code\", \"wait\"]; fn f() { match a { \"code\" => 1, \"wait\" => 2 } }";
    let source = super::source::read("one.rs".into(), text);
    assert_eq!(wildcards(&source), [1, 2, 4]);
    assert_eq!(lists(&source, &BTreeSet::from(["code", "wait"])), [5, 5]);
}
