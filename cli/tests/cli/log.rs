//! Tests of what `stepwell dev` says of itself and of the executions that it runs.

use crate::support::{Home, signal, until};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::Child,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

/// A server whose stderr is read as it comes.
struct Heard {
    child: Child,
    address: String,
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Heard {
    fn start(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = home.command(&["dev", "--port", "0"]);
        let mut child = command.args(args).envs(variables.iter().copied()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("stepwell listens on http://").unwrap().to_owned();
        let (err, lines) = (child.stderr.take().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let kept = lines.clone();
        let reader = std::thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line));
        });
        Self { child, address, lines, reader }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close");
        write!(stream, "{head}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Starts an inline document, and waits until it ends or waits for a person.
    fn execute(&self, document: &Value) -> Value {
        self.post("/v1/executions?wait=20", &json!({ "workflow": document }))
    }

    fn stop(mut self) -> Vec<String> {
        signal(&self.child, "-TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.reader.join().unwrap();
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

/// The lines of an execution, parsed.
fn of(lines: &[String], id: &Value) -> Vec<Value> {
    let all =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    all.filter(|line| line["execution"] == *id).collect()
}

fn words(lines: &[Value]) -> Vec<(&str, &str)> {
    lines.iter().map(|line| (line["level"].as_str().unwrap(), line["message"].as_str().unwrap())).collect()
}

/// Fails once for good after two attempts, which `error` handles; waits; asks; warns; ends.
fn eventful() -> Value {
    json!({"id": "eventful", "settings": {"on_condition_error": "default"},
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "flaky", "type": "code", "config": {"code": "throw new Error('out of paper')"},
             "retry": {"max_attempts": 2, "initial_seconds": 0.01}},
            {"id": "value", "type": "code", "config": {"code": "return {private: 'MARK-OUTPUT'}"}},
            {"id": "nap", "type": "wait", "config": {"seconds": 0.01}},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "MARK-QUESTION?"}},
            {"id": "done", "type": "succeed"}, {"id": "not", "type": "succeed"}],
        "edges": [
            {"from": "start", "to": "flaky"}, {"from": "flaky", "to": "value", "port": "error"},
            {"from": "value", "to": "nap"}, {"from": "value", "to": "not", "condition": "output.missing > 1"},
            {"from": "nap", "to": "ok"}, {"from": "ok", "to": "done"}, {"from": "ok", "to": "not", "port": "rejected"}]})
}

#[test]
fn starts_ends_waits_retries_failures_and_warnings_are_logged_with_ids() {
    let home = Home::new();
    let heard = Heard::start(&home, &[], &[]);
    let asked = heard.execute(&eventful());
    let id = &asked["execution_id"];
    assert_eq!(asked["status"], "waiting_human", "{asked}");
    home.run(&["answer", id.as_str().unwrap(), "--approve", "--comment", "MARK-COMMENT"]).exits(0);
    until("it completes", || home.run(&["show", id.as_str().unwrap(), "--json"]).json()["status"] == "completed");
    let lines = heard.stop();
    let told = of(&lines, id);
    assert_eq!(
        words(&told),
        [
            ("INFO", "execution started"),
            ("WARN", "attempt failed, tried again"),
            ("WARN", "node failed"),
            ("WARN", "warning"),
            ("INFO", "node waits"),
            ("INFO", "person asked"),
            ("INFO", "question answered"),
            ("INFO", "execution completed"),
        ]
    );
    assert_eq!((&told[0]["workflow"], &told[0]["by"]), (&json!("eventful"), &json!("me@example.com")));
    let failed = &told[2];
    assert_eq!(
        (&failed["node"], &failed["attempt"], &failed["code"]),
        (&json!("flaky"), &json!(2), &json!("code_error"))
    );
    assert!(failed["error"].as_str().unwrap().contains("out of paper"), "{failed}");
    assert!(told[7]["seconds"].as_f64().is_some(), "{}", told[7]);
    assert_eq!(told[6]["interaction"], told[5]["interaction"]);
    for private in ["MARK-OUTPUT", "MARK-QUESTION", "MARK-COMMENT"] {
        assert!(!lines.iter().any(|line| line.contains(private)), "{private} is in the log: {lines:#?}");
    }
}

#[test]
fn a_failed_execution_is_one_warning_and_no_secret_is_in_it() {
    let home = Home::new();
    home.say(&["secret", "set", "KEY", "--host", "127.0.0.1"], "s3cret-value").exits(0);
    let echo = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = echo.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in echo.incoming().flatten() {
            let mut head = [0; 4096];
            // A client may open a connection and use another: nothing comes on it.
            let count = stream.read(&mut head).unwrap_or(0);
            let body = String::from_utf8_lossy(&head[..count]).into_owned();
            let _ =
                write!(stream, "HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let heard = Heard::start(&home, &["--http-allow", &format!("127.0.0.1:{port}")], &[]);
    let config = json!({"url": format!("http://127.0.0.1:{port}/"), "headers": {"Authorization": "{{ secrets.KEY }}"}});
    let ended = heard.execute(&json!({"id": "calls", "nodes": [
        {"id": "start", "type": "manual_trigger"}, {"id": "call", "type": "http_request", "config": config}],
        "edges": [{"from": "start", "to": "call"}]}));
    assert_eq!(ended["status"], "failed", "{ended}");
    let lines = heard.stop();
    let told = of(&lines, &ended["execution_id"]);
    assert_eq!(words(&told), [("INFO", "execution started"), ("WARN", "execution failed")]);
    assert_eq!((&told[1]["node"], &told[1]["code"]), (&json!("call"), &json!("unexpected_status")));
    assert!(!lines.iter().any(|line| line.contains("s3cret-value")), "{lines:#?}");
}

#[test]
fn children_are_told_only_to_those_who_look_closely() {
    let home = Home::new();
    let maps = json!({"id": "maps", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1, 2, 3]", "body": {
            "nodes": [{"id": "one", "type": "transform", "config": {"expression": "item"}}]}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let heard = Heard::start(&home, &[], &[]);
    let ended = heard.execute(&maps);
    let lines = heard.stop();
    let told = of(&lines, &ended["execution_id"]);
    let whole = ["execution started", "node starts children", "execution completed"];
    assert_eq!(words(&told), whole.map(|message| ("INFO", message)));
    assert_eq!(lines.iter().filter(|line| line.contains("\"execution started\"")).count(), 1, "{lines:#?}");
    let heard = Heard::start(&home, &["--log-format", "json"], &[("RUST_LOG", "warn,stepwell::executions=debug")]);
    heard.execute(&maps);
    let closely = heard.stop();
    assert_eq!(closely.iter().filter(|line| line.contains("\"execution started\"")).count(), 4, "{closely:#?}");
    let heard = Heard::start(&home, &[], &[("RUST_LOG", "warn")]);
    heard.execute(&maps);
    assert_eq!(heard.stop(), [""; 0], "RUST_LOG says how much is logged");
}

#[test]
fn the_banner_tells_address_folder_version_user_and_what_to_do_next() {
    let home = Home::new();
    let heard = Heard::start(&home, &["--log-format", "text"], &[]);
    let ended = heard.execute(&json!({"id": "w", "nodes": [{"id": "start", "type": "manual_trigger"}]}));
    let address = heard.address.clone();
    let lines = heard.stop();
    let text = lines.join("\n");
    let folder = home.path(".stepwell").canonicalize().unwrap();
    let facts =
        [folder.to_str().unwrap(), env!("CARGO_PKG_VERSION"), "me@example.com, signed in", "stepwell inbox", &address];
    for fact in facts {
        assert!(text.contains(fact), "the banner lacks {fact}:\n{text}");
    }
    let id = ended["execution_id"].as_str().unwrap();
    let started = lines.iter().find(|line| line.contains("execution started")).unwrap();
    let (_, rest) = started.split_once("Z ").unwrap();
    assert!(rest.starts_with("INFO  execution started") && rest.contains(&format!("execution={id}")), "{started}");
    assert!(!text.contains('\x1b'), "no colours where stderr is no terminal: {text}");
}

#[test]
fn where_programs_read_the_log_the_banner_is_a_line_of_it() {
    let home = Home::new();
    home.run(&["token", "create", "--name", "t", "--subject", "me@example.com", "--scopes", "read"]).exits(0);
    for (args, variable) in
        [(&["--log-format", "json"][..], "text"), (&[][..], "JSON"), (&[][..], "auto"), (&[][..], "")]
    {
        let heard = Heard::start(&home, args, &[("STEPWELL_LOG_FORMAT", variable)]);
        let address = heard.address.clone();
        let lines = heard.stop();
        let all: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let serving = all.iter().find(|line| line["message"] == "serving").unwrap();
        assert_eq!(serving["url"], format!("http://{address}"));
        assert_eq!((&serving["user"], &serving["signed_in"]), (&json!("me@example.com"), &json!(false)));
        assert!(all.iter().any(|line| line["message"].as_str().unwrap().starts_with("stopping")), "{lines:?}");
    }
    let told = home.command(&["dev", "--port", "0"]).env("STEPWELL_LOG_FORMAT", "xml").output().unwrap();
    assert_eq!(told.status.code(), Some(2), "a form that nobody knows is a mistake");
    home.run(&["dev", "--log-format", "xml"]).exits(2);
}
