//! `patch`: an execution goes on by another workflow, in another process.

use crate::support::Home;
use serde_json::{Value, json};

fn document() -> Value {
    json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "sum", "type": "transform", "config": {"expression": "8"}},
        {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Pay?", "timeout_seconds": 600}}],
        "edges": [{"from": "start", "to": "sum"}, {"from": "sum", "to": "ok"}]})
}

#[test]
fn a_workflow_that_is_edited_takes_over_a_waiting_execution() {
    let home = Home::new();
    let file = home.file("pay.json", document());
    home.run(&["run", &file, "--no-input"]).exits(3);
    // What it runs by can be written to a file, and given back changed.
    let mut shown = home.run(&["patch", "last", "--show"]).exits(0).json();
    let note = json!({"id": "note", "type": "transform", "config": {"expression": "'paid ' + string(ctx.sum.output)"}});
    shown["nodes"].as_array_mut().unwrap().push(note);
    shown["edges"].as_array_mut().unwrap().push(json!({"from": "ok", "to": "note", "port": "approved"}));
    let changed = home.file("changed.json", &shown);
    let told = home.run(&["patch", "last", "--workflow", &changed, "--dry-run"]).exits(0);
    assert!(told.out.contains("could go on by it") && told.err.contains("nothing was changed"), "{told:?}");
    let told = home.run(&["patch", "last", "--workflow", &changed, "--reason", "leave a note"]).exits(0);
    assert!(told.out.contains("goes on by it since checkpoint"), "{told:?}");
    let history = home.run(&["history", "last"]).exits(0).out;
    assert!(history.contains("leave a note"), "{history}");
    home.run(&["answer", "last", "--approve"]).exits(0);
    let ran = home.run(&["run", "--resume", "last"]).exits(0);
    assert!(ran.out.contains("paid 8"), "{ran:?}");
}

#[test]
fn what_is_in_the_way_of_a_patch_is_told() {
    let home = Home::new();
    let file = home.file("pay.json", document());
    home.run(&["run", &file, "--no-input"]).exits(3);
    let operations = r#"[{"op": "replace", "path": "/nodes/1/config/expression", "value": "9"}]"#;
    let told = home.run(&["patch", "last", operations]).exits(1);
    assert!(told.err.contains("node sum has computed another output"), "{told:?}");
    let told = home.run(&["patch", "last", r#"[{"op": "remove", "path": "/nodes/9"}]"#]).exits(1);
    assert!(told.err.contains("there is no /nodes/9: nodes has 3 items"), "{told:?}");
    assert!(told.err.contains("--show") && !told.err.contains("GET "), "it speaks of its own options: {told:?}");
    let told = home.run(&["patch", "last", operations, "--json"]).exits(1).json();
    let way = &told["error"]["in_the_way"][0];
    assert_eq!((&way["node"], &way["code"]), (&json!("sum"), &json!("output_changed")), "{told}");
    home.run(&["patch", "last"]).exits(2);
    home.run(&["patch", "last", "[]", "--show"]).exits(2);
    home.run(&["patch", "last", "--workflow", "none.json"]).exits(2);
    home.run(&["patch", "none", "[]"]).exits(1);
    // A fork takes changes too.
    let told = home.run(&["fork", "last", "1", "--patch", operations]).exits(0);
    let new = told.out.trim().to_owned();
    home.run(&["run", "--resume", &new, "--no-input"]).exits(3);
    let nodes = home.run(&["show", &new, "--json"]).exits(0).json();
    assert_eq!(nodes["status"], "waiting_human");
}
