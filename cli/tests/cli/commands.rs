//! Tests of the commands around saved workflows: from a starter to an answer, by hand and on a host.

use crate::support::{Home, Told, signal, until};
use serde_json::{Value, json};
use std::process::Child;

fn greet(id: &str) -> Value {
    json!({"id": id, "name": "Greet", "input_schema": {"type": "object", "required": ["name"]}, "output": "ctx.hello.output",
        "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "hello", "type": "transform", "config": {"expression": "'Hello, ' + string(input.name)"}}],
        "edges": [{"from": "start", "to": "hello"}]})
}

const ASKS: &str = "id: asks\nnodes:\n  - {id: start, type: manual_trigger}\n  - id: ok\n    type: human\n    \
                    config: {kind: approval, question: Go on?}\n  - {id: no, type: fail, config: {code: no, message: no}}\n\
                    edges:\n  - {from: start, to: ok}\n  - {from: ok, to: no, port: rejected}\n";

/// A host that serves the folder.
fn dev(home: &Home, more: &[&str]) -> Child {
    let child = home.spawn(&[&["dev", "--port", "0"][..], more].concat());
    until("dev serves", || home.run(&["open", "--print"]).code == Some(0));
    child
}

fn stop(dev: Child) -> Told {
    signal(&dev, "-TERM");
    Told::of(dev.wait_with_output().unwrap()).exits(0)
}

#[test]
fn a_workflow_goes_from_its_file_to_its_end_on_a_host() {
    let home = Home::new();
    let (json, yaml) = (home.file("greet.json", greet("greet")), home.file("asks.yaml", ASKS));
    let dev = dev(&home, &[]);
    let told = home.run(&["save", &json, &yaml]).exits(0);
    assert!(told.out.contains("greet is saved, version 1") && told.out.contains("asks is saved"), "{told:?}");
    assert_eq!(home.run(&["save", &json, "--json"]).exits(0).json()["version"], 1, "nothing changed");
    let told = home.run(&["workflows"]).exits(0);
    assert!(told.out.contains("greet") && told.out.contains("asks"), "{told:?}");

    let input = r#"{"name": "Ada"}"#;
    assert_eq!(home.run(&["start", "greet", "--input", input, "--wait"]).exits(0).out, "Hello, Ada\n");
    let told = home.run(&["start", "greet"]).exits(1);
    assert!(told.err.contains("input_schema"), "{told:?}");
    let id = home.run(&["start", "asks", "--metadata", "team=billing"]).exits(0).out.trim().to_owned();
    until("it asks", || home.run(&["inbox"]).exits(0).out.contains("Go on?"));
    // A question is opened by the beginning of its id too.
    let inbox = home.run(&["inbox", "--json"]).exits(0).json();
    let question = inbox["items"][0]["interaction_id"].as_str().unwrap().to_owned();
    for said in [&question[..], &question[..30]] {
        let address = home.run(&["open", said, "--print"]).exits(0).out;
        assert!(address.trim().ends_with(&format!("/inbox/{question}")), "{address}");
    }
    home.run(&["open", "018f2b6e-none", "--print"]).exits(1);
    // By the beginning of its id, and as the last one.
    let shown = home.run(&["show", &id[..30], "--json"]).exits(0).json();
    assert_eq!((&shown["execution_id"], &shown["metadata"]), (&json!(id), &json!({"team": "billing"})));
    assert_eq!(home.run(&["show", "last", "--json"]).exits(0).json()["execution_id"], json!(id));
    home.run(&["delete", &id]).exits(1);
    home.run(&["answer", "last", "--approve"]).exits(0);
    until("it ends", || home.run(&["show", "last", "--json"]).json()["status"] == "completed");
    assert!(home.run(&["history", "last"]).exits(0).out.contains("ok"));
    let address = home.run(&["open", "last"]).exits(0).out;
    let page = address.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/'));
    assert_eq!(page.map(|(_, page)| page.to_owned()), Some(format!("executions/{id}")), "{address}");

    home.run(&["delete", "last"]).exits(0);
    home.run(&["show", &id]).exits(1);
    home.run(&["delete", "--workflow", "asks"]).exits(0);
    let told = home.run(&["start", "asks"]).exits(1);
    assert!(told.err.contains("stepwell workflows"), "{told:?}");
    stop(dev);
    home.run(&["open"]).exits(1);
}

#[test]
fn a_saved_workflow_is_followed_where_nobody_serves_it() {
    let home = Home::new();
    let file = home.file("greet.json", greet("greet"));
    home.run(&["save", &file]).exits(0);
    assert_eq!(home.run(&["start", "greet", "--input", r#"{"name": "Ada"}"#, "--wait"]).exits(0).out, "Hello, Ada\n");
    assert_eq!(home.run(&["show", "last", "--json"]).json()["workflow_version"], 1);
    // Without --wait nothing runs, which is said.
    let told = home.run(&["start", "greet", "--input", r#"{"name": "Bob"}"#]).exits(0);
    assert!(told.err.contains("nothing runs in this data folder now"), "{told:?}");
    assert_eq!(home.run(&["run", "--resume", "last"]).exits(0).out, "Hello, Bob\n");
}

#[test]
fn one_file_that_is_wrong_does_not_keep_others_from_being_saved() {
    let home = Home::new();
    let (good, bad) = (home.file("good.json", greet("good")), home.file("bad.json", json!({"id": "bad", "nodes": []})));
    let told = home.run(&["save", &bad, &good]).exits(1);
    assert!(told.out.contains("good is saved") && told.err.contains("bad.json is not a valid workflow"), "{told:?}");
    home.run(&["save", &bad]).exits(1);
    home.run(&["save", "none.json"]).exits(2);
    assert_eq!(home.say(&["save", "-", "--json"], ASKS).exits(0).json()["id"], "asks");
}

#[test]
fn a_beginning_that_several_have_is_refused() {
    let home = Home::new();
    let file = home.file("greet.json", greet("greet"));
    for _ in 0..2 {
        home.run(&["run", &file, "--input", r#"{"name": "Ada"}"#]).exits(0);
    }
    let listed = home.run(&["ls", "--json"]).exits(0).json();
    let ids: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|one| one["execution_id"].as_str().unwrap()).collect();
    let same = ids[0].bytes().zip(ids[1].bytes()).take_while(|(a, b)| a == b).count();
    let told = home.run(&["show", &ids[0][..same]]).exits(1);
    assert!(told.err.contains(ids[0]) && told.err.contains(ids[1]), "{told:?}");
    home.run(&["show", &ids[0][..=same]]).exits(0);
    Home::new().run(&["show", "last"]).exits(2);
}

#[test]
fn dev_saves_what_lies_in_a_folder_and_what_changes_there() {
    let home = Home::new();
    std::fs::create_dir(home.path("flows")).unwrap();
    home.file("flows/greet.json", greet("greet"));
    home.file("flows/asks.yml", ASKS);
    home.file("flows/readme.txt", "not a workflow");
    home.run(&["dev", "--port", "0", "--workflows", "none"]).exits(2);
    let dev = dev(&home, &["--workflows", "flows", "--watch"]);
    let version = |id: &str| {
        let listed = home.run(&["workflows", "--json"]).exits(0).json();
        listed["items"].as_array().unwrap().iter().find(|one| one["id"] == id).map(|one| one["version"].clone())
    };
    until("both are saved", || version("greet") == Some(json!(1)) && version("asks") == Some(json!(1)));
    let mut changed = greet("greet");
    changed["name"] = "Another".into();
    home.file("flows/greet.json", changed);
    home.file("flows/wrong.json", "{");
    home.file("flows/late.json", greet("late"));
    until("the changes are saved", || version("greet") == Some(json!(2)) && version("late") == Some(json!(1)));
    assert_eq!(version("asks"), Some(json!(1)));
    let told = stop(dev);
    assert!(told.err.contains("wrong.json is not saved"), "{told:?}");
}

#[test]
fn a_starter_is_written_once_and_runs() {
    let home = Home::new();
    let told = home.run(&["init", "mine"]).exits(0);
    assert!(told.out.contains("mine.json is written"), "{told:?}");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(home.path("mine.json")).unwrap()).unwrap();
    assert_eq!(document["id"], "mine");
    home.run(&["validate", "mine.json"]).exits(0);
    let ran =
        home.say(&["run", "mine.json", "--input", r#"{"payee": "Ada", "amount": 1200}"#, "--json"], "y\n").exits(0);
    assert_eq!(ran.json()["output"]["status"], "paid");
    let again = home.run(&["init", "mine"]).exits(2);
    assert!(again.err.contains("choose another name"), "{again:?}");
    home.run(&["init", "review", "--from", "document-review"]).exits(0);
    home.run(&["init", "a/b"]).exits(2);
    home.run(&["init", "x", "--from", "none"]).exits(2);
}

#[test]
fn shells_and_the_manual_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(home.run(&["completions", shell]).exits(0).out.contains("workflows"), "{shell}");
    }
    home.run(&["completions", "none"]).exits(2);
    assert!(home.run(&["man"]).exits(0).out.contains(".TH stepwell"));
    home.run(&["man", "--output", "pages"]).exits(0);
    assert!(home.path("pages/stepwell-save.1").exists());
}

#[test]
fn a_run_that_watches_runs_again() {
    let home = Home::new();
    let file = home.file("greet.json", greet("greet"));
    let child = home.spawn(&["run", &file, "--input", r#"{"name": "Ada"}"#, "--watch"]);
    let count = || home.run(&["ls", "--json"]).json()["items"].as_array().map_or(0, Vec::len);
    until("it runs", || count() == 1);
    home.file("greet.json", "{");
    std::thread::sleep(std::time::Duration::from_millis(700));
    let mut other = greet("greet");
    other["output"] = "'again'".into();
    home.file("greet.json", other);
    until("it runs again", || count() == 2);
    std::thread::sleep(std::time::Duration::from_millis(300));
    signal(&child, "-INT");
    let told = Told::of(child.wait_with_output().unwrap()).exits(0);
    assert_eq!(told.out, "Hello, Ada\nagain\n");
    assert!(told.err.contains("cannot be parsed"), "{told:?}");
}

#[test]
fn tokens_are_made_for_somebody_listed_and_revoked() {
    let home = Home::new();
    home.run(&["token", "create", "--name", "ci", "--scopes", "read"]).exits(2);
    let made =
        ["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "read,run", "--expires", "90d"];
    let told = home.run(&made).exits(0);
    assert!(told.err.contains("it ends at 2"), "{told:?}");
    let id = told.err.split("stepwell token revoke ").nth(1).unwrap().trim().to_owned();
    let listed = home.run(&["token", "ls"]).exits(0);
    assert!(listed.out.contains(&id) && listed.out.contains("ci@example.com"), "{listed:?}");
    assert!(!listed.out.contains(told.out.trim()), "the token itself is never shown again");
    let row = &home.run(&["token", "ls", "--json"]).exits(0).json()["items"][0];
    assert_eq!((&row["expired"], &row["scopes"]), (&json!(false), &json!(["read", "run"])));
    home.run(&["token", "revoke", &id]).exits(0);
    let again = home.run(&["token", "revoke", &id]).exits(1);
    assert!(again.err.contains("stepwell token ls"), "{again:?}");
}

#[test]
fn another_tenant_of_a_folder_has_records_of_its_own() {
    let home = Home::new();
    let file = home.file("greet.json", greet("greet"));
    home.run(&["save", &file, "--owner", "acme"]).exits(0);
    let input = ["--input", r#"{"name": "Ada"}"#];
    assert_eq!(home.run(&[&["run", &file, "--owner", "acme"][..], &input].concat()).exits(0).out, "Hello, Ada\n");
    assert!(home.run(&["workflows", "--json"]).exits(0).json()["items"].as_array().unwrap().is_empty());
    let id = home.run(&["ls", "--owner", "acme", "--json"]).exits(0).json()["items"][0]["execution_id"].clone();
    home.run(&["show", id.as_str().unwrap()]).exits(1);
    // On a host as in a folder, and by a token of that tenant from anywhere.
    let made = [
        "token",
        "create",
        "--name",
        "a",
        "--subject",
        "a@acme.example",
        "--scopes",
        "read,run,admin",
        "--owner",
        "acme",
    ];
    let token = home.run(&made).exits(0).out.trim().to_owned();
    let dev = dev(&home, &[]);
    home.run(&["show", id.as_str().unwrap(), "--owner", "acme"]).exits(0);
    home.run(&["show", id.as_str().unwrap()]).exits(1);
    let url = home.run(&["open", "--print"]).exits(0).out.trim().to_owned();
    let away = ["--url", &url, "--token", &token];
    assert_eq!(home.run(&[&["workflows", "--json"][..], &away].concat()).exits(0).json()["items"][0]["id"], "greet");
    assert_eq!(home.run(&[&["start", "greet", "--wait"][..], &input, &away].concat()).exits(0).out, "Hello, Ada\n");
    home.run(&["ls", "--url", &url, "--owner", "acme"]).exits(2);
    home.run(&["ls", "--owner", "no way"]).exits(2);
    stop(dev);
}
