//! Which crate may depend on which, and what the rules may not know.

use super::source::sources;
use crate::docs::{read, root};
use std::collections::{BTreeMap, BTreeSet};

/// The floors of the house, from the ground up. A crate depends only on crates of lower floors.
const FLOORS: [&[&str]; 11] = [
    &["shared/expression"],
    &["shared/document"],
    &["shared/core"],
    &["shared/engine"],
    &["nodes", "functions/api"],
    &["notify"],
    &["web", "mcp"],
    &["hosts/memory", "hosts/local", "hosts/aws"],
    &[
        "functions/trigger",
        "functions/step",
        "functions/status",
        "functions/callback",
        "functions/rollback",
        "functions/supervisor",
        "cli",
    ],
    &["functions/lambda"],
    &["tests", "benches", "fuzz"],
];
/// The crates below `engine`: the rules and what they rest on.
const PURE: [&str; 3] = ["shared/expression", "shared/document", "shared/core"];
/// Crates, or the beginnings of their names, that talk to the network, to files or to a service, or that run what does.
const OUTSIDE: [&str; 24] = [
    "async-std",
    "aws",
    "axum",
    "curl",
    "hyper",
    "isahc",
    "lambda",
    "mio",
    "native-tls",
    "opentelemetry",
    "quinn",
    "redis",
    "reqwest",
    "rquickjs",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "stepwell-memory",
    "tokio",
    "tonic",
    "tower",
    "ureq",
];
/// Crates that draw at random, or read a clock or the machine.
const MOODY: [&str; 9] = ["chrono", "fastrand", "getrandom", "instant", "rand", "ring", "rustix", "uuid", "web-time"];
/// What reads a clock, the environment, files or the network in the standard library and in `jiff`.
const READS: [&str; 16] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "RandomState",
    "thread_rng",
];

/// The names under one heading of a manifest, each with the rest of its line.
fn entries(manifest: &str, heading: &str) -> Vec<(String, String)> {
    let Some((_, rest)) = manifest.split_once(&format!("[{heading}]\n")) else { return Vec::new() };
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let named = lines.filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| line.split_once('='));
    let clean = |name: &str| name.trim().trim_end_matches(".workspace").trim_matches('"').to_owned();
    named.map(|(name, rest)| (clean(name), rest.trim().to_owned())).collect()
}

/// The folder of a crate of ours that an entry of a manifest names; none for a crate of others.
fn ours(name: &str, rest: &str, workspace: &BTreeMap<String, String>) -> Option<String> {
    let path = rest.split_once("path = \"").and_then(|(_, rest)| rest.split('"').next());
    path.map(|path| path.trim_start_matches("../").to_owned()).or_else(|| workspace.get(name).cloned())
}

/// The crates of ours by the names under which manifests know them.
fn workspace() -> BTreeMap<String, String> {
    let manifest = read("Cargo.toml");
    let listed = entries(&manifest, "workspace.dependencies").into_iter();
    listed.filter_map(|(name, rest)| Some((name.clone(), ours(&name, &rest, &BTreeMap::new())?))).collect()
}

fn floor(folder: &str) -> usize {
    let found = FLOORS.iter().position(|floor| floor.contains(&folder));
    found.unwrap_or_else(|| panic!("{folder} is on no floor: say in FLOORS where it belongs"))
}

#[test]
fn crates_depend_on_lower_floors_only() {
    let workspace = workspace();
    for folder in FLOORS.iter().copied().flatten() {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let mut all = entries(&manifest, "dependencies");
        all.extend(entries(&manifest, "build-dependencies"));
        // A crate above may serve as a stand-in where a test needs one, but not to the rules.
        if folder.starts_with("shared/") {
            all.extend(entries(&manifest, "dev-dependencies"));
        }
        assert!(all.iter().any(|(name, _)| name == "serde_json" || ours(name, "", &workspace).is_some()), "{folder}");
        for (name, rest) in all {
            let Some(below) = ours(&name, &rest, &workspace) else { continue };
            assert!(floor(&below) < floor(folder), "{folder} depends on {below}, which is not below it");
        }
    }
    let manifest = read("Cargo.toml");
    let members = manifest.split_once("members = [\n").unwrap().1.split(']').next().unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        floor(member);
    }
}

/// What each package of the lock file depends on.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in read("Cargo.lock").split("[[package]]").skip(1) {
        let field = |name: &str| package.split_once(&format!("\n{name} = ")).map(|(_, rest)| rest);
        let name = field("name").and_then(|rest| rest.split('"').nth(1)).unwrap().to_owned();
        let listed = field("dependencies").and_then(|rest| rest.split(']').next()).unwrap_or_default();
        let names = listed.split('"').skip(1).step_by(2).filter_map(|one| one.split(' ').next()).map(str::to_owned);
        found.entry(name).or_default().extend(names);
    }
    found
}

/// Whether a crate is one of these, or has a name that begins like one of them, as `tokio-util` does.
fn is_among(name: &str, all: &[&str]) -> bool {
    all.iter().any(|one| name.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_'])))
}

#[test]
fn the_rules_depend_on_no_crate_that_does_io() {
    let (locked, workspace) = (locked(), workspace());
    for folder in PURE {
        let direct = entries(&read(&format!("{folder}/Cargo.toml")), "dependencies");
        let foreign: Vec<String> =
            direct.into_iter().map(|(name, _)| name).filter(|name| !workspace.contains_key(name)).collect();
        assert!(foreign.iter().any(|name| name == "serde_json"), "the dependencies of {folder} were not found");
        for name in &foreign {
            assert!(!is_among(name, &MOODY), "{folder} depends on {name}");
        }
        // What is behind a dependency counts as well.
        let (mut seen, mut open) = (BTreeSet::new(), foreign);
        while let Some(name) = open.pop() {
            assert!(!is_among(&name, &OUTSIDE), "{folder} depends on {name}, perhaps through others");
            let behind = locked.get(&name).unwrap_or_else(|| panic!("{name} is not in Cargo.lock"));
            open.extend(behind.iter().filter(|one| seen.insert((*one).clone())).cloned());
        }
    }
}

#[test]
fn the_engine_depends_on_no_runtime_and_on_no_client_of_a_service() {
    for (name, _) in entries(&read("shared/engine/Cargo.toml"), "dependencies") {
        assert!(!(is_among(&name, &OUTSIDE) || is_among(&name, &MOODY)), "engine depends on {name}");
    }
}

#[test]
fn the_rules_read_no_clock_no_file_and_no_environment() {
    for source in PURE.iter().flat_map(|room| sources(room)) {
        for outside in READS {
            let at = source.bare.find(outside).map(|at| source.line(at));
            assert_eq!(at, None, "{} reads what is outside: {outside}", source.name);
        }
    }
}

#[test]
fn the_manifests_are_read() {
    let manifest =
        "[dependencies]\n# why\na.workspace = true\nb = { path = \"../b\" }\n\n[dev-dependencies]\nc = \"1\"\n";
    let names: Vec<String> = entries(manifest, "dependencies").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(ours("b", "{ path = \"../b\" }", &BTreeMap::new()).as_deref(), Some("b"));
    assert!(is_among("tokio", &OUTSIDE) && is_among("aws-sdk-s3", &OUTSIDE) && !is_among("towering", &OUTSIDE));
    assert!(root().join("Cargo.lock").exists() && locked()["stepwell-core"].contains("serde_json"));
}
