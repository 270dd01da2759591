//! What people are asked in children, from the command line.

use crate::support::Home;
use serde_json::json;

#[test]
fn a_run_waits_for_children_that_go_on_beside_one_that_asks() {
    let home = Home::new();
    let ask = json!({"id": "ok", "type": "human",
        "config": {"kind": "approval", "question": "Well?", "condition": "item == 1"}});
    let rest = json!({"id": "rest", "type": "wait", "config": {"seconds": 1}});
    let body = json!({"nodes": [ask, rest], "edges": [{"from": "ok", "to": "rest", "port": "approved"}]});
    let document = json!({"id": "two", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "[1, 2]", "body": body}}],
        "edges": [{"from": "start", "to": "each"}]});
    let file = home.file("two.json", document);
    let told = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    assert_eq!(
        (&told["status"], &told["progress"]),
        (&json!("waiting_human"), &json!(75)),
        "the other child has ended"
    );
    assert_eq!(told["pending_interactions"].as_array().unwrap().len(), 1);
    // The execution's own id is enough to answer.
    let id = told["execution_id"].as_str().unwrap();
    home.run(&["answer", id, "--approve"]).exits(0);
    let ended = home.run(&["run", &file, "--resume", id, "--json"]).exits(0).json();
    assert_eq!((&ended["status"], &ended["progress"]), (&json!("completed"), &json!(100)));
}
