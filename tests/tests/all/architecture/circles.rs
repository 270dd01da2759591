//! No circle of files: whoever reads a file needs the files that it names, and none of those needs it in turn.

use super::{
    graph::Crate,
    source::{ROOMS, Source, read, sources},
};
use std::collections::{BTreeMap, BTreeSet};

/// Arrows that may close a circle: from which file, to which, and why. One that is no longer needed has to go.
const ALLOWED: [(&str, &str, &str); 9] = [
    ("shared/expression/src/node.rs", "shared/expression/src/functions.rs", TREE),
    ("shared/expression/src/node.rs", "shared/expression/src/pattern.rs", TREE),
    ("shared/expression/src/eval.rs", "shared/expression/src/functions.rs", TREE),
    ("shared/document/src/node/map.rs", "shared/document/src/model.rs", BODY),
    ("shared/document/src/node/agent/mod.rs", "shared/document/src/model.rs", TOOL),
    ("shared/document/src/node/agent/tool.rs", "shared/document/src/model.rs", TOOL),
    ("shared/document/src/node/output_parser.rs", "shared/document/src/model.rs", TOOL),
    ("shared/document/src/read_tools.rs", "shared/document/src/read.rs", TOOL),
    ("functions/api/src/types/document/config.rs", "functions/api/src/types/document/node.rs", BODY),
];
const TREE: &str = "the tree holds the functions that it calls, and these work on the machine that walks the tree";
const TOOL: &str =
    "a call of an agent's tool runs a workflow, whose nodes may be agents, and its schemas lie beside that";
const BODY: &str = "the body of a map is a workflow, whose nodes may be maps";

/// The crates of the project: the folder of each.
fn crates() -> BTreeMap<String, Vec<Source>> {
    let mut found: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in ROOMS.iter().flat_map(|room| sources(room)) {
        let (folder, _) = source.name.split_once("/src/").unwrap_or_else(|| panic!("{} lies in no crate", source.name));
        found.entry(folder.to_owned()).or_default().push(source);
    }
    found
}

/// Groups of files of which each reaches each other.
fn circles(arrows: &BTreeSet<(String, String)>) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    let reached = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for to in next.get(at).into_iter().flatten() {
                if seen.insert(*to) {
                    open.push(to);
                }
            }
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|from| (*from, reached(from))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (from, reach) in &all {
        let back = reach.iter().filter(|to| all.get(**to).is_some_and(|reach| reach.contains(from)));
        let group: BTreeSet<String> = back.map(|to| (*to).to_owned()).collect();
        if !group.is_empty() && !found.contains(&group) {
            found.push(group);
        }
    }
    found
}

#[test]
fn no_files_need_each_other() {
    let mut broken = Vec::new();
    let mut needless: Vec<_> = ALLOWED.iter().map(|(from, to, _)| ((*from).to_owned(), (*to).to_owned())).collect();
    for all in crates().values() {
        let mut arrows = Crate::new(all).arrows();
        let whole = circles(&arrows);
        needless.retain(|(from, to)| {
            let closes = whole.iter().any(|circle| circle.contains(from) && circle.contains(to));
            !(closes && arrows.contains(&(from.clone(), to.clone())))
        });
        arrows.retain(|(from, to)| !ALLOWED.iter().any(|(a, b, _)| a == from && b == to));
        for circle in circles(&arrows) {
            let inside = arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to));
            broken.extend(inside.map(|(from, to)| format!("{from} -> {to}")));
            broken.push(String::new());
        }
    }
    assert!(broken.is_empty(), "files that need each other:\n{}", broken.join("\n"));
    assert!(needless.is_empty(), "these arrows close no circle any more: {needless:#?}");
}

#[test]
fn a_circle_is_found_through_what_is_handed_on() {
    let source = |name: &str, text: &str| read(format!("x/src/{name}"), text);
    let all = [
        source("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
        source("a.rs", "use crate::{b::{self, B}, c}; struct A; // use crate::c;"),
        source("b.rs", "use crate::A; fn f() {}"),
        source(
            "c/mod.rs",
            "mod d; #[serde(with = \"super::b\")] struct C;\n#[cfg(test)]\nmod tests { use crate::a::A; }",
        ),
        source("c/d.rs", "fn f(a: u8) { super::super::b::f(a) } mod e { use super::super::C; }"),
    ];
    let arrows = Crate::new(&all).arrows();
    let short = |name: &String| name["x/src/".len()..].trim_end_matches(".rs").to_owned();
    let found: Vec<String> = arrows.iter().map(|(from, to)| format!("{} {}", short(from), short(to))).collect();
    assert_eq!(found, ["a b", "a c/mod", "b a", "c/d b", "c/d c/mod", "c/mod b"]);
    let circles = circles(&arrows);
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].iter().map(short).collect::<Vec<_>>(), ["a", "b", "c/mod"]);
}
