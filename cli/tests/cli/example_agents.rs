//! The examples of agents, with the model that comes with them.

use crate::support::{Home, Told};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

/// `examples/model.py` on a free port, stopped with the test.
pub struct Model {
    child: Child,
    pub port: u16,
}

/// The path of a file of the examples.
pub fn example(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).display().to_string()
}

impl Model {
    pub fn start() -> Self {
        let mut python = Command::new("python3");
        python.args([&example("model.py"), "--port", "0"]);
        let mut child = python.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("it does not say where it listens: {line:?}")) }
    }

    /// Runs an example against it, with leave to reach it.
    fn run(&self, home: &Home, name: &str, mut input: Value, more: &[&str]) -> Told {
        input["server"] = json!(format!("http://127.0.0.1:{}", self.port));
        let (file, input, allowed) = (example(name), input.to_string(), format!("127.0.0.1:{}", self.port));
        home.run(&[&["run", &file, "--input", &input, "--json", "--http-allow", &allowed], more].concat())
    }

    /// What was paid back so far.
    pub fn refunds(&self) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /refunds HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
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
    let (home, model) = (Home::new(), Model::start());
    let ask = |session: &str, text: &str| {
        let input = json!({"session_id": session, "text": text});
        model.run(&home, "support-triage.json", input, &[]).exits(0).json()["output"].clone()
    };
    let billing = json!({"department": "billing", "reply": "Hello Ada, billing looks at it."});
    assert_eq!(ask("s-1", "I am ada@example.com, and I was charged twice."), billing);
    // The address was said in an earlier message of the same session, and in no other.
    assert_eq!(ask("s-1", "When is it paid back?"), billing);
    let unknown = json!({"department": "general", "reply": "Which e-mail address is your account under?"});
    assert_eq!(ask("s-2", "When is it paid back?"), unknown);
    let nobody = ask("s-3", "nobody@example.com cannot sign in.");
    assert_eq!(nobody["reply"], "There is no account under nobody@example.com.");
}

#[test]
fn what_names_no_order_or_one_that_there_is_not_is_answered() {
    let (home, model) = (Home::new(), Model::start());
    for (text, reply) in [
        ("Where is my money?", "Which order is it about? Its number begins with O-."),
        ("O-77 never came.", "There is no order O-77, so nothing is paid back."),
    ] {
        let told = model.run(&home, "refund-agent.json", json!({ "message": text }), &[]).exits(0).json();
        assert_eq!(told["output"]["reply"], reply);
    }
    assert_eq!(model.refunds(), json!([]));
}

#[test]
fn nothing_leaves_for_a_model_without_leave() {
    let (home, model) = (Home::new(), Model::start());
    let server = format!("http://127.0.0.1:{}", model.port);
    let input = json!({"session_id": "s", "text": "Hello", "server": server}).to_string();
    let told = home.run(&["run", &example("support-triage.json"), "--input", &input, "--json"]).exits(1);
    assert_eq!(told.json()["error"]["code"], "address_not_allowed", "{told:?}");
}

#[test]
fn a_small_refund_is_paid_without_a_question() {
    let (home, model) = (Home::new(), Model::start());
    let told = model.run(&home, "refund-agent.json", json!({"message": "O-1 arrived broken."}), &[]).exits(0);
    assert_eq!(told.json()["output"], json!({"reply": "40 was paid back for order O-1."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-1", "amount": 40}]));
}

/// Runs a refund over the limit until it waits for a person. Returns the execution's id and the question's.
fn asked(home: &Home, model: &Model) -> (String, String) {
    let input = json!({"message": "O-2 never came."});
    let execution = model.run(home, "refund-agent.json", input, &["--no-input"]).exits(3).json();
    assert_eq!(model.refunds(), json!([]), "nothing is paid before a person says so");
    let inbox = home.run(&["inbox", "--json"]).exits(0).json();
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1, "{inbox}");
    let question = &inbox["items"][0];
    assert_eq!((&question["kind"], &question["authorization"]["tool"]), (&json!("authorization"), &json!("refund")));
    assert_eq!(question["authorization"]["arguments"], json!({"order_id": "O-2", "amount": 250}));
    assert!(question["details"].as_str().unwrap().contains("The order O-2 is lost"), "the reason is shown: {question}");
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    (id(&execution["execution_id"]), id(&question["interaction_id"]))
}

/// Answers the question, and goes on in a process of its own, which knows from the execution what it may reach.
fn answered(home: &Home, (execution, question): &(String, String), answer: &[&str]) -> Value {
    home.run(&[&["answer", question], answer].concat()).exits(0);
    let resumed = ["run", &example("refund-agent.json"), "--resume", execution, "--no-input", "--json"];
    home.run(&resumed).exits(0).json()["output"].clone()
}

#[test]
fn a_large_refund_is_paid_once_a_person_has_approved_it() {
    let (home, model) = (Home::new(), Model::start());
    let ids = asked(&home, &model);
    let output = answered(&home, &ids, &["--approve"]);
    assert_eq!(output, json!({"reply": "250 was paid back for order O-2."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]));
}

#[test]
fn a_person_may_let_less_be_paid() {
    let (home, model) = (Home::new(), Model::start());
    let ids = asked(&home, &model);
    let half = r#"{"order_id": "O-2", "amount": 125}"#;
    let output = answered(&home, &ids, &["--approve", "--arguments", half]);
    assert_eq!(output, json!({"reply": "125 was paid back for order O-2."}));
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 125}]));
}

#[test]
fn what_a_person_refuses_is_never_paid() {
    let (home, model) = (Home::new(), Model::start());
    let ids = asked(&home, &model);
    let output = answered(&home, &ids, &["--reject", "--comment", "it was delivered"]);
    let reply = output["reply"].as_str().unwrap();
    assert!(reply.starts_with("Nothing was paid back.") && reply.contains("it was delivered"), "{reply}");
    assert_eq!(model.refunds(), json!([]));
}

#[test]
fn two_agents_look_into_the_parts_of_a_question() {
    let (home, model) = (Home::new(), Model::start());
    let input = json!({"question": "What are stepwells and what were canals for?"});
    let output = model.run(&home, "research-agent.json", input, &[]).exits(0).json()["output"].clone();
    let report = "Stepwells are wells with steps, dug in India since the third century. \
                  Canals carried water over more than a hundred kilometres.";
    assert_eq!(output, json!({"report": report, "topics": 2}));
}

#[test]
fn the_model_serves_while_a_command_runs_and_ends_as_that_does() {
    let port = Model::start().port.to_string();
    let asks = format!(
        "import sys, urllib.request as r; print(r.urlopen('http://127.0.0.1:{port}/refunds').status); sys.exit(3)"
    );
    let told = Command::new("python3").args([&example("model.py"), "--port", &port, "python3", "-c", &asks]).output();
    let told = told.unwrap();
    assert_eq!((told.status.code(), String::from_utf8_lossy(&told.stdout).trim()), (Some(3), "200"), "{told:?}");
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).is_err(), "it has ended");
}

#[test]
fn a_port_that_is_taken_is_told_and_so_is_a_model_that_is_not_there() {
    let model = Model::start();
    let port = model.port.to_string();
    let taken = Command::new("python3").args([&example("model.py"), "--port", &port]).output().unwrap();
    let told = String::from_utf8(taken.stderr).unwrap();
    assert!(told.contains(&format!("port {port} cannot be used")) && !told.contains("Traceback"), "{told}");
    drop(model);
    let home = Home::new();
    let allowed = format!("127.0.0.1:{port}");
    let input = json!({"message": "O-1 arrived broken.", "server": format!("http://{allowed}")}).to_string();
    let told = home.run(&["run", &example("refund-agent.json"), "--input", &input, "--http-allow", &allowed]).exits(1);
    assert!(told.err.contains(&format!("no connection to {allowed}: connection refused")), "{told:?}");
}
