//! Tests of the end of `stepwell dev`.

use crate::support::{Home, signal, until};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

#[test]
fn a_start_that_waits_gets_its_id_when_the_host_stops() {
    let home = Home::new();
    let mut child = home.spawn(&["dev", "--port", "0"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("stepwell listens on http://").unwrap();
    let waits = json!({"id": "s", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "w", "type": "wait", "config": {"event": "go"}}], "edges": [{"from": "start", "to": "w"}]});
    let body = json!({"workflow": waits}).to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = "POST /v1/executions?wait=25 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    until("it waits", || home.run(&["ls", "--json"]).exits(0).out.contains("\"waiting\""));
    let begun = Instant::now();
    signal(&child, "-TERM");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let accepted: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // It was durable, and goes on with the next host.
    assert_eq!(home.run(&["show", accepted["execution_id"].as_str().unwrap(), "--json"]).json()["status"], "waiting");
}
