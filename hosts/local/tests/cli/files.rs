//! Tests of workflow files: checked, drawn, read as JSON and as YAML, and refused with the place of each error.

use crate::support::Home;
use serde_json::json;

const GREETING: &str = r#"{"id": "greeting", "nodes": [
  {"id": "start", "type": "manual_trigger"},
  {"id": "greet", "type": "transform", "config": {"set": {"text": "Hello, {{ input.name }}"}}}],
 "edges": [{"from": "start", "to": "greet"}]}"#;

const WRONG: &str = r#"{"id": "wrong", "nodes": [
  {"id": "start", "type": "manual_trigger"},
  {"id": "greet", "type": "transfrom", "config": {}}],
 "edges": [{"from": "start", "to": "nobody"}]}"#;

#[test]
fn a_good_file_is_valid() {
    let home = Home::new();
    let file = home.file("good.json", GREETING);
    let told = home.run(&["validate", &file]).exits(0);
    assert_eq!((told.out.as_str(), told.err.as_str()), ("good.json: valid\n", ""));
    let told = home.run(&["validate", &file, "--json"]).exits(0);
    assert_eq!(told.json(), json!({"valid": true, "errors": [], "warnings": []}));
    assert!(!home.path(".stepwell").exists(), "a check leaves nothing behind");
}

#[test]
fn every_error_is_shown_where_it_stands() {
    let home = Home::new();
    let file = home.file("wrong.json", WRONG);
    let told = home.run(&["validate", &file]).exits(1);
    assert_eq!(told.out, "wrong.json: 2 errors\n");
    for part in ["unknown_type", "wrong.json:3:27", "unknown_node", "wrong.json:4:36", "Did you mean `transform`?"] {
        assert!(told.err.contains(part), "{part} is missing:\n{}", told.err);
    }
    let json = home.run(&["validate", &file, "--json"]).exits(1).json();
    let found: Vec<_> = json["errors"].as_array().unwrap().iter().map(|one| (&one["code"], &one["path"])).collect();
    assert_eq!(json!(found), json!([["unknown_type", "/nodes/1/type"], ["unknown_node", "/edges/0/to"]]));
}

#[test]
fn several_files_are_checked_even_where_one_cannot_be_read() {
    let home = Home::new();
    let (good, wrong) = (home.file("good.json", GREETING), home.file("wrong.json", WRONG));
    let told = home.run(&["validate", &good, "no.json", &wrong, "--json"]).exits(2);
    let files = told.json()["files"].as_array().unwrap().clone();
    let valid: Vec<_> = files.iter().map(|one| (one["file"].clone(), one["valid"].clone())).collect();
    assert_eq!(json!(valid), json!([["good.json", true], ["no.json", false], ["wrong.json", false]]));
    home.run(&["validate", &good, &wrong]).exits(1);
}

#[test]
fn what_cannot_be_read_or_parsed_is_a_usage_error() {
    let home = Home::new();
    let broken = home.file("broken.json", "{\"id\": \"x\",\n \"nodes\": [}");
    for command in ["validate", "graph", "run"] {
        let told = home.run(&[command, "no-such-file.json"]).exits(2);
        assert!(told.err.contains("cannot read no-such-file.json"), "{told:?}");
        let told = home.run(&[command, &broken]).exits(2);
        assert!(told.err.contains("broken.json:2:12"), "{told:?}");
    }
    home.run(&["frobnicate"]).exits(2);
    let told = home.run(&["signal", "none", "x", "--value", "-5"]).exits(2);
    assert!(told.err.contains("no data folder"), "a number below zero is a value: {told:?}");
    let told = home.run(&["ls", "--limit", "x", "--json"]).exits(2);
    assert_eq!(told.json()["error"]["code"], "usage");
    home.run(&["run"]).exits(2);
    home.run(&["--version"]).exits(0);
}

#[test]
fn yaml_runs_as_json_does() {
    let home = Home::new();
    let yaml = "id: greeting\nnodes:\n  - {id: start, type: manual_trigger}\n  - id: greet\n    type: transform\n    \
                config: {set: {text: 'Hello, {{ input.name }}'}}\nedges:\n  - {from: start, to: greet}\n";
    let file = home.file("greeting.yaml", yaml);
    let told = home.run(&["run", &file, "--input", r#"{"name": "Ada"}"#]).exits(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&told.out).unwrap(), json!({"text": "Hello, Ada"}));
    let wrong = home.file("wrong.yml", yaml.replace("transform", "transfrom"));
    let told = home.run(&["validate", &wrong]).exits(1);
    assert!(told.err.contains("/nodes/1/type") && told.err.contains("wrong.yml:5:11"), "{told:?}");
}

#[test]
fn a_key_that_stands_twice_is_shown_where_it_stands_again() {
    let home = Home::new();
    let json = home.file("twice.json", GREETING.replacen("\"edges\"", "\"nodes\": [],\n \"edges\"", 1));
    let yaml = home.file("twice.yaml", "id: twice\nnodes: []\nid: again\n");
    for (file, key, place) in [(&json, "nodes", "twice.json:4"), (&yaml, "id", "twice.yaml:3")] {
        let told = home.run(&["validate", file]).exits(2);
        let message = format!("the key `{key}` stands twice in the same object");
        assert!(told.err.contains(&message) && told.err.contains(place), "{told:?}");
    }
}

#[test]
fn a_picture_comes_in_three_kinds() {
    let home = Home::new();
    let file = home.file("good.json", GREETING);
    assert!(home.run(&["graph", &file]).exits(0).out.starts_with("flowchart"));
    assert!(home.run(&["graph", &file, "--format", "dot"]).exits(0).out.starts_with("digraph"));
    let told = home.run(&["graph", &file, "--format", "svg", "-o", "good.svg"]).exits(0);
    assert_eq!(told.out, "");
    assert!(std::fs::read_to_string(home.path("good.svg")).unwrap().contains("<svg"));
    home.run(&["graph", &file, "--format", "gif"]).exits(2);
}
