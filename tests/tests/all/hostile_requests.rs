//! Clients that mean harm: what they send and what they do not, each its problem, and the others are served meanwhile.

use crate::{
    binary::{Dev, Folder, SOON, send, stepwell},
    hostile::{deep, over, start},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const NONE: Value = Value::Null;

fn document(nodes: usize) -> Value {
    let step = |n: usize| json!({"id": format!("n{n}"), "type": "transform", "config": {"expression": "1"}});
    let trigger = json!({"id": "start", "type": "manual_trigger"});
    let edges: Vec<_> = (1..nodes).map(|n| json!({"from": "start", "to": format!("n{n}")})).collect();
    let all: Vec<_> = [trigger].into_iter().chain((1..nodes).map(step)).collect();
    json!({"id": "w", "nodes": all, "edges": edges})
}

fn computing(expression: &str) -> Value {
    let mut document = document(2);
    document["nodes"][1]["config"]["expression"] = json!(expression);
    document
}

/// Nothing of what was refused is on the disk.
fn nothing_is_recorded(folder: &Folder) {
    let db = rusqlite::Connection::open(folder.data().join("stepwell.db")).unwrap();
    for table in ["executions", "turns", "workflows", "documents", "queue", "interactions", "blobs", "timers"] {
        let rows: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[test]
fn no_body_is_too_strange_to_be_refused() {
    let folder = Folder::new("bodies");
    let dev = Dev::start(&folder.data(), &[]);
    let with = |input: &str| format!("{{\"workflow\": {}, \"input\": {input}}}", document(2)).into_bytes();
    let mut large = with("\"\"");
    large.resize(6 * 1024 * 1024 + 1, b' ');
    let json = "application/json";
    let bodies: [(&str, Vec<u8>, u16, &str); 16] = [
        (json, with(&deep(1_000)), 400, "invalid_json"),
        (json, with(&deep(120)), 400, "invalid_json"),
        (json, with(&"{\"a\":".repeat(100_000)), 400, "invalid_json"),
        (json, large, 413, "too_large"),
        (json, [with("1"), with("2")].concat(), 400, "invalid_json"),
        (json, b"{\"workflow\": {}, \"workflow\": {}}".to_vec(), 422, "duplicate_key"),
        (json, with("\"\u{0}\""), 400, "invalid_json"),
        (json, with("NaN"), 400, "invalid_json"),
        (json, with("-Infinity"), 400, "invalid_json"),
        (json, with(&"9".repeat(10_000)), 400, "invalid_json"),
        (json, with("\"\\ud800\""), 400, "invalid_json"),
        (json, b"{\"workflow\": \"\xc3\x28\"}".to_vec(), 400, "invalid_json"),
        (json, Vec::new(), 400, "invalid_json"),
        (json, b"\xef\xbb\xbf{}".to_vec(), 400, "invalid_json"),
        ("application/x-www-form-urlencoded", b"workflow=1".to_vec(), 415, "unsupported_media_type"),
        ("application/jsonp", with("1"), 415, "unsupported_media_type"),
    ];
    for (kind, body, status, code) in bodies {
        let head = format!("POST /v1/executions HTTP/1.1\r\ncontent-type: {kind}");
        let answer = send(dev.port, &head, &body).unwrap();
        let start = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{start}");
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{start}: {}", answer.text());
        assert!(answer.body.len() < 2_000, "{start}: {}", answer.text());
    }
    nothing_is_recorded(&folder);
    let small = format!("0.{}", "1".repeat(10_000));
    let answer = send(dev.port, "POST /v1/executions HTTP/1.1\r\ncontent-type: application/json", &with(&small));
    assert_eq!(answer.unwrap().status, 202, "a long number that is one");
    assert!(dev.peak() < 100 * 1024, "{} KiB", dev.peak());
}

#[test]
fn no_document_is_too_strange_to_be_refused() {
    let folder = Folder::new("documents");
    let dev = Dev::start(&folder.data(), &[]);
    let mut cyclic = document(3);
    cyclic["edges"] = json!([{"from": "start", "to": "n1"}, {"from": "n1", "to": "n2"}, {"from": "n2", "to": "n1"}]);
    let mut many = document(2);
    many["edges"] = json!(vec![json!({"from": "start", "to": "n1"}); 10_001]);
    let mut named = document(2);
    named["nodes"][1]["id"] = json!("x".repeat(1_000_000));
    let documents = [
        (document(2_001), "schema"),
        (many, "schema"),
        (named, "schema"),
        (json!([]), "schema"),
        (json!({"id": "w", "nodes": {"a": 1}, "edges": "no"}), "schema"),
        (cyclic, "cycle_without_loop"),
        (computing(&"(".repeat(2_000)), "invalid_cel"),
        (computing(&format!("1{}", "+1".repeat(5_000))), "invalid_cel"),
        (computing(&format!("{}1", "[1].map(x,".repeat(200))), "invalid_cel"),
        (computing("'a'.matches('(((a{1000}){1000}){1000})')"), "invalid_cel"),
        (computing("\u{0}"), "invalid_cel"),
    ];
    for (document, code) in documents {
        let shown = document.to_string().chars().take(200).collect::<String>();
        let (status, checked) = dev.call("POST", "/v1/workflows/validate", &document);
        assert_eq!((status, &checked["valid"]), (200, &json!(false)), "{shown}: {checked}");
        let has = |issues: &Value| issues.as_array().unwrap().iter().any(|issue| issue["code"] == code);
        assert!(has(&checked["errors"]), "{shown}: {checked}");
        let answer = dev.try_call("POST", "/v1/executions", &[], &json!({"workflow": document})).unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("invalid_workflow")), "{shown}");
        assert!(has(&answer.json()["errors"]), "{shown}: {}", answer.text());
    }
    nothing_is_recorded(&folder);
    let list = (0..6).fold("0".to_owned(), |inner, n| format!("lists.range(100).map(v{n}, {inner})"));
    let greedy = [
        (list.as_str(), "expression_limit"),
        ("lists.range(9223372036854775807)", "expression_limit"),
        ("9223372036854775807 + 1", "evaluation_error"),
        ("1 / (input.x + 0)", "evaluation_error"),
    ];
    for (expression, code) in greedy {
        let execution = over(&dev, &start(&dev, &computing(expression)));
        assert_eq!(
            (&execution["status"], &execution["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{expression}"
        );
    }
    assert_eq!(over(&dev, &start(&dev, &document(2_000)))["status"], "completed", "the largest that is allowed");
    assert!(dev.peak() < 300 * 1024, "{} KiB", dev.peak());
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// Everything until the other side closes; what breaks the connection closes it too.
fn rest(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_head_is_too_strange_to_be_refused() {
    let folder = Folder::new("heads");
    let dev = Dev::start(&folder.data(), &[]);
    let host = "host: localhost\r\n";
    let many: String = (0..10_000).map(|n| format!("x-{n}: y\r\n")).collect();
    // Of a long URL either the line (414) or the whole head (431) may be found too long first.
    let heads = [
        (format!("GET /{} HTTP/1.1\r\n{host}\r\n", "x".repeat(100_000)), "4"),
        (format!("GET /{} HTTP/1.1\r\n{host}\r\n", "x".repeat(1_000_000)), "4"),
        (format!("GET / HTTP/1.1\r\n{host}x: {}\r\n\r\n", "y".repeat(1_000_000)), "431"),
        (format!("GET / HTTP/1.1\r\n{host}{many}\r\n"), "431"),
        (format!("GET / HTTP/9.9\r\n{host}\r\n"), "400"),
        (format!("GET  /  HTTP/1.1\r\n{host}\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\n{host}no colon\r\n\r\n"), "400"),
        (format!("POST / HTTP/1.1\r\n{host}content-length: -1\r\n\r\n"), "400"),
        (format!("POST / HTTP/1.1\r\n{host}content-length: 1\r\ncontent-length: 2\r\n\r\n"), "400"),
        ("\u{16}\u{3}\u{1} this is TLS\r\n\r\n".to_owned(), "400"),
        ("\r\n".repeat(100_000), "431"),
    ];
    for (head, code) in heads {
        let mut stream = connect(dev.port);
        // It may be refused, and the connection closed, before it is sent whole.
        let _ = stream.write_all(head.as_bytes());
        let answer = rest(&stream);
        // Where the rest of a head comes after the answer, its connection is reset, and the answer may be lost.
        let lost = head.len() > 60_000 && answer.is_empty();
        let shown = head.chars().take(60).collect::<String>();
        assert!(lost || answer.starts_with(&format!("HTTP/1.1 {code}")), "{shown}: {answer}");
    }
    // What still fits in the connection's buffer is told.
    let mut stream = connect(dev.port);
    let large = format!("GET /health HTTP/1.1\r\n{host}connection: close\r\nx: {}\r\n\r\n", "y".repeat(65_536));
    stream.write_all(large.as_bytes()).unwrap();
    let answer = rest(&stream);
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("head_too_large"), "{answer}");
    let mut stream = connect(dev.port);
    let piped = format!("GET /health HTTP/1.1\r\n{host}\r\n").repeat(3) + "garbage\r\n\r\n";
    stream.write_all(piped.as_bytes()).unwrap();
    let answers = rest(&stream);
    assert_eq!((answers.matches("HTTP/1.1 200").count(), answers.matches("HTTP/1.1 400").count()), (3, 1), "{answers}");
    assert_eq!(dev.get("/health")["status"], "ok");
    assert!(dev.peak() < 100 * 1024, "{} KiB", dev.peak());
}

/// Lets this process have as many files open as it may.
fn open_many() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

#[test]
fn no_client_holds_a_connection_that_it_does_not_use() {
    open_many();
    let folder = Folder::new("idle");
    // As most systems start a process.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -Sn 1024 && exec \"$0\" \"$@\""]).arg(stepwell());
    let dev = Dev::start_by(limited, &folder.data(), &[]);
    let waits = json!({"id": "s", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "w", "type": "wait", "config": {"event": "go"}}], "edges": [{"from": "start", "to": "w"}]});
    let id = start(&dev, &waits);
    let stream = connect(dev.port);
    write!(&stream, "GET /v1/executions/{id}/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let announced = connect(dev.port);
    let head = "POST /v1/executions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    write!(&announced, "{head}content-length: 1000\r\n\r\n{{").unwrap();
    let idle: Vec<_> = (0..2_000).map(|_| connect(dev.port)).collect();
    let slow = connect(dev.port);
    let dripping = thread::spawn({
        let mut slow = slow.try_clone().unwrap();
        move || {
            let head = b"GET /health HTTP/1.1\r\nhost: localhost\r\nx: ".iter().chain(std::iter::repeat(&b'y'));
            // An error is what is hoped for: the connection was closed.
            for byte in head {
                if slow.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    });
    let code = computing("1 + 1");
    let mut served = 0;
    let begun = Instant::now();
    let closed = thread::spawn(move || (rest(&slow), idle.iter().map(rest).collect::<String>()));
    // Meanwhile others are served, and nodes have the files that they need.
    while !closed.is_finished() {
        assert!(begun.elapsed() < SOON, "the connections are never closed");
        assert_eq!(over(&dev, &start(&dev, &code))["output"], 2);
        served += 1;
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(closed.join().unwrap(), (String::new(), String::new()));
    dripping.join().unwrap();
    assert!(served > 0);
    let answer = rest(&announced);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"body_timeout\""), "{answer}");
    // A stream that is silent for longer than a head may take is still there.
    assert_eq!(dev.call("POST", &format!("/v1/executions/{id}/signals/go"), &json!({"data": 1})).0, 200);
    let events = rest(&stream);
    assert!(events.contains("event: execution_started") && events.contains("event: end"), "{events}");
    assert!(dev.peak() < 150 * 1024, "{} KiB", dev.peak());
    let open = std::fs::read_dir(format!("/proc/{}/fd", dev.pid())).unwrap().count();
    assert!(open < 100, "{open} files are open");
    assert_eq!(dev.call("GET", "/health", &NONE).0, 200);
}
