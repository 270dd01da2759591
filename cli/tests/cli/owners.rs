//! `stepwell owner erase`: what it asks, what it erases, and what it tells.

use crate::{
    support::Home,
    terminal::{Look, Terminal},
};
use serde_json::{Value, json};

const LOOK: Look = Look { columns: 80, colours: false };

fn asks() -> Value {
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Fine?"}}],
        "edges": [{"from": "start", "to": "ask"}]})
}

/// A folder with two owners, of whom each has a saved workflow, an execution that waits, a secret and a group.
fn two_owners() -> Home {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    for owner in ["local", "acme"] {
        home.run(&["save", &file, "--owner", owner]).exits(0);
        home.run(&["start", "asks", "--owner", owner]).exits(0);
        home.say(&["secret", "set", "key", "--owner", owner], "value").exits(0);
        home.run(&["group", "set", "people", "ada@example.com", "--owner", owner]).exits(0);
    }
    home
}

/// How many executions, workflows, secrets and groups an owner has.
fn kept(home: &Home, owner: &str) -> [usize; 4] {
    ["ls", "workflows", "secret ls", "group ls"].map(|command| {
        let args: Vec<&str> = command.split(' ').chain(["--json", "--owner", owner]).collect();
        home.run(&args).exits(0).json()["items"].as_array().unwrap().len()
    })
}

#[test]
fn an_owner_is_erased_once_its_name_was_typed_and_no_other_is_touched() {
    let home = two_owners();
    // Neither without an answer, nor with another name.
    let told = home.run(&["owner", "erase", "acme"]).exits(2);
    assert!(told.err.contains("for good") && told.err.contains("--yes"), "{told:?}");
    let mut terminal = Terminal::run(&home, &["owner", "erase", "acme"], LOOK);
    terminal.until("the owner's name, to go on: ").types("y");
    let told = terminal.ends().exits(1);
    assert!(told.out.contains("nothing was erased"), "{told:?}");
    assert_eq!(kept(&home, "acme"), [1; 4]);
    // With its name everything goes, and what goes is told.
    let mut terminal = Terminal::run(&home, &["owner", "erase", "acme"], LOOK);
    terminal.until("executions, whatever they are").until("the owner's name, to go on: ").types("acme");
    let told = terminal.ends().exits(0);
    for part in [" is completed: 1 of 1: 1 done", "  groups: 1", "  secrets: 1", "  workflow versions: 1"] {
        assert!(told.out.contains(part), "{part} is not told: {told:?}");
    }
    assert_eq!(kept(&home, "acme"), [0; 4]);
    assert_eq!(kept(&home, "local"), [1; 4]);
}

#[test]
fn a_script_says_yes_and_reads_what_was_erased() {
    let home = two_owners();
    let job = home.run(&["owner", "erase", "local", "--yes", "--reason", "they left", "--json"]).exits(0).json();
    assert_eq!((&job["action"], &job["status"], &job["done"]), (&json!("erase"), &json!("completed"), &json!(1)));
    assert_eq!((&job["erased"]["groups"], &job["erased"]["workflow_versions"]), (&json!(1), &json!(1)), "{job}");
    assert_eq!((kept(&home, "local"), kept(&home, "acme")), ([0; 4], [1; 4]));
    let job = home.run(&["owner", "erase", "acme", "--yes", "--no-wait", "--json"]).exits(0).json();
    assert_eq!(job["status"], "running");
}

#[test]
fn what_is_not_meant_is_refused() {
    let home = two_owners();
    assert!(home.run(&["owner", "erase", "acme", "--yes", "--owner", "local"]).exits(2).err.contains("two owners"));
    home.run(&["owner", "erase", "a b", "--yes"]).exits(2);
    home.run(&["owner", "erase"]).exits(2);
    // A token is of one owner, and erases no other.
    let dev = crate::dev::Dev::start(&home);
    let args = ["token", "create", "--name", "n", "--subject", "ada@example.com", "--scopes", "read,admin", "--json"];
    let token = home.run(&args).exits(0).json()["token"].as_str().unwrap().to_owned();
    let url = format!("http://{}", dev.address);
    let told = home.run(&["owner", "erase", "acme", "--yes", "--url", &url, "--token", &token]).exits(1);
    assert!(told.err.contains("the token is of"), "{told:?}");
    assert_eq!((kept(&home, "local"), kept(&home, "acme")), ([1; 4], [1; 4]));
    home.run(&["owner", "erase", "local", "--yes", "--url", &url, "--token", &token]).exits(0);
    assert_eq!((kept(&home, "local"), kept(&home, "acme")), ([0; 4], [1; 4]));
    dev.stop().exits(0);
}
