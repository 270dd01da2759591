//! `kill -9` of `stepwell dev` in the middle of an attempt that may run only once.

use crate::binary::{Dev, Folder, SOON};
use serde_json::json;
use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// A server that takes every request and answers none. Each request is told, with its connection.
fn silent() -> (u16, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            if stream.read(&mut [0; 1]).is_ok_and(|bytes| bytes > 0) && tell.send(stream).is_err() {
                return;
            }
        }
    });
    (port, told)
}

#[test]
fn an_attempt_that_may_run_only_once_is_not_run_again_after_a_kill() {
    let (folder, (port, requests)) = (Folder::new("kill-once"), silent());
    let (data, allow) = (folder.data(), format!("127.0.0.1:{port}"));
    let args = ["--http-allow", allow.as_str()];
    let pay = json!({"id": "pay", "type": "http_request", "delivery": "at_most_once", "timeout_seconds": 1,
        "retry": {"max_attempts": 3}, "config": {"method": "POST", "url": format!("http://{allow}/pay")}});
    let document = json!({"id": "pays", "nodes": [{"id": "start", "type": "manual_trigger"}, pay],
        "edges": [{"from": "start", "to": "pay"}]});
    let dev = Dev::start(&data, &args);
    let (status, started) = dev.call("POST", "/v1/executions", &json!({"workflow": document, "input": {}}));
    assert_eq!(status, 202, "{started}");
    let id = started["execution_id"].as_str().unwrap();
    let request = requests.recv_timeout(SOON).unwrap();
    dev.kill();
    drop(request);
    // A restart finds the intent and waits for its deadline; another one changes nothing about that.
    let dev = Dev::start(&data, &args);
    assert_eq!(dev.get(&format!("/v1/executions/{id}"))["status"], "running");
    dev.kill();
    let dev = Dev::start(&data, &args);
    let ended = dev.until(id, &["failed", "completed"]);
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("failed"), &json!("outcome_unknown")), "{ended}");
    assert_eq!(ended["error"]["attempt"], 1, "{ended}");
    assert!(requests.try_recv().is_err(), "the call was made again");
    let history = dev.get(&format!("/v1/executions/{id}/history"));
    let events = history["history"].as_array().unwrap().iter().flat_map(|turn| turn["events"].as_array().unwrap());
    let count = |name: &str| events.clone().filter(|event| event["type"] == name).count();
    assert_eq!((count("attempt_intended"), count("node_failed"), count("attempt_failed")), (1, 1, 0), "{history}");
}
