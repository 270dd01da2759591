//! Tests of `stepwell run`: results, failures, interrupts and crashes.

use crate::support::{Home, Told, signal};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    time::{Duration, Instant},
};

fn sum() -> Value {
    json!({"id": "sum",
        "input_schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "add", "type": "code", "config": {"code": "console.log('adding'); return input.a + 1"}}],
        "edges": [{"from": "start", "to": "add"}]})
}

/// A workflow of two nodes with a wait of so many seconds between them.
fn slow(seconds: f64) -> Value {
    json!({"id": "slow", "output": "ctx.last.output", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "first", "type": "code", "config": {"code": "return 'first ran'"}},
            {"id": "pause", "type": "wait", "config": {"seconds": seconds}},
            {"id": "last", "type": "transform", "config": {"set": {"first": "{{ ctx.first.output }}"}}}],
        "edges": [{"from": "start", "to": "first"}, {"from": "first", "to": "pause"}, {"from": "pause", "to": "last"}]})
}

#[test]
fn stdout_is_the_result_and_nothing_else() {
    let home = Home::new();
    let file = home.file("sum.json", sum());
    let told = home.run(&["run", &file, "--input", r#"{"a": 41}"#]).exits(0);
    assert_eq!(told.out, "42\n");
    assert!(told.err.contains("✓ add"), "{told:?}");
    assert!(!told.err.contains('\x1b'), "no colours where stderr is no terminal: {told:?}");
}

#[test]
fn with_json_stdout_is_the_execution_as_the_api_has_it() {
    let home = Home::new();
    let file = home.file("sum.json", sum());
    home.file("input.json", r#"{"a": 1}"#);
    let execution = home.run(&["run", &file, "--input", "@input.json", "--json"]).exits(0).json();
    assert_eq!(
        (&execution["status"], &execution["output"], &execution["progress"]),
        (&json!("completed"), &json!(2), &json!(100))
    );
    assert_eq!(execution["started_by"], "me@example.com");
    let id = execution["execution_id"].as_str().unwrap();
    assert_eq!(home.run(&["show", id, "--json"]).exits(0).json(), execution);
    assert_eq!(home.run(&["ls", "--json"]).exits(0).json()["items"][0]["execution_id"], id);
    assert!(home.run(&["logs", id]).exits(0).out.contains("add: adding"));
    assert!(home.run(&["history", id]).exits(0).out.contains("execution completed"));
    assert!(home.run(&["show", id]).exits(0).out.contains("completed"));
    let again = home.run(&["run", &file, "--resume", id]).exits(0);
    assert_eq!(again.out, "2\n", "what has ended is only told");
}

#[test]
fn input_that_is_no_json_is_usage_and_input_that_does_not_fit_is_refused() {
    let home = Home::new();
    let file = home.file("sum.json", sum());
    home.run(&["run", &file, "--input", "{a"]).exits(2);
    home.run(&["run", &file, "--input", "@nowhere.json"]).exits(2);
    let told = home.run(&["run", &file, "--input", r#"{"a": "x"}"#, "--json"]).exits(1);
    assert_eq!(told.json()["error"]["errors"][0]["path"], "/a");
    assert_eq!(home.run(&["ls", "--json"]).exits(0).json()["items"], json!([]), "nothing was recorded");
    assert_eq!(home.say(&["run", &file, "--input", "-"], r#"{"a": 2}"#).exits(0).out, "3\n");
}

#[test]
fn a_failure_exits_1_and_says_where_it_failed() {
    let home = Home::new();
    let mut document = sum();
    document["nodes"][1]["config"]["code"] = "throw new Error('no way')".into();
    let file = home.file("fails.json", document);
    let told = home.run(&["run", &file, "--input", r#"{"a": 1}"#, "--json"]).exits(1);
    let execution = told.json();
    assert_eq!((&execution["status"], &execution["error"]["node"]), (&json!("failed"), &json!("add")));
    assert!(told.err.contains("no way") && told.err.contains("stepwell show"), "{told:?}");
    let invalid = home.file("invalid.json", json!({"id": "x", "nodes": []}));
    home.run(&["run", &invalid]).exits(1);
}

#[test]
fn an_interrupt_leaves_it_resumable() {
    let home = Home::new();
    let file = home.file("slow.json", slow(2.0));
    let mut child = home.spawn(&["run", &file, "--json"]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    told.find(|line| line.as_ref().unwrap().contains("waits")).unwrap().unwrap();
    signal(&child, "-INT");
    let rest: Vec<String> = told.map(Result::unwrap).collect();
    let stopped = Told::of(child.wait_with_output().unwrap()).exits(130);
    let id = stopped.json()["execution_id"].as_str().unwrap().to_owned();
    assert!(rest.iter().any(|line| line.contains(&format!("stepwell run slow.json --resume {id}"))), "{rest:?}");
    let execution = home.run(&["run", &file, "--resume", &id, "--json"]).exits(0).json();
    assert_eq!((&execution["execution_id"], &execution["output"]), (&json!(id), &json!({"first": "first ran"})));
}

#[test]
fn a_process_that_is_killed_loses_nothing() {
    let home = Home::new();
    let file = home.file("slow.json", slow(1.0));
    let mut child = home.spawn(&["run", &file]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = told.next().unwrap().unwrap();
    let id = first.strip_prefix("execution ").unwrap().to_owned();
    told.find(|line| line.as_ref().unwrap().contains("✓ first")).unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let execution = home.run(&["run", &file, "--resume", &id, "--json"]).exits(0).json();
    assert_eq!((&execution["status"], &execution["output"]), (&json!("completed"), &json!({"first": "first ran"})));
    let history = home.run(&["history", &id, "--json"]).exits(0).json();
    let runs = history["history"].as_array().unwrap().iter().filter(|turn| turn["node"] == "first").count();
    assert_eq!(runs, 1, "what had finished did not run again");
}

#[test]
fn resuming_what_is_not_there_or_is_of_another_workflow_is_a_usage_error() {
    let home = Home::new();
    let (file, other) = (home.file("sum.json", sum()), home.file("slow.json", slow(0.0)));
    let execution = home.run(&["run", &file, "--input", r#"{"a": 1}"#, "--json"]).exits(0).json();
    home.run(&["run", &file, "--resume", "no-such-id"]).exits(2);
    home.run(&["run", &other, "--resume", execution["execution_id"].as_str().unwrap()]).exits(2);
    home.run(&["ls", "--data", "elsewhere"]).exits(2);
    home.run(&["show", "no-such-id"]).exits(1);
}

#[test]
fn an_event_that_nobody_can_send_leaves_it_waiting() {
    let home = Home::new();
    let document = json!({"id": "waits", "nodes": [
            {"id": "start", "type": "manual_trigger"}, {"id": "paid", "type": "wait", "config": {"event": "payment"}}],
        "edges": [{"from": "start", "to": "paid"}]});
    let file = home.file("waits.json", document);
    let execution = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    assert_eq!(execution["status"], "waiting");
    let id = execution["execution_id"].as_str().unwrap();
    home.run(&["signal", id, "payment", "--value", r#"{"sum": 5}"#]).exits(0);
    let told = home.run(&["run", &file, "--resume", id, "--json"]).exits(0);
    assert_eq!(told.json()["output"], json!({"sum": 5}));
}

#[test]
fn a_second_interrupt_stops_at_once() {
    let home = Home::new();
    let mut document = sum();
    document["nodes"][1]["config"]["code"] = "const end = Date.now() + 8000; while (Date.now() < end) {}".into();
    let file = home.file("busy.json", document);
    let mut child = home.spawn(&["run", &file, "--input", r#"{"a": 1}"#]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    told.next().unwrap().unwrap();
    signal(&child, "-INT");
    told.find(|line| line.as_ref().unwrap().contains("resume with")).unwrap().unwrap();
    let begun = Instant::now();
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(4), "the code's end was not waited for");
    let execution = &home.run(&["ls", "--json"]).exits(0).json()["items"][0];
    assert_eq!((&execution["completed_at"], &execution["error"]), (&Value::Null, &Value::Null), "resumable");
}

#[test]
fn the_number_of_descendants_is_an_option_and_a_wrong_one_is_refused() {
    let home = Home::new();
    let leaf = json!({"nodes": [{"id": "t", "type": "transform", "config": {"expression": "item"}}], "edges": []});
    let all = json!({"id": "all", "type": "map", "config": {"items": "input", "body": leaf, "max_concurrency": 100}});
    let file = home.file(
        "wide.json",
        json!({"id": "wide", "nodes": [{"id": "start", "type": "manual_trigger"}, all],
            "edges": [{"from": "start", "to": "all"}]}),
    );
    let items = json!(vec![1; 40]).to_string();
    let told = home.run(&["run", &file, "--input", &items, "--max-descendants", "16", "--json"]).exits(0).json();
    let id = told["execution_id"].as_str().unwrap();
    let history = home.run(&["history", id, "--json"]).exits(0).out;
    assert!(history.contains(r#""to":16"#), "{history}");
    let refused = home.run(&["run", &file, "--max-descendants", "5"]).exits(2);
    assert!(refused.err.contains("from 16 to 1000000"), "{refused:?}");
}
