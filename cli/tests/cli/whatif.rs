//! What-if on a data folder: what is told, and that nothing changes.

use crate::support::Home;

/// Pays small amounts at once, and asks about others from a limit on.
fn expenses(limit: u64) -> String {
    let text = r#"{"id": "expenses", "nodes": [
      {"id": "start", "type": "manual_trigger"},
      {"id": "size", "type": "branch", "config": {"rules": [{"when": "input.amount >= LIMIT", "port": "large"}],
        "default": "small"}},
      {"id": "refuse", "type": "transform", "config": {"set": {"paid": false}}},
      {"id": "pay", "type": "transform", "config": {"set": {"paid": true}}}],
     "edges": [{"from": "start", "to": "size"}, {"from": "size", "to": "refuse", "port": "large"},
      {"from": "size", "to": "pay", "port": "small"}]}"#;
    text.replace("LIMIT", &limit.to_string())
}

#[test]
fn a_changed_workflow_is_replayed_and_the_sum_comes_first() {
    let home = Home::new();
    let file = home.file("expenses.json", expenses(100));
    for amount in [20, 200, 2_000] {
        home.run(&["run", &file, "--input", &format!(r#"{{"amount": {amount}}}"#)]).exits(0);
    }
    let before = home.run(&["ls", "--json"]).exits(0).json();
    let changed = home.file("new.json", expenses(1_000));
    let told = home.run(&["whatif", "--workflow", &changed]).exits(0);
    let first = told.out.lines().next().unwrap();
    assert_eq!(first, "3 executions: 2 the same, 1 changed, 0 unknown", "{told:?}");
    assert!(told.out.contains("size 1 ×: large (to refuse) → small (to pay)"), "{told:?}");
    assert!(told.out.contains("another result"), "{told:?}");
    let json = home.run(&["whatif", "expenses", "--workflow", &changed, "--json", "--limit", "2"]).exits(0).json();
    assert_eq!(json["summary"]["executions"], 2);
    assert!(json["next_cursor"].is_string(), "{json}");
    // A limit among the pairs counts as the option does, and is not passed over.
    let limited = ["whatif", "--workflow", &changed, "--json", "--executions", "status=completed,limit=1"];
    assert_eq!(home.run(&limited).exits(0).json()["summary"]["executions"], 1);
    for wrong in [vec!["--executions", "limit=few"], vec!["--executions", "limit=1", "--limit", "2"]] {
        let told = home.run(&[&["whatif", "--workflow", &changed][..], &wrong].concat()).exits(2);
        assert!(told.err.contains("limit"), "{told:?}");
    }
    let none = home.run(&["whatif", "--workflow", &changed, "--executions", "status=failed,cancelled"]).exits(0);
    assert_eq!(none.out, "", "{none:?}");
    let failed = home.run(&["whatif", "--workflow", &changed, "--executions", "failed"]).exits(2);
    assert!(failed.err.contains("NAME=VALUE"), "{failed:?}");
    assert_eq!(home.run(&["ls", "--json"]).exits(0).json(), before, "nothing changed");
    assert_eq!(home.run(&["workflows", "--json"]).exits(0).json()["items"], serde_json::json!([]), "nothing is saved");
}

#[test]
fn a_file_that_is_no_workflow_is_refused() {
    let home = Home::new();
    let file = home.file("expenses.json", expenses(100));
    home.run(&["run", &file, "--input", r#"{"amount": 1}"#]).exits(0);
    let wrong = home.file("wrong.json", expenses(100).replace("\"pay\", \"port\"", "\"pai\", \"port\""));
    home.run(&["whatif", "--workflow", &wrong]).exits(1);
    home.run(&["whatif", "other", "--workflow", &file]).exits(1);
}
