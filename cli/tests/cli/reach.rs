//! Tests of what `run` moves, of what it keeps for later hosts, and of how commands reach the process that has the
//! folder.

use crate::support::{Home, Told, signal, until};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Child, Stdio},
};

/// A server of this machine that answers every request with an empty object, and its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: 2\r\n\r\n{{}}");
        }
    });
    address
}

/// A workflow that waits so many seconds, and then sends a request to an address of this machine.
fn calls(id: &str, seconds: f64, address: &str) -> Value {
    json!({"id": id, "output": "ctx.call.output.status", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "pause", "type": "wait", "config": {"seconds": seconds}},
            {"id": "call", "type": "http_request", "config": {"url": format!("http://{address}/"), "method": "GET"}}],
        "edges": [{"from": "start", "to": "pause"}, {"from": "pause", "to": "call"}]})
}

/// A workflow that waits so many seconds.
fn slow(id: &str, seconds: f64) -> Value {
    json!({"id": id, "nodes": [
            {"id": "start", "type": "manual_trigger"}, {"id": "pause", "type": "wait", "config": {"seconds": seconds}}],
        "edges": [{"from": "start", "to": "pause"}]})
}

/// A workflow that asks for an approval.
fn asks() -> Value {
    json!({"id": "asks", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Go on?"}}],
        "edges": [{"from": "start", "to": "ok"}]})
}

/// The execution that a run told of.
fn execution(told: &str) -> String {
    told.lines().find_map(|line| line.strip_prefix("execution ")).unwrap().to_owned()
}

/// Starts a run, and returns it with the id of its execution once that was told.
fn begin(home: &Home, args: &[&str]) -> (Child, String) {
    named(home.spawn(args))
}

/// A run with the id of its execution, once that was told.
fn named(mut child: Child) -> (Child, String) {
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let id = loop {
        let line = told.next().unwrap().unwrap();
        if let Some(id) = line.strip_prefix("execution ") {
            break id.to_owned();
        }
    };
    // What it tells further is read, so that it can go on.
    std::thread::spawn(move || told.for_each(drop));
    (child, id)
}

/// Starts a run and kills it while its execution waits.
fn interrupted(home: &Home, args: &[&str]) -> String {
    let (mut child, id) = begin(home, args);
    until("it waits", || home.run(&["show", &id, "--json"]).exits(0).json()["status"] == "waiting");
    child.kill().unwrap();
    child.wait().unwrap();
    id
}

fn status(home: &Home, id: &str) -> Value {
    home.run(&["show", id, "--json"]).exits(0).json()["status"].clone()
}

#[test]
fn a_run_moves_its_own_execution_alone() {
    // Given an execution that was interrupted, and is due by now.
    let (home, address) = (Home::new(), server());
    let file = home.file("calls.json", calls("calls", 1.0, &address));
    let first = interrupted(&home, &["run", &file, "--http-allow", &address]);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    // When another is run in the same folder, for longer than the first would take, without what the first needs.
    let other = home.file("slow.json", slow("slow", 1.5));
    let told = home.run(&["run", &other]).exits(0);
    assert!(told.err.contains("1 other execution of this data folder: not moved by this run"), "{told:?}");
    // Then the first is where it was, and goes on with what it was given at first, without its file.
    assert_eq!(status(&home, &first), "waiting");
    let shown = home.run(&["show", &first]).exits(0);
    assert!(shown.out.contains(&format!("{address} (--http-allow)")), "{shown:?}");
    let told = home.run(&["run", "--resume", &first]).exits(0);
    assert_eq!(told.out, "200\n");
}

#[test]
fn what_an_execution_may_reach_goes_with_it_to_dev_and_to_its_children() {
    let (home, address) = (Home::new(), server());
    let call =
        json!({"id": "call", "type": "http_request", "config": {"url": format!("http://{address}/"), "method": "GET"}});
    let all = json!({"id": "all", "type": "map",
        "config": {"items": "[1, 2]", "body": {"nodes": [call], "edges": []}}});
    let document = json!({"id": "maps", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "pause", "type": "wait", "config": {"seconds": 1}}, all],
        "edges": [{"from": "start", "to": "pause"}, {"from": "pause", "to": "all"}]});
    let file = home.file("maps.json", document);
    let id = interrupted(&home, &["run", &file, "--http-allow", &address]);
    let dev = home.spawn(&["dev", "--port", "0"]);
    until("dev ends it", || status(&home, &id) != "waiting" && status(&home, &id) != "running");
    assert_eq!(status(&home, &id), "completed");
    // An execution for which nothing was said reaches no more than before.
    let file = home.file("calls.json", calls("calls", 0.0, &address));
    let told = home.run(&["run", &file]).exits(1);
    assert!(told.err.contains("not on the public internet"), "{told:?}");
    // And one that is run on the server, with its own list, does.
    assert_eq!(home.run(&["run", &file, "--http-allow", &address]).exits(0).out, "200\n");
    signal(&dev, "-TERM");
    dev.wait_with_output().unwrap();
}

#[test]
fn webhooks_of_an_execution_reach_what_it_may() {
    let (home, address) = (Home::new(), server());
    let channel = json!({"type": "webhook", "url": format!("http://{address}/")});
    let document = json!({"id": "tells", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "pause", "type": "wait", "config": {"seconds": 1}},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Go on?", "channels": [channel]}}],
        "edges": [{"from": "start", "to": "pause"}, {"from": "pause", "to": "ok"}]});
    let file = home.file("tells.json", document);
    let allowed = interrupted(&home, &["run", &file, "--http-allow", &address]);
    let other = interrupted(&home, &["run", &file]);
    // When a host goes on with both to which no list was given.
    let dev = home.spawn(&["dev", "--port", "0"]);
    let sent = |id: &str| {
        let asked = home.run(&["inbox", "--json"]).exits(0).json();
        let one = asked["items"].as_array().unwrap().iter().find(|one| one["execution_id"] == id)?.clone();
        let sent = one["deliveries"][0].clone();
        (sent["status"] != "pending").then(|| sent["status"].as_str().unwrap().to_owned())
    };
    until("both are told", || sent(&allowed).is_some() && sent(&other).is_some());
    assert_eq!((sent(&allowed).unwrap(), sent(&other).unwrap()), ("sent".into(), "failed".into()));
    signal(&dev, "-TERM");
    dev.wait_with_output().unwrap();
}

#[test]
fn the_command_that_goes_on_has_all_that_was_given() {
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let given = ["--http-allow", "10.0.0.0/8", "--max-code-seconds", "5", "--data", "else where"];
    let told = home.run(&[&["run", &file, "--no-input"][..], &given].concat()).exits(3);
    let id = execution(&told.err);
    let all = "--data 'else where' --http-allow 10.0.0.0/8 --max-code-seconds 5";
    assert!(told.err.contains(&format!("go on with: stepwell run asks.json --resume {id} {all}")), "{told:?}");
}

#[test]
fn other_commands_work_while_a_run_has_the_folder() {
    // Given a run that asks a question, which nobody answers at its terminal.
    let home = Home::new();
    let file = home.file("asks.json", asks());
    let mut command = home.command(&["run", &file]);
    let (mut child, id) = named(command.stdin(Stdio::piped()).spawn().unwrap());
    until("it asks", || home.run(&["inbox"]).exits(0).out.contains("Go on?"));
    // When other commands read and change what is in the folder.
    assert_eq!(status(&home, &id), "waiting_human");
    home.say(&["secret", "set", "A"], "x").exits(0);
    home.run(&["token", "create", "--name", "ci", "--subject", "ci@example.com", "--scopes", "read"]).exits(0);
    let doctor = home.run(&["doctor"]).exits(0);
    assert!(doctor.out.contains("which runs a workflow and answers other commands"), "{doctor:?}");
    // Then an answer of elsewhere ends the run that asked.
    home.run(&["answer", &id, "--approve"]).exits(0);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(status(&home, &id), "completed");
}

#[test]
fn a_second_run_goes_on_by_itself_when_the_first_ends() {
    let (home, address) = (Home::new(), server());
    let (long, short) =
        (home.file("long.json", slow("long", 2.0)), home.file("calls.json", calls("calls", 3.0, &address)));
    // Given a run that has the folder, when a second needs more than the first and takes longer.
    let (mut first, _) = begin(&home, &["run", &long]);
    let second = home.spawn(&["run", &short, "--http-allow", &address]);
    // Then the first ends when it is done, and the second ends as if it had been alone.
    assert_eq!(first.wait().unwrap().code(), Some(0));
    let told = Told::of(second.wait_with_output().unwrap()).exits(0);
    assert_eq!(told.out, "200\n");
    assert!(told.err.contains("this one goes on"), "{told:?}");
}

#[test]
fn a_second_run_is_moved_by_the_first() {
    let home = Home::new();
    let (long, short) = (home.file("long.json", slow("long", 20.0)), home.file("short.json", slow("short", 0.2)));
    let id = interrupted(&home, &["run", &short.replace("short", "long")]);
    let (mut first, _) = begin(&home, &["run", &long]);
    home.run(&["run", &short]).exits(0);
    // One that was interrupted before is taken up by its own resume, too, and by nothing else.
    let (mut resumed, _) = begin(&home, &["run", "--resume", &id]);
    home.run(&["cancel", &id]).exits(0);
    assert_eq!(resumed.wait().unwrap().code(), Some(1));
    signal(&first, "-INT");
    assert_eq!(first.wait().unwrap().code(), Some(130));
}

#[test]
fn a_run_on_a_folder_that_dev_serves_runs_there() {
    let home = Home::new();
    let dev = home.spawn(&["dev", "--port", "0"]);
    until("dev listens", || home.path(".stepwell/socket").exists());
    let file = home.file("asks.json", asks());
    let told = home.say(&["run", &file], "y fine\n").exits(0);
    let id = execution(&told.err);
    assert!(told.err.contains("✓ ok"), "{told:?}");
    assert_eq!(status(&home, &id), "completed");
    let told = home.run(&["run", &file, "--no-input"]).exits(3);
    assert!(told.err.contains("stepwell answer"), "{told:?}");
    let listed = home.run(&["ls", "--json"]).exits(0).json();
    assert_eq!(listed["items"][0]["started_by"], "me@example.com");
    signal(&dev, "-TERM");
    dev.wait_with_output().unwrap();
}

#[test]
fn a_run_on_another_host_runs_there() {
    let home = Home::new();
    let mut dev = home.spawn(&["dev", "--port", "0"]);
    let mut line = String::new();
    BufReader::new(dev.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    let (file, elsewhere) = (home.file("slow.json", slow("slow", 0.2)), home.path("none"));
    let away = ["--url", &url, "--data", elsewhere.to_str().unwrap()];
    let shown = home.run(&[&["run", &file, "--json"][..], &away].concat()).exits(0).json();
    assert_eq!(shown["status"], "completed");
    home.run(&[&["run", &file, "--http-allow", "10.0.0.0/8"][..], &away].concat()).exits(2);
    assert!(!elsewhere.exists());
    signal(&dev, "-TERM");
    dev.wait().unwrap();
}

#[test]
fn dev_waits_for_a_run_and_then_serves() {
    let home = Home::new();
    let file = home.file("slow.json", slow("slow", 1.0));
    let (mut run, _) = begin(&home, &["run", &file]);
    let dev = home.spawn(&["dev", "--port", "0"]);
    assert_eq!(run.wait().unwrap().code(), Some(0));
    until("dev serves", || home.run(&["doctor"]).exits(0).out.contains("which serves http://"));
    signal(&dev, "-TERM");
    let told = Told::of(dev.wait_with_output().unwrap()).exits(0);
    assert!(told.err.contains("waiting until it ends"), "{told:?}");
}

#[test]
fn a_document_comes_from_stdin() {
    let home = Home::new();
    let told = home.say(&["run", "-"], &slow("piped", 0.0).to_string()).exits(0);
    assert!(told.err.contains("✓ pause"), "{told:?}");
    let yaml = "id: piped\nnodes:\n  - {id: start, type: manual_trigger}\n  - {id: t, type: transform, config: {expression: 1 + 1}}\n\
                edges:\n  - {from: start, to: t}\n";
    assert_eq!(home.say(&["run", "-"], yaml).exits(0).out, "2\n");
    home.say(&["validate", "-"], yaml).exits(0);
    home.say(&["run", "-", "--input", "-"], yaml).exits(2);
    home.run(&["run"]).exits(2);
}
