//! Receipts by the command line: which question is meant, and whether the keys that sign are in order.

use crate::support::Home;
use serde_json::{Value, json};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

/// Two questions, one behind the other.
fn asks() -> Value {
    let ask =
        |id: &str| json!({"id": id, "type": "human", "config": {"kind": "approval", "question": format!("{id}?")}});
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("one"), ask("two")],
        "edges": [{"from": "start", "to": "one"}, {"from": "one", "to": "two", "port": "approved"}]})
}

/// The id of the open question of an execution.
fn open(home: &Home, id: &str) -> String {
    let shown = home.run(&["show", id, "--json"]).exits(0).json();
    shown["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_receipt_is_found_by_the_beginning_of_its_question_and_as_the_last() {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let id =
        home.run(&["run", &file, "--no-input", "--json"]).exits(3).json()["execution_id"].as_str().unwrap().to_owned();
    let none = home.run(&["receipt", "get", "last"]).exits(1);
    assert!(none.err.contains("no question with a receipt"), "{none:?}");
    let mut questions = Vec::new();
    for _ in 0..2 {
        questions.push(open(&home, &id));
        home.run(&["answer", &id, "--approve"]).exits(0);
        home.run(&["run", &file, "--resume", &id, "--no-input"]);
        let last = home.run(&["receipt", "get", "last"]).exits(0).json();
        assert_eq!(last["receipt"]["interaction_id"], json!(questions.last().unwrap()), "the one that was over last");
    }
    for question in &questions {
        let by = |said: &str| home.run(&["receipt", "get", said]).exits(0).json()["receipt"]["interaction_id"].clone();
        let shared = questions.iter().filter(|other| other[..12] == question[..12]).count();
        assert_eq!((by(question), shared), (json!(question), 1));
        assert_eq!(by(&question[..12]), json!(question));
    }
    home.run(&["receipt", "get", "ffffffff"]).exits(1);
}

#[test]
fn doctor_tells_whether_receipts_can_be_signed() {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let id =
        home.run(&["run", &file, "--no-input", "--json"]).exits(3).json()["execution_id"].as_str().unwrap().to_owned();
    let says = |code: i32| home.run(&["doctor"]).exits(code).out;
    assert!(says(0).contains("signing keys: none yet"));
    home.run(&["answer", &id, "--approve"]).exits(0);
    assert!(says(0).contains("signing keys: one key, which signs"));
    home.run(&["receipt", "rotate"]).exits(0);
    assert!(says(0).contains("signing keys: 2 keys"));
    let keys = home.path(".stepwell/signing-keys.json");
    fs::set_permissions(&keys, Permissions::from_mode(0o644)).unwrap();
    let told = says(1);
    assert!(told.contains("open to others") && told.contains("chmod 600"), "{told}");
    fs::set_permissions(&keys, Permissions::from_mode(0o600)).unwrap();
    fs::write(&keys, "{").unwrap();
    let told = says(1);
    assert!(told.contains("damaged") && told.contains("backup"), "{told}");
}
