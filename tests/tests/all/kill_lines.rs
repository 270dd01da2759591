//! `kill -9` of `stepwell dev` while messages of one session wait for each other: each that was taken is answered, one at a
//! time and in the order in which they came.

use crate::binary::{Dev, Folder, SOON};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};
use stepwell_tests::rng::Rng;

const KILLS: usize = 12;
/// Messages of each life of the process, which come at once.
const SAID: usize = 3;
/// Between what is said and the kill, in milliseconds: one message takes longer than the shortest, and all of a life longer
/// than the longest.
const LIVES: (usize, usize) = (100, 600);

fn chat() -> Value {
    json!({"id": "slow", "settings": {"overlap": "queue"},
        "nodes": [{"id": "said", "type": "chat_trigger"}, {"id": "pause", "type": "wait", "config": {"seconds": 0.2}},
            {"id": "reply", "type": "transform", "config": {"expression": "{'text': 'Heard ' + input.message}"}}],
        "edges": [{"from": "said", "to": "pause"}, {"from": "pause", "to": "reply"}]})
}

/// Says so many things at once, whose answers nobody lives to see.
fn say(dev: &Dev, life: usize) {
    let port = dev.port;
    for number in 0..SAID {
        thread::spawn(move || {
            let body = json!({"message": format!("{life}.{number}"), "session_id": "s"}).to_string();
            let head = "POST /v1/chat/slow HTTP/1.1\r\ncontent-type: application/json";
            drop(crate::binary::send(port, head, body.as_bytes()));
        });
    }
}

fn conversation(dev: &Dev) -> Vec<Value> {
    let (status, body) = dev.call("GET", "/v1/chat/slow/s?limit=100", &Value::Null);
    if status == 404 { Vec::new() } else { body["items"].as_array().unwrap().clone() }
}

/// When an execution began to run and when it ended.
fn ran(dev: &Dev, id: &str) -> (String, String) {
    let history = dev.get(&format!("/v1/executions/{id}/history"));
    let turns = history["history"].as_array().unwrap();
    let begins =
        |turn: &&Value| turn["events"].as_array().unwrap().iter().any(|event| event["type"] == "node_triggered");
    let at = |turn: &Value| turn["timestamp"].as_str().unwrap().to_owned();
    (turns.iter().find(begins).map(at).unwrap(), at(&turns[turns.len() - 1]))
}

#[test]
fn messages_that_wait_are_answered_in_their_order_however_often_the_process_dies() {
    let folder = Folder::new("kill-lines");
    let data = folder.data();
    let mut rng = Rng::new(23, 1);
    let mut waited = 0;
    for life in 0..=KILLS {
        let dev = Dev::start(&data, &[]);
        if life == 0 {
            let (status, body) = dev.call("POST", "/v1/workflows", &chat());
            assert_eq!(status, 201, "{body}");
        }
        if life < KILLS {
            say(&dev, life);
            thread::sleep(Duration::from_millis(rng.between(LIVES.0, LIVES.1) as u64));
            waited = waited.max(conversation(&dev).iter().filter(|one| one["status"] == "pending").count());
            dev.kill_now();
            continue;
        }
        let deadline = Instant::now() + SOON;
        let all = loop {
            let all = conversation(&dev);
            if all.iter().all(|one| one["status"] == "completed") {
                break all;
            }
            let under_way = |one: &&Value| ["running", "waiting"].iter().any(|status| one["status"] == *status);
            assert!(all.iter().filter(under_way).count() <= 1, "{all:?}");
            assert!(Instant::now() < deadline, "{all:?}");
            thread::sleep(Duration::from_millis(20));
        };
        assert!(all.len() >= KILLS / 2 && waited > 0, "{} messages, {waited} of which waited at once", all.len());
        let spans: Vec<_> = all.iter().map(|one| ran(&dev, one["execution_id"].as_str().unwrap())).collect();
        for (at, one) in all.iter().enumerate() {
            assert_eq!(one["text"], format!("Heard {}", one["message"].as_str().unwrap()), "{one}");
            assert!(at == 0 || spans[at - 1].1 <= spans[at].0, "{} began before its turn: {spans:?}", one["message"]);
        }
        dev.kill();
    }
}
