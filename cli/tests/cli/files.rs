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

/// A workflow of one `code` node.
fn with_code(code: &str) -> serde_json::Value {
    json!({"id": "w", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "calc", "type": "code", "config": {"code": code}}], "edges": [{"from": "start", "to": "calc"}]})
}

#[test]
fn javascript_is_parsed_and_never_run_by_a_check() {
    let home = Home::new();
    let broken = home.file("broken.json", with_code("const a = 1;\nreturn a +* 2"));
    let told = home.run(&["validate", &broken]).exits(1);
    assert!(told.err.contains("line 2, column 11") && told.err.contains("invalid_config"), "{}", told.err);
    let found = home.run(&["validate", &broken, "--json"]).exits(1).json();
    let error = &found["errors"][0];
    assert_eq!((&error["path"], &error["node"]), (&json!("/nodes/1/config/code"), &json!("calc")));
    home.run(&["run", &broken]).exits(1);
    assert!(!home.path(".stepwell").exists(), "nothing was started");
    let escapes = home.file("escapes.json", with_code("}); (function(){ return 5"));
    home.run(&["validate", &escapes]).exits(1);
    let endless = home.file("endless.json", with_code("while (true) {}"));
    let begun = std::time::Instant::now();
    home.run(&["validate", &endless]).exits(0);
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "code ran: {:?}", begun.elapsed());
    let modern =
        home.file("modern.json", with_code("const {a, ...rest} = input; return await Promise.resolve(a ?? rest?.b)"));
    home.run(&["validate", &modern]).exits(0);
}

#[test]
fn a_template_without_quotes_and_an_input_without_an_at_are_understood() {
    let home = Home::new();
    let bare = "id: w\nnodes:\n  - id: start\n    type: manual_trigger\n  - id: t\n    type: transform\n    config:\n      set:\n        a: {{ input.a }}\n";
    let file = home.file("bare.yaml", bare);
    let told = home.run(&["validate", &file]).exits(2);
    assert!(told.err.contains("put the template in quotes") && told.err.contains("bare.yaml:9:12"), "{}", told.err);
    let file = home.file("bare.json", "{\"id\": \"w\",\n \"output\": {{ input.a }}}");
    assert!(home.run(&["validate", &file]).exits(2).err.contains("put the template in quotes"));
    let good = home.file("good.json", GREETING);
    home.file("in.json", r#"{"name": "Ada"}"#);
    let told = home.run(&["run", &good, "--input", "in.json"]).exits(2);
    assert!(told.err.contains("--input @in.json"), "{}", told.err);
    home.run(&["run", &good, "--input", "@in.json"]).exits(0);
}

#[test]
fn no_error_speaks_of_the_parsers_own_options() {
    let home = Home::new();
    for (ix, text) in
        ["id: a\nid: b\n", "id: a\n---\nid: b\n", "id: !!binary x\n", "? [a]\n: b\n", "id: *nobody\n", "a: [1, 2"]
            .iter()
            .enumerate()
    {
        let file = home.file(&format!("wrong{ix}.yaml"), text);
        let told = home.run(&["validate", &file]).exits(if ix == 2 { told_code(&home, &file) } else { 2 });
        for word in ["Options", "_options", "DuplicateKeyPolicy", "Option<", "from_"] {
            assert!(!told.err.contains(word), "{text}: {}", told.err);
        }
    }
}

/// The exit code of a check, where either may be right.
fn told_code(home: &Home, file: &str) -> i32 {
    home.run(&["validate", file]).code.unwrap()
}

#[test]
fn the_schema_is_printed_without_a_host() {
    let home = Home::new();
    let told = home.run(&["schema"]).exits(0);
    let schema: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(!home.path(".stepwell").exists());
}

#[test]
fn secrets_that_are_not_stored_are_told_before_anything_starts() {
    let home = Home::new();
    let config = json!({"url": "https://a.example", "headers": {"Authorization": "{{ secrets.KEY }}"}});
    let nodes = json!([{"id": "start", "type": "manual_trigger"}, {"id": "stop", "type": "fail"},
        {"id": "call", "type": "http_request", "config": config}]);
    let edges = json!([{"from": "start", "to": "stop"}, {"from": "start", "to": "call", "condition": "false"}]);
    let file = home.file("needs.json", json!({"id": "w", "nodes": nodes, "edges": edges}));
    let told = home.run(&["run", &file]).exits(1);
    let (warned, began) = (told.err.find("stepwell secret set KEY").unwrap(), told.err.find("execution ").unwrap());
    assert!(warned < began, "{}", told.err);
    home.say(&["secret", "set", "KEY"], "s3cret-value").exits(0);
    assert!(!home.run(&["run", &file]).exits(1).err.contains("secret set"));
}
