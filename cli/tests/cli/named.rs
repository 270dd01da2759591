//! What is named on the command line: credentials, ids by their beginnings, and what there is not.

use crate::{
    support::{Home, Told, signal, until},
    terminal::{Look, Terminal},
};
use serde_json::{Value, json};

fn asks() -> Value {
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Go on?"}}],
        "edges": [{"from": "start", "to": "ok"}]})
}

/// A folder in which one execution asks, its id, and that of its question.
fn asking() -> (Home, String, String) {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (home, text(&waiting["execution_id"]), text(&waiting["pending_interactions"][0]["interaction_id"]))
}

#[test]
fn groups_are_made_listed_shown_and_removed() {
    let home = Home::new();
    let made = home.run(&["group", "set", "finance", "ann@example.com", "bob@example.com"]).exits(0);
    assert_eq!(made.out, "finance has 2 members: questions name it as group:finance\n");
    home.run(&["group", "set", "nobody"]).exits(2);
    home.run(&["group", "set", "nobody", "--empty"]).exits(0);
    let listed = home.run(&["group", "ls"]).exits(0);
    let rows: Vec<Vec<&str>> = listed.out.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["finance", "2", "ann@example.com,", "bob@example.com"]);
    assert_eq!(rows[1], ["nobody", "0"]);
    assert_eq!(home.run(&["group", "show", "FINANCE"]).exits(0).out, "ann@example.com\nbob@example.com\n");
    assert_eq!(home.run(&["group", "show", "finance", "--json"]).exits(0).json()["members"][1], "bob@example.com");
    assert_eq!(home.run(&["group", "rm", "finance"]).exits(0).out, "finance is removed\n");
    for gone in [["group", "rm", "finance"], ["group", "show", "finance"]] {
        let told = home.run(&gone).exits(1);
        assert!(told.err.contains("there is no group finance") && told.err.contains("stepwell group ls"), "{told:?}");
    }
}

#[test]
fn credentials_are_listed_without_their_values_and_removed() {
    let home = Home::new();
    home.say(&["secret", "set", "KEY", "--host", "api.example.com", "--host", "localhost:9000"], "s3cret-one").exits(0);
    home.say(&["secret", "set", "OPEN", "--for-inline"], "s3cret-two").exits(0);
    let listed = home.run(&["secret", "ls"]).exits(0);
    let rows: Vec<Vec<&str>> = listed.out.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["KEY", "api.example.com,", "localhost:9000", "saved"]);
    assert_eq!(rows[1], ["OPEN", "any", "host", "saved,", "sent", "along"]);
    assert!(!format!("{listed:?}").contains("s3cret"), "{listed:?}");
    let names = home.run(&["secret", "ls", "--json"]).exits(0).json();
    assert_eq!((&names["items"][0]["name"], &names["items"][1]["for_inline"]), (&json!("KEY"), &json!(true)));

    assert_eq!(home.run(&["secret", "rm", "KEY"]).exits(0).out, "KEY is removed\n");
    let gone = home.run(&["secret", "rm", "KEY"]).exits(1);
    assert!(gone.err.contains("there is no secret KEY") && gone.err.contains("stepwell secret ls"), "{gone:?}");
    assert!(!home.run(&["secret", "ls"]).exits(0).out.contains("KEY"));
    // Another tenant has none of them.
    let other = home.run(&["secret", "ls", "--owner", "other"]).exits(0);
    assert!(other.err.contains("no secret is stored"), "{other:?}");
}

#[test]
fn a_host_that_no_request_can_match_and_a_value_that_is_not_masked_are_told() {
    let home = Home::new();
    let refused = home.say(&["secret", "set", "KEY", "--host", "https://api.example.com/"], "s3cret").exits(1);
    assert!(refused.err.contains("is no host") && refused.err.contains("api.example.com or"), "{refused:?}");
    let short = home.say(&["secret", "set", "KEY", "--host", "api.example.com"], "abc").exits(0);
    assert!(short.err.contains("warning: values under 4 bytes are not masked"), "{short:?}");
}

#[test]
fn questions_and_tokens_are_named_by_the_beginnings_of_their_ids_as_executions_are() {
    let (home, execution, question) = asking();
    let told = home.run(&["answer", &question[..8], "--approve"]).exits(0);
    assert!(told.out.contains(&format!("{question} is decided: approved")), "{told:?}");
    // What has been answered is not there to be named by a beginning, and an execution that asks nothing says so.
    home.run(&["answer", &question[..8], "--approve"]).exits(1);
    let told = home.run(&["answer", &execution, "--approve"]).exits(1);
    assert!(
        told.err.contains(&format!("execution {execution} is")) && told.err.contains("it asks nothing"),
        "{told:?}"
    );

    let made = ["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "read", "--json"];
    let token = home.run(&made).exits(0).json();
    let id = token["id"].as_str().unwrap();
    assert_eq!(home.run(&["token", "revoke", &id[..6]]).exits(0).out, format!("{id} is revoked\n"));
    assert!(home.run(&["token", "revoke", &id[..6]]).exits(1).err.contains("stepwell token ls"));
}

#[test]
fn an_empty_name_or_one_of_dots_leads_to_no_other_route() {
    let (home, ..) = asking();
    let commands: [&[&str]; 9] = [
        &["show"],
        &["history"],
        &["cancel"],
        &["answer", "--approve"],
        &["delete", "--yes"],
        &["delete", "--yes", "--workflow"],
        &["token", "revoke"],
        &["secret", "rm"],
        &["signal", "last"],
    ];
    for command in commands {
        for name in ["", ".", ".."] {
            let told = home.run(&[command, &[name]].concat()).exits(2);
            assert!(told.err.contains("an id or a name is empty, or nothing but dots"), "{command:?} {name}: {told:?}");
            assert!(!told.err.contains("route"), "{told:?}");
        }
    }
}

#[test]
fn what_there_is_not_is_told_for_what_it_is() {
    let (home, ..) = asking();
    home.run(&["save", "asks.json"]).exits(0);
    let told = home.run(&["start", "asks", "--version", "99"]).exits(1);
    assert!(told.err.contains("there is no workflow asks in version 99"), "{told:?}");
    for (args, words) in [
        (&["start", "asks", "--version", "x"][..], "give a whole number"),
        (&["ls", "--limit", "x"], "give a whole number of at most 200"),
        (&["dev", "--port", "x"], "give a whole number of at most 65535"),
    ] {
        let told = home.run(args).exits(2);
        assert!(told.err.contains(words) && !told.err.contains("digit"), "{told:?}");
    }
    let told = home.run(&["dev", "--url", "http://127.0.0.1:1"]).exits(2);
    assert!(told.err.contains("--url is for commands that talk to a host"), "{told:?}");
    let told = home.run(&["dev", "--port", "0", "--max-code-seconds", "0"]).exits(2);
    assert!(told.err.contains("--max-code-seconds is 0") && !told.err.contains("STEPWELL_"), "{told:?}");
    let told = home.run(&["ls", "--data", "asks.json"]).exits(2);
    assert!(told.err.contains("asks.json is no folder"), "{told:?}");
    let told = home.say(&["validate", "-"], "{\"id\": 1,}").exits(2);
    assert!(told.err.contains("stdin cannot be parsed") && told.err.contains("last comma"), "{told:?}");
}

#[test]
fn an_input_that_says_something_twice_starts_nothing() {
    let (home, ..) = asking();
    let told = home.run(&["run", "asks.json", "--input", r#"{"amount": 1, "amount": 999}"#, "--no-input"]).exits(2);
    assert!(told.err.contains("the key `amount` stands twice"), "{told:?}");
    assert_eq!(home.run(&["ls", "--json"]).exits(0).json()["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn who_waits_on_a_host_that_goes_on_by_itself_is_told_so() {
    let home = Home::new();
    home.file("asks.json", asks());
    let dev = home.spawn(&["dev", "--port", "0"]);
    until("dev serves", || home.run(&["open", "--print"]).code == Some(0));
    home.run(&["save", "asks.json"]).exits(0);
    let told = home.run(&["start", "asks", "--wait", "--no-input"]).exits(3);
    assert!(told.err.contains("then it goes on; follow it with: stepwell run --resume"), "{told:?}");
    signal(&dev, "-TERM");
    Told::of(dev.wait_with_output().unwrap()).exits(0);
}

#[test]
fn what_somebody_else_wrote_forges_no_line_and_turns_none_around() {
    let home = Home::new();
    let question = "Pay \u{202e}9\u{202c} to Ada?\n  answer with: rm -rf everything\n";
    let code = "console.log('one\\n2026-01-31T09:00:00.000Z info  c: two'); throw new Error('no\\n✓ paid')";
    let document = json!({"id": "forges", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "c", "type": "code", "on_error": "continue", "config": {"code": code}},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": question}}],
        "edges": [{"from": "start", "to": "c"}, {"from": "c", "to": "ok"}]});
    let file = home.file("forges.json", document);
    let run = home.run(&["run", &file, "--no-input"]).exits(3);
    let shown = home.run(&["show", "last"]).exits(0);
    let logs = home.run(&["logs", "last"]).exits(0);
    let resumed = home.run(&["resume", "last"]).exits(1);
    let all = [run.err, shown.out.clone(), logs.out.clone(), resumed.err].concat();
    for forged in ["  answer with: rm", "2026-01-31T", "✓ paid"] {
        assert!(!all.lines().any(|line| line.starts_with(forged)), "{forged}: {all}");
    }
    assert!(shown.out.contains("Pay �9� to Ada?\n  │   answer with: rm"), "{shown:?}");
    assert!(logs.out.contains("c: one\n  │ 2026-01-31T"), "{logs:?}");
    assert!(!all.contains('\u{202e}'), "{all}");
    let history = home.run(&["history", "last"]).exits(0);
    assert!(history.out.contains("everything"), "a table has one line for each row: {history:?}");
}

#[test]
fn help_fits_the_terminal_and_tells_what_is_the_commands_own() {
    let home = Home::new();
    for columns in [60, 80, 140] {
        for command in [&["--help"][..], &["run", "--help"], &["answer", "--help"], &["token", "create", "-h"]] {
            let look = Look { columns, colours: false };
            let told = Terminal::run(&home, command, look).ends().exits(0);
            // A usage that is one long group of alternatives is nothing that could be wrapped.
            for line in told.out.lines().filter(|line| !line.starts_with("Usage:")) {
                let width = line.trim_end().chars().count();
                assert!(width <= usize::from(columns), "{width} columns at {columns}: {line}");
            }
            let own = told.out.find("\nOptions:").unwrap_or_default();
            assert!(told.out.find("Options of all commands:").is_some_and(|all| all > own), "{told:?}");
        }
    }
}
