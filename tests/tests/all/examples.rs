//! Every example, run through the real binary with real input.

use crate::binary::{Folder, Own, SOON, root, stepwell};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How a run ended: its exit code, the execution that `--json` prints, and stderr.
pub struct Ran {
    pub code: i32,
    pub execution: Value,
    pub stderr: String,
}

fn command(example: &str, data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(stepwell());
    command.arg("run").arg(root().join("examples").join(example)).args(args);
    command.arg("--json").arg("--data").arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn spawn(example: &str, data: &Path, args: &[&str], lines: &str) -> Child {
    let mut child = command(example, data, args).spawn().unwrap();
    // One that asks nobody may have ended before it reads.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child
}

fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let execution =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{stderr}"));
    Ran { code: output.status.code().unwrap(), execution, stderr }
}

pub fn run(example: &str, data: &Path, input: &Value, lines: &str, args: &[&str]) -> Ran {
    let input = input.to_string();
    let all: Vec<&str> = ["--input", input.as_str()].into_iter().chain(args.iter().copied()).collect();
    finish(spawn(example, data, &all, lines))
}

pub fn completes(ran: &Ran, output: &Value) {
    assert_eq!((ran.code, &ran.execution["status"]), (0, &json!("completed")), "{}\n{}", ran.execution, ran.stderr);
    assert_eq!(&ran.execution["output"], output, "{}", ran.stderr);
    assert_eq!(ran.execution["progress"], 100);
    assert_eq!(ran.execution["error"], Value::Null);
}

const EXPENSE: &str = "expense-approval.json";

#[test]
fn a_small_expense_is_paid_at_once() {
    let folder = Folder::new("small");
    let ran = run(EXPENSE, &folder.data(), &json!({"payee": "Ada", "amount": 1000}), "", &[]);
    completes(&ran, &json!({"status": "paid", "payee": "Ada", "amount": 1000}));
}

#[test]
fn a_large_expense_is_as_somebody_says() {
    let folder = Folder::new("large");
    let input = json!({"payee": "Ada", "amount": 1250.5, "purpose": "a difference engine"});
    let ran = run(EXPENSE, &folder.data(), &input, "yes\n", &[]);
    completes(&ran, &json!({"status": "paid", "payee": "Ada", "amount": 1250.5}));
    assert!(ran.stderr.contains("Pay 1250.5 to Ada?"), "{}", ran.stderr);
    let ran = run(EXPENSE, &folder.data(), &input, "no\n", &[]);
    assert_eq!((ran.code, &ran.execution["output"]["status"]), (0, &json!("refused")), "{}", ran.stderr);
}

#[test]
fn an_expense_without_payee_is_refused_with_every_reason() {
    let folder = Folder::new("refused");
    let ran = run(EXPENSE, &folder.data(), &json!({"amount": 0}), "", &[]);
    assert_ne!(ran.code, 0);
    let errors = ran.execution["error"]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{}", ran.execution);
}

#[test]
fn an_expense_is_posted_to_the_ledger() {
    let (folder, ledger) = (Folder::new("ledger"), Own::start());
    let input = json!({"payee": "Ada", "amount": 3, "ledger": ledger.url("/book")});
    let ran = run(EXPENSE, &folder.data(), &input, "", &[]);
    assert_eq!((ran.code, &ran.execution["error"]["code"]), (1, &json!("address_not_allowed")), "{}", ran.stderr);
    assert!(ledger.came().is_empty(), "nothing leaves without leave");
    let ran = run(EXPENSE, &folder.data(), &input, "", &["--http-allow", &ledger.allowed()]);
    completes(&ran, &json!({"status": "paid", "payee": "Ada", "amount": 3}));
    let came = ledger.came();
    assert_eq!(came.len(), 1);
    assert!(came[0].head.starts_with("POST /book "), "{}", came[0].head);
    assert_eq!(serde_json::from_slice::<Value>(&came[0].body).unwrap(), json!({"payee": "Ada", "amount": 3}));
    assert!(came[0].head.to_lowercase().contains("idempotency-key: "), "{}", came[0].head);
}

#[test]
fn an_order_is_shipped_or_back_ordered() {
    let folder = Folder::new("order");
    let order = |price: f64| json!({"order_id": "O-1", "lines": [{"sku": "a", "quantity": 2, "price": 10.25}, {"sku": "b", "quantity": 1, "price": price}]});
    let ran = run("order-fulfilment.json", &folder.data(), &order(79.5), "", &[]);
    completes(&ran, &json!({"order_id": "O-1", "status": "shipped", "total": 100}));
    let ran = run("order-fulfilment.json", &folder.data(), &order(5000.0), "", &[]);
    assert_eq!((ran.code, &ran.execution["status"]), (0, &json!("completed")), "{}", ran.stderr);
    assert_eq!(ran.execution["output"]["status"], "back_ordered");
    let reason = ran.execution["output"]["reason"].as_str().unwrap();
    assert!(reason.contains("over the credit limit: 5020.5"), "{reason}");
}

#[test]
fn a_booking_that_cannot_be_paid_is_undone() {
    let folder = Folder::new("saga");
    let booking = |amount: u32| json!({"traveller": "Ada", "amount": amount});
    let ran = run("booking-saga.json", &folder.data(), &booking(900), "", &[]);
    completes(&ran, &json!({"ticket": "F-Ada", "room": "H-Ada", "charge": "C-Ada"}));
    let ran = run("booking-saga.json", &folder.data(), &booking(1200), "", &[]);
    assert_eq!((ran.code, &ran.execution["status"]), (1, &json!("failed")), "{}", ran.stderr);
    assert_eq!(ran.execution["error"]["node"], "card");
    // The latest comes first: the hotel, then the flight.
    let logs = Command::new(stepwell()).args(["logs", "last", "--data"]).arg(folder.data()).output().unwrap();
    let logs = String::from_utf8(logs.stdout).unwrap();
    let lines: Vec<&str> = logs.lines().filter(|line| line.contains("booked") || line.contains("cancelled")).collect();
    let expected =
        ["flight booked for Ada", "hotel booked for Ada", "hotel cancelled: H-Ada", "flight cancelled: F-Ada"];
    assert_eq!(lines.len(), expected.len(), "{logs}");
    for (line, said) in lines.iter().zip(expected) {
        assert!(line.ends_with(said), "{logs}");
    }
}

#[test]
fn every_row_is_imported() {
    let folder = Folder::new("import");
    for rows in [1, 1_000, 10_000u64] {
        let ran = run("data-import.json", &folder.data(), &json!({"rows": rows}), "", &[]);
        let total: u64 = (0..rows).map(|row| row % 97).sum();
        let last = format!("Row {}", rows - 1);
        completes(&ran, &json!({"imported": rows, "failed": 0, "total": total, "last": last}));
    }
}

const ROUNDS: &str = "A first try.\nno\nA second try.\nyes\n";
const PUBLISHED: &str = r#"{"pages": 12, "keywords": ["a"]}"#;

#[test]
fn a_document_is_reviewed_over_several_questions() {
    let folder = Folder::new("review");
    let data = folder.data();
    let ran = run("document-review.json", &data, &json!({"title": "On Engines"}), "", &["--no-input"]);
    assert_eq!((ran.code, &ran.execution["status"]), (3, &json!("waiting_human")), "{}", ran.stderr);
    let id = ran.execution["execution_id"].as_str().unwrap().to_owned();
    let mut asked = Vec::new();
    let answers: [&[&str]; 6] = [
        &["--text", "A first try."],
        &["--reject", "--comment", "too short"],
        &["--text", "A second try."],
        &["--approve"],
        &["--value", PUBLISHED],
        &["--option", "journal"],
    ];
    for answer in answers {
        let shown = cli(&data, &["inbox", "--json"]);
        asked.push(shown["items"][0]["kind"].as_str().unwrap().to_owned());
        cli(&data, &[&["answer", &id, "--json"], answer].concat());
        // A process of its own each time: nothing of the wait is in memory.
        run_on("document-review.json", &data, &id);
    }
    assert_eq!(asked, ["ask", "approval", "ask", "approval", "input", "decision"]);
    let execution = cli(&data, &["show", &id, "--json"]);
    let execution = execution.get("execution").unwrap_or(&execution);
    assert_eq!(execution["status"], "completed", "{execution}");
    let published =
        json!({"title": "On Engines", "summary": "A second try.", "pages": 12, "where": "journal", "rounds": 2});
    assert_eq!(execution["output"], published);
}

pub fn run_on(example: &str, data: &Path, id: &str) -> Ran {
    finish(spawn(example, data, &["--resume", id, "--no-input"], ""))
}

pub fn cli(data: &Path, args: &[&str]) -> Value {
    let output = Command::new(stepwell()).args(args).arg("--data").arg(data).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_review_that_is_killed_goes_on() {
    let folder = Folder::new("killed");
    let data = folder.data();
    let title = json!({"title": "On Engines"}).to_string();
    let mut child = command("document-review.json", &data, &["--input", &title]).spawn().unwrap();
    // The pipe stays open: after these lines it waits at the third question.
    let mut lines = child.stdin.take().unwrap();
    lines.write_all(b"A first try.\nno\n").unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("Round 2") {
        let mut some = [0; 256];
        let count = stderr.read(&mut some).unwrap();
        assert!(count > 0, "it ended early: {}", String::from_utf8_lossy(&said));
        said.extend(&some[..count]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = cli(&data, &["ls", "--json"]);
    let id = left["items"][0]["execution_id"].as_str().unwrap().to_owned();
    let rest = format!("{}\n12\n\njournal\n", ROUNDS.lines().skip(2).collect::<Vec<_>>().join("\n"));
    let ran = finish(spawn("document-review.json", &data, &["--resume", &id], &rest));
    assert_eq!((ran.code, &ran.execution["output"]["summary"]), (0, &json!("A second try.")), "{}", ran.stderr);
    assert_eq!((&ran.execution["output"]["rounds"], &ran.execution["execution_id"]), (&json!(2), &json!(id)));
}

#[test]
fn an_import_that_is_killed_in_the_middle_goes_on() {
    let folder = Folder::new("cut");
    let data = folder.data();
    let mut child = command("data-import.json", &data, &["--input", r#"{"rows": 5000}"#]).spawn().unwrap();
    // Rows are written from then on: how long that takes depends on what else the machine does.
    let until = Instant::now() + SOON;
    let written = || fs::metadata(data.join("stepwell.db-wal")).map_or(0, |log| log.len());
    while written() < 400_000 && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    child.wait().unwrap();
    let left = cli(&data, &["ls", "--json"]);
    let execution = &left["items"][0];
    let id = execution["execution_id"].as_str().unwrap();
    assert_ne!(execution["status"], "completed", "it was killed too late to show anything");
    let ran = finish(spawn("data-import.json", &data, &["--resume", id], ""));
    let total: u64 = (0..5_000).map(|row: u64| row % 97).sum();
    completes(&ran, &json!({"imported": 5000, "failed": 0, "total": total, "last": "Row 4999"}));
}
