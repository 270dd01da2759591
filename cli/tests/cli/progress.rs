//! Tests of what `run` tells while something runs.

use crate::support::Home;
use serde_json::json;

#[test]
fn a_map_is_told_by_the_tenth_with_its_failures() {
    let home = Home::new();
    let body = json!({"nodes": [{"id": "one", "type": "branch", "config": {"rules": [{"port": "bad",
        "when": "item < 3"}], "default": "good"}}, {"id": "good", "type": "transform", "config": {"expression": "item"}},
        {"id": "bad", "type": "fail", "config": {"code": "bad", "message": "bad"}}],
        "edges": [{"from": "one", "to": "good", "port": "good"}, {"from": "one", "to": "bad", "port": "bad"}]});
    let document = json!({"id": "wide", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "all", "type": "map", "config": {"items": "input", "tolerated_failures": 5, "max_concurrency": 4,
            "body": body}}], "edges": [{"from": "start", "to": "all"}]});
    let file = home.file("wide.json", document);
    let items = json!((0..100).collect::<Vec<_>>()).to_string();
    let told = home.run(&["run", &file, "--input", &items]).exits(0);
    let far: Vec<&str> = told.err.lines().filter(|line| line.contains(" of 100 children")).collect();
    assert!((5..=10).contains(&far.len()), "a line for each tenth: {told:?}");
    assert!(far.iter().all(|line| line.contains("3 failed (5 tolerated)")), "{told:?}");
    assert!(told.err.contains("✓ all  100 children, 3 failed (5 tolerated)"), "{told:?}");
    let id = home.run(&["ls", "--json"]).exits(0).json()["items"][0]["execution_id"].as_str().unwrap().to_owned();
    assert!(home.run(&["show", &id]).exits(0).out.contains("100 children, 3 failed (5 tolerated)"));
}

#[test]
fn what_nodes_log_is_told_before_their_outcome_and_iterations_are_numbered() {
    let home = Home::new();
    let code = "console.log('line of', item); console.error('bad ' + item); return item";
    let document = json!({"id": "loops", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "loop", "config": {"for_each": "['a', 'b']"}},
        {"id": "say", "type": "code", "config": {"code": code}}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "say", "port": "loop"},
            {"from": "say", "to": "each"}]});
    let file = home.file("loops.json", document);
    let told = home.run(&["run", &file]).exits(0);
    let parts = ["each  iteration 1", "› say  line of a", "› say  bad a", "✓ say", "each  iteration 2", "line of b"];
    let mut rest = told.err.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is missing or out of order: {told:?}"));
        rest = &rest[at + part.len()..];
    }
    let id = home.run(&["ls", "--json"]).exits(0).json()["items"][0]["execution_id"].as_str().unwrap().to_owned();
    let history = home.run(&["history", &id]).exits(0).out;
    assert!(history.contains("iteration 1 of each") && history.contains("iteration 2 of each"), "{history}");
}
