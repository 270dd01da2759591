//! Keeps the guides true: links and paths lead to what is there, and the commands of the README run as they stand.

use crate::docs::{blocks, files, prose, read, root};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// The targets of the links of a document.
fn links(text: &str) -> Vec<String> {
    let text = prose(text);
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

/// The anchors that a document's headings make.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
    };
    headings.map(slug).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for path in files(&root(), ".md") {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{}: {link} names no heading", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} links were found");
}

#[test]
fn every_decision_is_in_the_index() {
    let index = read("docs/README.md");
    for path in files(&root().join("docs/adr"), ".md") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(index.contains(&format!("(adr/{name})")), "docs/README.md does not list {name}");
    }
}

#[test]
fn the_map_of_the_code_names_what_is_there() {
    let text = read("docs/ARCHITECTURE.md");
    for (heading, base, least) in [
        ("## Rooms", "", 16),
        ("### Inside `shared/document/src`", "shared/document/src", 8),
        ("### Inside `shared/core/src`", "shared/core/src", 12),
        ("### Inside `shared/engine/src`", "shared/engine/src", 7),
        ("### Inside `functions/api/src`", "functions/api/src", 7),
        ("### Inside `web/src`", "web/src", 7),
        ("### Inside `hosts/local/src`", "hosts/local/src", 5),
    ] {
        let section = text.split(&format!("\n{heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
        let section = section.split("\n#").next().unwrap();
        let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let names: Vec<&str> =
            cells.flat_map(|cell| cell.split('`').step_by(2)).filter(|name| !name.is_empty()).collect();
        for name in &names {
            assert!(
                root().join(base).join(name).exists(),
                "docs/ARCHITECTURE.md names {base}/{name}, which is not there"
            );
        }
        assert!(names.len() >= least, "{heading}: only {names:?} were found");
    }
}

/// What a guide names in backticks as a path from the project's folder on.
fn paths(text: &str) -> Vec<String> {
    let names = text.split('`').skip(1).step_by(2).filter(|name| !name.contains([' ', '*', '\n']));
    let rooms = [
        "shared/",
        "nodes/",
        "functions/",
        "hosts/",
        "cli/",
        "tests/",
        "infra/",
        "fuzz/",
        "benches/",
        "examples/",
        "web/",
    ];
    let inside = |name: &&str| rooms.iter().any(|room| name.starts_with(room)) && !name.contains("NAME");
    names.filter(inside).map(str::to_owned).collect()
}

#[test]
fn the_guides_name_what_is_there() {
    for (guide, least) in [("docs/ARCHITECTURE.md", 60), ("CONTRIBUTING.md", 20)] {
        // Within fences stand commands.
        let named = paths(&prose(&read(guide)));
        assert!(named.len() >= least, "{guide}: only {} paths were found", named.len());
        for path in named {
            assert!(root().join(&path).exists(), "{guide} names {path}, which is not there");
        }
    }
}

#[test]
fn the_readme_is_short_and_names_files_that_exist() {
    let text = read("README.md");
    assert!(text.lines().count() <= 120);
    let blocks = blocks(&text);
    assert!(blocks[0].1.starts_with("echo yes | cargo run --release -- run examples/expense-approval.json"));
    assert_eq!(blocks[1].1, "./test.sh\n");
    let commands = blocks.iter().filter(|(info, _)| info.is_empty()).flat_map(|(_, block)| block.split_whitespace());
    let named = commands
        .map(|word| word.trim_start_matches('@'))
        .filter(|word| word.starts_with("examples/") || word.starts_with("./"));
    for file in named {
        assert!(root().join(file).exists(), "README.md names {file}, which is not there");
    }
}

#[test]
fn the_picture_of_the_guide_is_what_graph_prints() {
    let guide = read("docs/command-line.md");
    let drawn = blocks(&guide).into_iter().find(|(info, _)| info == "mermaid").unwrap().1;
    let document: Value = serde_json::from_str(&read("examples/expense-approval.json")).unwrap();
    let workflow = document::parse(&document).unwrap().workflow;
    assert_eq!(drawn.trim_end(), document::picture::mermaid(&workflow).trim_end());
}
