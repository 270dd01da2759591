//! Tests of `stepwell dev`, and of commands that find its server by the data folder.

use crate::support::{Home, Told, signal, until};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Child,
    time::Duration,
};

/// A server that runs in a test's folder, and the address that it said it listens at.
pub struct Dev {
    child: Child,
    pub address: String,
}

impl Dev {
    pub fn start(home: &Home) -> Self {
        let mut child = home.spawn(&["dev", "--port", "0"]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("stepwell listens on http://").unwrap().to_owned();
        Self { child, address }
    }

    pub fn request(&self, head: &str, body: &str) -> String {
        answer_to(self.send(head, body))
    }

    /// Sends a request, whose answer is still to be read.
    pub fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        stream
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.request(&format!("POST {path} HTTP/1.1\r\nHost: localhost"), &body.to_string());
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.request(&format!("GET {path} HTTP/1.1\r\nHost: localhost"), "");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn stop(mut self) -> Told {
        signal(&self.child, "-TERM");
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Told { code: self.child.wait().unwrap().code(), out: String::new(), err }
    }
}

/// The whole answer to a request that was sent.
pub fn answer_to(mut request: TcpStream) -> String {
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    answer
}

/// A workflow that asks for an approval, and then logs a line.
fn asks() -> Value {
    json!({"id": "asks", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Go on?"}},
            {"id": "done", "type": "code", "config": {"code": "console.log('gone on'); return 'done'"}},
            {"id": "not", "type": "fail", "config": {"code": "no", "message": "no"}}],
        "edges": [{"from": "start", "to": "ok"}, {"from": "ok", "to": "done"},
            {"from": "ok", "to": "not", "port": "rejected"}]})
}

#[test]
fn commands_find_the_server_that_has_the_folder() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let started = dev.post("/v1/executions?wait=10", &json!({"workflow": asks()}));
    assert_eq!(started["status"], "waiting_human", "{started}");
    let id = started["execution_id"].as_str().unwrap();
    assert!(home.run(&["ls"]).exits(0).out.contains(id));
    assert!(home.run(&["inbox"]).exits(0).out.contains("Go on?"));
    home.run(&["answer", id, "--approve"]).exits(0);
    until("it completes", || home.run(&["show", id, "--json"]).json()["status"] == "completed");
    let url = format!("http://{}", dev.address);
    let told = home.run(&["logs", id, "--follow", "--url", &url]).exits(0);
    assert!(told.out.contains("done: gone on"), "{told:?}");
    assert!(home.run(&["doctor"]).exits(0).out.contains(&url));
    home.run(&["pause", id]).exits(1);
    assert_eq!(dev.stop().code, Some(0));
    home.run(&["show", id]).exits(0);
    home.run(&["ls", "--url", &url]).exits(1);
}

#[test]
fn control_reaches_an_execution_that_waits() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let started = dev.post("/v1/executions?wait=10", &json!({"workflow": asks()}));
    let id = started["execution_id"].as_str().unwrap();
    assert_eq!(home.run(&["pause", id, "--json"]).exits(0).json()["status"], "paused");
    assert_eq!(home.run(&["resume", id, "--json"]).exits(0).json()["status"], "waiting_human");
    assert_eq!(home.run(&["cancel", id, "--reason", "enough", "--json"]).exits(0).json()["status"], "cancelled");
    home.run(&["answer", id, "--approve"]).exits(1);
    dev.stop();
}

#[test]
fn other_machines_and_other_sites_are_kept_out() {
    let home = Home::new();
    let dev = Dev::start(&home);
    assert!(dev.request("GET /health HTTP/1.1\r\nHost: localhost", "").starts_with("HTTP/1.1 200"));
    assert!(dev.request("GET /health HTTP/1.1\r\nHost: evil.example", "").starts_with("HTTP/1.1 421"));
    let foreign = "GET /v1/executions HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example";
    assert!(dev.request(foreign, "").starts_with("HTTP/1.1 403"));
    assert!(dev.request("GET /metrics HTTP/1.1\r\nHost: localhost", "").contains("stepwell_turns_total 0"));
    dev.stop();
    let told = home.run(&["dev", "--host", "0.0.0.0", "--port", "0"]).exits(2);
    assert!(told.err.contains("stepwell token create"), "{told:?}");
    home.run(&["dev", "--host", "not an address"]).exits(2);
}

/// Two references in each of forty definitions are 2⁴⁰ schemas on one value.
#[test]
fn documents_that_never_end_to_be_checked_leave_the_server_answering() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let next = |ix: usize| json!({"$ref": format!("#/$defs/a{}", ix + 1)});
    let links = (0..40).map(|ix| (format!("a{ix}"), json!({"allOf": [next(ix), next(ix)]})));
    let defs: serde_json::Map<String, serde_json::Value> = links.chain([("a40".to_owned(), json!({}))]).collect();
    let document = json!({
        "id": "w", "input_schema": {"$defs": defs, "$ref": "#/$defs/a0"},
        "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []
    });
    std::thread::scope(|scope| {
        let hostile: Vec<_> = (0..2).map(|_| scope.spawn(|| dev.post("/v1/workflows/validate", &document))).collect();
        assert!(dev.request("GET /health HTTP/1.1\r\nHost: localhost", "").starts_with("HTTP/1.1 200"));
        for one in hostile {
            assert_eq!(one.join().unwrap()["valid"], false);
        }
    });
    dev.stop();
}

#[test]
fn a_document_whose_javascript_does_not_parse_is_refused_and_one_that_lacks_a_secret_is_warned_of() {
    let home = Home::new();
    let dev = Dev::start(&home);
    let mut document = asks();
    document["nodes"][2]["config"]["code"] = "return 1 +* 2".into();
    let checked = dev.post("/v1/workflows/validate", &document);
    assert_eq!((&checked["valid"], &checked["errors"][0]["path"]), (&json!(false), &json!("/nodes/2/config/code")));
    assert!(checked["errors"][0]["message"].as_str().unwrap().contains("line 1, column 11"), "{checked}");
    let refused = dev.post("/v1/workflows", &document);
    assert_eq!(
        (&refused["code"], &refused["errors"][0]["code"]),
        (&json!("invalid_workflow"), &json!("invalid_config"))
    );
    document["nodes"][2] = json!({"id": "done", "type": "http_request",
        "config": {"url": "https://a.example", "headers": {"Authorization": "{{ secrets.KEY }}"}}});
    let saved = dev.post("/v1/workflows", &document);
    let warned = saved["warnings"].as_array().unwrap().iter().any(|warning| warning["code"] == "missing_secret");
    assert!(saved["version"] == 1 && warned, "{saved}");
    dev.stop();
}

#[test]
fn a_port_in_use_is_told_as_such() {
    let (home, other) = (Home::new(), Home::new());
    let dev = Dev::start(&home);
    let port = dev.address.rsplit_once(':').unwrap().1;
    let told = other.run(&["dev", "--port", port]).exits(2);
    assert!(told.err.contains(&format!("port {port} is in use")), "{told:?}");
    let told = home.run(&["dev", "--port", "0"]).exits(2);
    assert!(told.err.contains("in use by process"), "{told:?}");
    dev.stop();
}

#[test]
fn doctor_finds_a_set_up_sound() {
    let home = Home::new();
    let told = home.run(&["doctor", "--json"]).exits(0);
    assert_eq!(told.json()["ok"], true);
    assert!(!home.path(".stepwell").exists(), "a check leaves nothing behind");
    home.run(&["doctor", "--http-allow", "10.0.0.0/99"]).exits(1);
    home.say(&["secret", "set", "A"], "x").exits(0);
    std::fs::write(home.path(".stepwell/stepwell.db"), "this is no database, and long enough to be seen as none")
        .unwrap();
    let told = home.run(&["doctor"]).exits(1);
    assert!(told.out.contains("fail"), "{told:?}");
}
