//! The examples of agents, run through the real binary with the model that comes with them.

use crate::{
    binary::{Folder, root, send},
    examples::{Ran, cli, completes, run, run_on},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// `examples/model.py` on a free port, stopped with the test.
struct Model {
    child: Child,
    port: u16,
}

impl Model {
    fn start() -> Self {
        let mut python = Command::new("python3");
        python.arg(root().join("examples/model.py")).args(["--port", "0"]);
        let mut child = python.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("it does not say where it listens: {line:?}")) }
    }

    fn input(&self, mut input: Value) -> Value {
        input["server"] = json!(format!("http://127.0.0.1:{}", self.port));
        input
    }

    fn allowed(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What was paid back so far.
    fn refunds(&self) -> Value {
        send(self.port, "GET /refunds HTTP/1.1", b"").unwrap().json()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_request_is_sent_to_a_department_and_the_conversation_is_remembered() {
    let (folder, model) = (Folder::new("triage"), Model::start());
    let ask = |session: &str, text: &str| {
        let input = model.input(json!({"session_id": session, "text": text}));
        run("support-triage.json", &folder.data(), &input, "", &["--http-allow", &model.allowed()])
    };
    let billing = json!({"department": "billing", "reply": "Hello Ada, billing looks at it."});
    completes(&ask("s-1", "I am ada@example.com, and I was charged twice."), &billing);
    // The address was said in an earlier message of the same session, and in no other.
    completes(&ask("s-1", "When is it paid back?"), &billing);
    let unknown = json!({"department": "general", "reply": "Which e-mail address is your account under?"});
    completes(&ask("s-2", "When is it paid back?"), &unknown);
    completes(
        &ask("s-3", "nobody@example.com cannot sign in."),
        &json!({"department": "general", "reply": "There is no account under nobody@example.com."}),
    );
}

#[test]
fn nothing_leaves_for_a_model_without_leave() {
    let (folder, model) = (Folder::new("unallowed"), Model::start());
    let input = model.input(json!({"session_id": "s", "text": "Hello"}));
    let ran = run("support-triage.json", &folder.data(), &input, "", &[]);
    assert_eq!((ran.code, &ran.execution["status"]), (1, &json!("failed")), "{}", ran.stderr);
    assert_eq!(ran.execution["error"]["code"], "address_not_allowed", "{}", ran.execution);
}

#[test]
fn a_small_refund_is_paid_without_a_question() {
    let (folder, model) = (Folder::new("small-refund"), Model::start());
    let input = model.input(json!({"message": "O-1 arrived broken."}));
    let ran = run("refund-agent.json", &folder.data(), &input, "", &["--http-allow", &model.allowed()]);
    completes(&ran, &json!({"reply": "40 was paid back for order O-1."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-1", "amount": 40}]));
}

/// Runs a refund over the limit until it waits for a person. Returns the execution's id and the question.
fn asked(folder: &Folder, model: &Model) -> (String, Value) {
    let input = model.input(json!({"message": "O-2 never came."}));
    let args = ["--no-input", "--http-allow", &model.allowed()];
    let ran: Ran = run("refund-agent.json", &folder.data(), &input, "", &args);
    assert_eq!((ran.code, &ran.execution["status"]), (3, &json!("waiting_human")), "{}", ran.stderr);
    assert_eq!(model.refunds(), json!([]), "nothing is paid before a person says so");
    let inbox = cli(&folder.data(), &["inbox", "--json"]);
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1, "{inbox}");
    let question = inbox["items"][0].clone();
    assert_eq!((&question["kind"], &question["authorization"]["tool"]), (&json!("authorization"), &json!("refund")));
    assert_eq!(question["authorization"]["arguments"], json!({"order_id": "O-2", "amount": 250}));
    assert!(question["details"].as_str().unwrap().contains("The order O-2 is lost"), "the reason is shown: {question}");
    (ran.execution["execution_id"].as_str().unwrap().to_owned(), question)
}

/// Answers the question by the command line, and goes on.
fn answered(folder: &Folder, id: &str, question: &Value, answer: &[&str]) -> Ran {
    let interaction = question["interaction_id"].as_str().unwrap();
    cli(&folder.data(), &[&["answer", interaction, "--json"], answer].concat());
    // The run goes on in a process of its own, which has what may be reached from the execution.
    run_on("refund-agent.json", &folder.data(), id)
}

#[test]
fn a_large_refund_is_paid_once_a_person_has_approved_it() {
    let (folder, model) = (Folder::new("approved"), Model::start());
    let (id, question) = asked(&folder, &model);
    let ran = answered(&folder, &id, &question, &["--approve"]);
    completes(&ran, &json!({"reply": "250 was paid back for order O-2."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]));
}

#[test]
fn a_person_may_let_less_be_paid() {
    let (folder, model) = (Folder::new("edited"), Model::start());
    let (id, question) = asked(&folder, &model);
    let half = r#"{"order_id": "O-2", "amount": 125}"#;
    let ran = answered(&folder, &id, &question, &["--approve", "--arguments", half]);
    completes(&ran, &json!({"reply": "125 was paid back for order O-2."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 125}]));
}

#[test]
fn what_a_person_refuses_is_never_paid() {
    let (folder, model) = (Folder::new("rejected"), Model::start());
    let (id, question) = asked(&folder, &model);
    let ran = answered(&folder, &id, &question, &["--reject", "--comment", "it was delivered"]);
    assert_eq!((ran.code, &ran.execution["status"]), (0, &json!("completed")), "{}", ran.stderr);
    let reply = ran.execution["output"]["reply"].as_str().unwrap();
    assert!(reply.starts_with("Nothing was paid back.") && reply.contains("it was delivered"), "{reply}");
    assert_eq!(model.refunds(), json!([]));
}

#[test]
fn two_agents_look_into_the_parts_of_a_question() {
    let (folder, model) = (Folder::new("research"), Model::start());
    let input = model.input(json!({"question": "What are stepwells and what were canals for?"}));
    let ran = run("research-agent.json", &folder.data(), &input, "", &["--http-allow", &model.allowed()]);
    let report = "Stepwells are wells with steps, dug in India since the third century. \
                  Canals carried water over more than a hundred kilometres.";
    completes(&ran, &json!({"report": report, "topics": 2}));
}
