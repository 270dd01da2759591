//! `fork`, and `diff` of two checkpoints.

use crate::back::failed;
use serde_json::{Value, json};

#[test]
fn a_trip_is_forked_with_another_input_and_two_checkpoints_are_compared() {
    // Given a trip that failed at its payment, and a fork of it after its flight,
    let (home, id) = failed("console.log('cancels flight')");
    let history = home.run(&["history", &id, "--json"]).exits(0).json();
    let turns = history["history"].as_array().unwrap();
    let at = |node: &str| {
        let turn = turns.iter().find(|turn| turn["node"] == node).unwrap();
        turn["checkpoint"].as_str().unwrap().to_owned()
    };
    let told = home.run(&["fork", &id[..30], &at("flight")]).exits(0);
    let new = told.out.trim().to_owned();
    assert!(new.len() == 36 && new != id, "{told:?}");
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    // when the fork runs, then it fails at the same node, and has not booked a flight.
    home.run(&["run", "--resume", &new]).exits(1);
    let logs = home.run(&["logs", &new]).exits(0).out;
    assert!(logs.contains("books hotel") && !logs.contains("books flight"), "{logs}");
    // What changed between two checkpoints is told by node.
    let told = home.run(&["diff", &id, &at("flight"), &at("hotel")]).exits(0);
    let rows: Vec<Vec<&str>> = told.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["hotel", "output", "-", r#"{"id":7}"#]), "{told:?}");
    assert!(rows.contains(&vec!["hotel", "port", "-", "success"]), "{told:?}");
    let same = home.run(&["diff", &id, "1", "1"]).exits(0).out;
    assert_eq!(same, "checkpoints 1 and 1 are the same\n");
    let json: Value = home.run(&["diff", "last", "1", "2", "--json"]).exits(0).json();
    assert_eq!((&json["from"], &json["to"]), (&json!("1"), &json!("2")));
    home.run(&["diff", &id, "1", "99"]).exits(1);
    home.run(&["fork", &id, "0"]).exits(1);
    home.run(&["fork", &id, "1", "--input", "{"]).exits(2);
}
