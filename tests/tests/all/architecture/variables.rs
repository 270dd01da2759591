//! Nothing is hidden: what is read of the environment stands in the tables of `docs/operations.md`, and nothing else does.

use super::source::{ROOMS, Source, read as read_source, sources};
use crate::docs::{files, read, root};
use std::{collections::BTreeSet, fs};

/// The chapter that holds the tables: first that of programs, scripts and the template, then that of tests.
const CHAPTER: &str = "## Environment variables";
/// What reads the environment. The name may stand elsewhere in the file.
const READERS: [&str; 5] = ["env::var", "from_default_env", "option_env!", "env = \"", ".env(\""];
/// Variables that a shell has by itself.
const SHELL: [&str; 6] = ["BASH_SOURCE", "EPOCHREALTIME", "HOME", "PATH", "PWD", "SECONDS"];

type Names = BTreeSet<String>;

/// A variable's name: capitals, digits and underscores. What a program fills in shows as `<SERVICE>`.
fn name(text: &str) -> Option<String> {
    let (fixed, filled) = text.split_once('{').map_or((text, None), |(fixed, rest)| (fixed, rest.strip_suffix('}')));
    let is_capital = |one: char| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_';
    let is_name = fixed.len() > 2 && fixed.starts_with(|one: char| one.is_ascii_uppercase() || one == '_');
    let filled = filled.map_or(String::new(), |part| format!("<{}>", part.to_uppercase()));
    (is_name && fixed.chars().all(is_capital)).then(|| format!("{fixed}{filled}"))
}

/// Whether the text at a position may be a variable's name by where it stands: the first argument of a call, an element
/// of a list, or the value of a constant.
fn is_named(source: &Source, at: usize) -> bool {
    let before = source.bare[..at].trim_end();
    let mut depth = 0i32;
    let around = before.chars().rev().find(|one| {
        depth += i32::from(matches!(one, ')' | ']' | '}')) - i32::from(matches!(one, '(' | '[' | '{'));
        depth < 0
    });
    before.ends_with(['(', '[']) || (before.ends_with(',') && around == Some('[')) || before.ends_with("str =")
}

/// The variables that a source reads. Where it reads any, every text in it that could be a name counts as one, since
/// names are handed to closures and kept in lists.
fn read_by(source: &Source) -> Names {
    let reads = READERS.iter().any(|reader| source.code.contains(reader));
    let mut found = Names::new();
    for (at, text) in source.literals() {
        let Some(name) = name(text) else { continue };
        let of_option = source.code[..at].ends_with("env = ");
        if name.starts_with("STEPWELL_") || of_option || (reads && is_named(source, at)) {
            found.insert(name);
        }
    }
    if source.bare.contains("from_default_env") {
        found.insert("RUST_LOG".into());
    }
    // Cargo's own are there whenever it builds.
    found.retain(|name| !name.starts_with("CARGO") || name == "CARGO_TARGET_DIR");
    found
}

/// The variables that shell scripts take from outside: those with a default, and those that no script sets.
fn read_by_scripts(folders: &[&str]) -> Names {
    let (mut read, mut set) = (Names::new(), Names::new());
    let paths = folders.iter().flat_map(|folder| {
        let path = root().join(folder);
        if path.is_dir() { files(&path, ".sh") } else { vec![path] }
    });
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            for rest in line.split('$').skip(1) {
                let rest = rest.trim_start_matches('{');
                let end = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(rest.len());
                let Some(found) = name(&rest[..end]) else { continue };
                if rest[end..].starts_with([':', '-', '?']) {
                    read.insert(format!("{found}:"));
                }
                read.insert(found);
            }
            for (at, _) in line.match_indices('=') {
                let before = line[..at].trim_end_matches('+');
                let start = before.trim_end_matches(|one: char| one.is_ascii_alphanumeric() || one == '_').len();
                set.extend(name(&before[start..]));
            }
        }
    }
    let outside = |found: &String| !set.contains(found) || read.contains(&format!("{found}:"));
    let names = read.iter().filter(|found| !found.ends_with(':') && outside(found));
    names.filter(|found| !SHELL.contains(&found.as_str())).cloned().collect()
}

/// The variables that the template sets on functions.
fn set_by_template() -> Names {
    let template = read("infra/template.yaml");
    let lines = template.lines().filter(|line| !line.trim_start().starts_with('#'));
    let keys = lines.flat_map(|line| line.split([' ', '{', ',']).filter_map(|part| part.strip_suffix(':')));
    keys.filter_map(name).filter(|name| name.contains('_')).collect()
}

/// The variables of the chapter's two tables.
fn listed() -> (Names, Names) {
    let text = read("docs/operations.md");
    let (_, chapter) = text.split_once(&format!("{CHAPTER}\n")).unwrap_or_else(|| panic!("there is no {CHAPTER}"));
    let chapter = chapter.split("\n## ").next().unwrap();
    let (programs, tests) = chapter.split_once("\n### ").unwrap();
    let names = |part: &str| {
        let cells = part.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    };
    (names(programs), names(tests))
}

/// The variables that tests read by name, and all texts in them that could be names: tests set many for what they start.
fn of_tests() -> (Names, Names) {
    let rooms = ["tests", "nodes/tests", "functions/api/tests", "hosts/local/tests", "cli/tests", "benches"];
    let paths = rooms.iter().flat_map(|room| files(&root().join(room), ".rs"));
    let (mut read, mut named) = (Names::new(), Names::new());
    for path in paths.filter(|path| !path.ends_with("architecture/variables.rs")) {
        let source = read_source(String::new(), &fs::read_to_string(path).unwrap());
        for (at, text) in source.literals() {
            let Some(name) = name(text) else { continue };
            if ["env::var(", "env::var_os("].iter().any(|call| source.bare[..at].ends_with(call)) {
                read.insert(name.clone());
            }
            named.insert(name);
        }
    }
    (read, named)
}

fn missing(of: &Names, within: &Names) -> Vec<String> {
    of.difference(within).cloned().collect()
}

#[test]
fn every_variable_that_is_read_is_listed_and_none_besides() {
    let mut shipped: Names = ROOMS.iter().flat_map(|room| sources(room)).flat_map(|one| read_by(&one)).collect();
    shipped.extend(read_by_scripts(&["test.sh", ".ci/run", "infra", "tests/aws", "fuzz"]));
    shipped.extend(set_by_template());
    let (programs, tests) = listed();
    assert_eq!(missing(&shipped, &programs), [""; 0], "these are read and not listed in docs/operations.md");
    assert_eq!(missing(&programs, &shipped), [""; 0], "these are listed in docs/operations.md and not read");
    let (read, named) = of_tests();
    let known = programs.union(&tests).cloned().collect();
    assert_eq!(missing(&read, &known), [""; 0], "tests read these, which docs/operations.md does not list");
    assert_eq!(missing(&tests, &named), [""; 0], "docs/operations.md lists these for tests, and no test names them");
    assert!(programs.is_disjoint(&tests), "a variable stands in both tables");
}

#[test]
fn nobody_reads_the_environment_whole() {
    for source in ROOMS.iter().flat_map(|room| sources(room)) {
        for whole in ["env::vars", "env::vars_os"] {
            assert!(!source.bare.contains(whole), "{} reads every variable there is", source.name);
        }
    }
}

#[test]
fn names_are_found() {
    let text =
        "fn a() { env::var(\"A_B\"); let c = format!(\"CD_{one}\"); let d = [\"not\", \"E22\"]; f(g, \"NOT\"); }";
    let found = read_by(&read_source("one.rs".into(), text));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["A_B", "CD_<ONE>", "E22"]);
    assert_eq!(
        read_by(&read_source("one.rs".into(), "const E: &str = \"STEPWELL_E\"; const F: &str = \"F\";")).len(),
        1
    );
}
