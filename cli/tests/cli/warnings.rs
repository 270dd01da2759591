//! What a workflow was warned about is shown where its executions are.

use crate::support::Home;
use serde_json::json;

const SLIP: &str = r#"{"id": "slip", "settings": {"on_condition_error": "default"},
 "input_schema": {"type": "object", "properties": {"amount": {"type": "number"}}},
 "nodes": [
  {"id": "start", "type": "manual_trigger"},
  {"id": "size", "type": "branch", "config": {"rules": [{"when": "input.ammount > 1000", "port": "ask"}], "default": "pay"}},
  {"id": "ask", "type": "fail", "config": {}},
  {"id": "pay", "type": "transform", "config": {"set": {"paid": true}}}],
 "edges": [{"from": "start", "to": "size"}, {"from": "size", "to": "ask", "port": "ask"},
  {"from": "size", "to": "pay", "port": "pay"}]}"#;

#[test]
fn run_ends_with_the_warnings_and_show_and_history_tell_them_again() {
    let home = Home::new();
    let file = home.file("slip.json", SLIP);
    let told = home.run(&["run", &file, "--input", r#"{"amount": 999999}"#]).exits(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&told.out).unwrap(), json!({"paid": true}), "stdout is data");
    let last: Vec<&str> = told.err.lines().rev().take(4).collect();
    for (line, part) in last.iter().rev().zip(["2 warnings:", "(unknown_variable)", "`amount`", "(condition_error)"]) {
        assert!(line.contains(part), "{part} is not in {line}:\n{}", told.err);
    }
    let id = told.err.lines().find_map(|line| line.strip_prefix("execution ")).unwrap().to_owned();
    let shown = home.run(&["show", &id]).exits(0);
    assert!(shown.out.contains("2 warnings:") && shown.out.contains("Did you mean `amount`?"), "{shown:?}");
    let history = home.run(&["history", &id]).exits(0);
    assert!(history.out.contains("arning at node size"), "{history:?}");
    assert!(history.err.contains("2 warnings:"), "{history:?}");
    let json = home.run(&["show", &id, "--json"]).exits(0).json();
    let codes: Vec<_> = json["warnings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(json!(codes), json!(["unknown_variable", "condition_error"]));
}

#[test]
fn what_is_not_built_is_told_before_it_runs() {
    let home = Home::new();
    let text = SLIP.replace(r#""type": "fail", "#, r#""type": "fail", "timeout_seconds": 5, "#);
    let file = home.file("timed.json", text);
    let told = home.run(&["validate", &file]).exits(0);
    assert!(told.err.contains("no_effect") && told.err.contains("nothing of it is timed"), "{told:?}");
}
