//! Sizes and habits that may only get better: `tests/ratchet.json` holds how many there are of each shortcoming.

use crate::docs::{files, root};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Lines of a file at most.
const FILE_LINES: usize = 400;
/// Lines of a function at most.
const FUNCTION_LINES: usize = 60;
/// Rooms whose code people run.
const ROOMS: [&str; 8] = ["shared", "nodes", "notify", "functions", "hosts", "web", "mcp", "cli"];

fn sources(rooms: &[&str]) -> Vec<(String, String)> {
    let of_room = |room: &&str| files(&root().join(room), ".rs");
    let inside = |path: &Path| !path.components().any(|part| part.as_os_str() == "target");
    let paths = rooms.iter().flat_map(of_room).filter(|path| inside(path));
    let named = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    paths.map(|path| (named(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// Functions that are longer than they may be: a function ends at the first line that closes what its own indent opens.
fn long_functions(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let starts = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(crate) fn ", "pub(super) fn "];
        if !starts.iter().any(|start| code.starts_with(start)) {
            continue;
        }
        let ends = |line: &&str| {
            let code = line.trim_start();
            let closed = code.starts_with('}') || (code.starts_with(')') && code.ends_with(';'));
            line.len() - code.len() == indent && closed
        };
        let declared = line.ends_with(';') || line.ends_with('}');
        let length = if declared { Some(0) } else { lines[first..].iter().position(ends) };
        if let Some(length) = length.filter(|length| length + 1 > FUNCTION_LINES) {
            found.push(format!("{name}:{} has {} lines", first + 1, length + 1));
        }
    }
    found
}

/// The code of a file without its tests.
fn shipped(name: &str, text: &str) -> Option<String> {
    let of_tests = name.contains("/tests/") || name.ends_with("tests.rs");
    (!of_tests).then(|| text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned())
}

#[test]
fn nothing_gets_longer_or_more_reckless() {
    let all = sources(&[&ROOMS[..], &["tests/src", "tests/tests", "benches"]].concat());
    let long = |(name, text): &(String, String)| (text.lines().count() > FILE_LINES).then(|| name.clone());
    let long_files: Vec<String> = all.iter().filter_map(long).collect();
    let long_functions: Vec<String> = all.iter().flat_map(|(name, text)| long_functions(name, text)).collect();
    let mut reckless = Vec::new();
    for (name, code) in sources(&ROOMS).iter().filter_map(|(name, text)| Some((name, shipped(name, text)?))) {
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if line.contains(".unwrap()")
                || (line.contains(".expect(\"") && !line.contains("self.expect("))
                || line.contains("panic!(")
            {
                reckless.push(format!("{name}:{}", number + 1));
            }
        }
    }
    let kept = fs::read_to_string(root().join("tests/ratchet.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let found = json!({
        "files_over_400_lines": long_files.len(),
        "functions_over_60_lines": long_functions.len(),
        "places_that_may_panic": reckless.len(),
    });
    for (what, count) in found.as_object().unwrap() {
        let most = kept[what].as_u64().unwrap_or(0);
        let count = count.as_u64().unwrap();
        assert!(
            count <= most,
            "{what}: {count}, and there were {most}\n{long_files:#?}\n{long_functions:#?}\n{reckless:#?}"
        );
        if count < most {
            println!("{what} fell from {most} to {count}: lower it in tests/ratchet.json");
        }
    }
}

#[test]
fn nothing_names_a_machine() {
    for (name, text) in sources(&[&ROOMS[..], &["tests/src", "tests/tests", "benches"]].concat()) {
        for path in [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/"), concat!("/tmp", "/wt")] {
            assert!(!text.contains(path), "{name} names a path of one machine: {path}");
        }
    }
}

#[test]
fn the_root_holds_no_diary() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().to_lowercase();
        for diary in ["todo", "notes", "progress", "plan", "journal", "status", "diary", "scratch"] {
            assert!(!name.starts_with(diary), "{name} belongs into the issue tracker, not into the repository's root");
        }
    }
}
