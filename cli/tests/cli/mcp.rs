//! `stepwell mcp`: what an agent gets that sends something else than messages.

use crate::support::Home;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::Stdio,
};

const BEGIN: &str = r#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
"capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}"#;

fn begin() -> String {
    BEGIN.replace('\n', " ") + "\n"
}

#[test]
fn a_line_that_is_no_json_is_answered_and_the_next_request_too() {
    let home = Home::new();
    let mut child = home.command(&["mcp"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write!(stdin, "{{\"jsonrpc\": \n{}", begin()).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(2);
    let mut told: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    // The error is ready at once, and the answer comes from the host.
    told.sort_by_key(|one| one.get("id").is_some());
    assert_eq!((told.len(), &told[0]["error"]["code"]), (2, &json!(-32700)), "{told:?}");
    assert!(told[0].get("id").is_none() && told[1]["result"]["serverInfo"].is_object(), "{told:?}");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_was_asked_before_the_end_of_the_input_is_answered() {
    let home = Home::new();
    let told = home.say(&["mcp"], &begin()).exits(0);
    assert_eq!(told.json()["id"], 1, "{told:?}");
    // Messages that come at once keep their order, without which the second request is answered to nobody.
    let more = r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#;
    let asks = r#"{"jsonrpc": "2.0", "id": 2, "method": "tools/list"}"#;
    let told = home.say(&["mcp"], &format!("{}{more}\n{asks}\n", begin())).exits(0);
    let ids: Vec<Value> =
        told.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert_eq!(ids, [1, 2], "{told:?}");
    // A client that leaves out the notification, and the end of the last line, is answered too.
    for end in ["\n", ""] {
        let told = home.say(&["mcp"], &format!("{}{asks}{end}", begin())).exits(0);
        let ids: Vec<Value> =
            told.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
        assert_eq!(ids, [1, 2], "{told:?}");
    }
    let told = home.say(&["mcp"], "no JSON\n").exits(0);
    assert_eq!(told.json()["error"]["code"], -32700, "{told:?}");
}

/// Answers whatever is asked with 401, as a host does that does not know the token.
fn turns_away() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 8192];
            let _ = stream.read(&mut head);
            let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn a_host_that_refuses_and_one_that_is_not_there_are_told_to_the_agent_and_to_its_user() {
    let home = Home::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for port in [turns_away(), nobody] {
        let url = format!("http://127.0.0.1:{port}");
        let args = ["--url", &url, "--token", "bad", "mcp"];
        for _ in 0..8 {
            // The input closes at once.
            let told = home.say(&args, &begin()).exits(1);
            assert_eq!((&told.json()["id"], &told.json()["error"]["code"]), (&json!(1), &json!(-32603)), "{told:?}");
            assert!(told.err.contains("the host cannot be asked") && told.err.contains("--token"), "{told:?}");
        }
        // The input stays open.
        let mut child = home.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(begin().as_bytes()).unwrap();
        let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["error"]["code"], json!(-32603));
        assert_eq!(child.wait().unwrap().code(), Some(1));
        drop(stdin);
    }
}
