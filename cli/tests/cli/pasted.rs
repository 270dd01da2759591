//! Tests of the commands that are printed: a shell runs them as they are.

use crate::support::{Home, Told, signal};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
};

fn asks(config: Value) -> Value {
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": config}], "edges": [{"from": "start", "to": "ask"}]})
}

/// The commands that answer, as they are printed.
fn commands(text: &str) -> Vec<String> {
    let command = |line: &str| {
        let line = line.trim();
        line.strip_prefix("answer with: ").or_else(|| line.strip_prefix("or: ")).map(str::to_owned)
    };
    text.lines().filter_map(command).collect()
}

/// Runs a command as a shell reads it that finds the program by its name.
fn paste(home: &Home, command: &str) -> Told {
    let folder = Path::new(env!("CARGO_BIN_EXE_stepwell")).parent().unwrap();
    let line = format!("PATH='{}':\"$PATH\"\n{command}", folder.display());
    let mut shell = std::process::Command::new("sh");
    let told = shell.args(["-c", &line]).current_dir(home.path("")).env("STEPWELL_USER", "me@example.com");
    Told::of(told.output().unwrap())
}

#[test]
fn each_printed_command_answers_as_it_is() {
    let home = Home::new();
    let schema = json!({"type": "object", "required": ["it's", "day"], "properties": {
        "it's": {"type": "integer", "minimum": 4}, "day": {"type": "string", "format": "date"}}});
    let cases = [
        (json!({"kind": "approval", "question": "Pay?", "assignees": ["o'hara@example.com"]}), 2),
        (json!({"kind": "decision", "question": "Where?", "options": ["to the left", "right"]}), 2),
        (json!({"kind": "input", "question": "What?", "schema": schema}), 1),
        (json!({"kind": "ask", "question": "Who?"}), 1),
        (json!({"kind": "review", "question": "Fine?", "content": "text"}), 2),
    ];
    for (config, count) in cases {
        for number in 0..count {
            let file = home.file("asks.json", asks(config.clone()));
            let args = ["run", &file, "--no-input", "--data", "my data", "--json"];
            let waiting = home.run(&args).exits(3);
            let id = waiting.json()["execution_id"].as_str().unwrap().to_owned();
            let printed = commands(&waiting.err);
            let shown = home.run(&["show", &id, "--data", "my data"]).exits(0);
            assert_eq!((&printed, printed.len()), (&commands(&shown.out), count), "{waiting:?} {shown:?}");
            let told = paste(&home, &printed[number]).exits(0);
            assert!(told.out.contains("is decided"), "{} {told:?}", printed[number]);
            let on = waiting.err.lines().find_map(|line| line.trim().strip_prefix("then go on with: ")).unwrap();
            paste(&home, on).exits(0);
        }
    }
}

#[test]
fn an_answer_of_another_kind_is_told_how_the_question_is_answered() {
    let home = Home::new();
    let file = home.file("asks.json", asks(json!({"kind": "approval", "question": "Pay?"})));
    let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let id = waiting["execution_id"].as_str().unwrap();
    let told = home.run(&["answer", id, "--option", "approved"]).exits(1);
    let question = waiting["pending_interactions"][0]["interaction_id"].as_str().unwrap();
    assert!(told.err.contains(&format!("answer {question} --approve")), "{told:?}");
    let resumed = home.run(&["resume", id]).exits(1);
    assert!(resumed.err.contains(&format!("answer {question} --approve")), "resuming answers nothing: {resumed:?}");
}

#[test]
fn a_command_for_a_host_elsewhere_names_it() {
    let home = Home::new();
    let file = home.file("asks.json", asks(json!({"kind": "ask", "question": "Who?"})));
    let waiting = home.run(&["run", &file, "--no-input", "--json"]).exits(3).json();
    let id = waiting["execution_id"].as_str().unwrap();
    let mut child = home.spawn(&["dev", "--port", "0", "--json"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    let elsewhere = Home::new();
    let shown = elsewhere.run(&["show", id, "--url", &url]).exits(0);
    let told = paste(&elsewhere, &commands(&shown.out)[0]).exits(0);
    assert!(told.out.contains("is decided"), "{told:?}");
    signal(&child, "-TERM");
    child.wait().unwrap();
}

#[test]
fn text_tells_the_hints_that_json_has() {
    let home = Home::new();
    let file = home.file("asks.json", asks(json!({"kind": "ask", "question": "Who?"})));
    home.run(&["run", &file, "--no-input"]).exits(3);
    let (text, json) = (home.run(&["ls", "--limit", "0"]), home.run(&["ls", "--limit", "0", "--json"]));
    let error = &json.json()["error"];
    let hints: Vec<&Value> = error["errors"].as_array().unwrap().iter().map(|one| &one["hint"]).collect();
    let hints = hints.into_iter().chain([&error["hint"]]).filter_map(Value::as_str).filter(|hint| !hint.is_empty());
    for hint in hints {
        assert!(text.err.contains(hint), "{hint} is missing: {text:?}");
    }
}
