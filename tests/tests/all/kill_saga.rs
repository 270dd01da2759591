//! `kill -9` of `stepwell dev` while it charges and while it refunds, over a ledger behind HTTP: whatever was charged is
//! refunded once, under one key.

use crate::binary::{Dev, Folder, Own, SOON};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};
use stepwell_tests::rng::Rng;

/// Items of the map, of which each second fails after it was charged.
const ITEMS: usize = 200;
const KILLS: usize = 12;
/// Between a start and its kill, in milliseconds.
const LIVES: (usize, usize) = (20, 500);

fn charge(own: &Own, id: &str, name: &str) -> Value {
    let to = |what: &str| {
        json!({"type": "http_request", "delivery": "at_least_once", "retry": {"max_attempts": 9, "initial_seconds": 0.05},
            "config": {"method": "POST", "url": own.url(&format!("/{what}/{name}"))}})
    };
    let mut node = to("charge");
    node["id"] = json!(id);
    node["compensate"] = to("refund");
    node
}

/// A flight, then a charge for each of many items, and a step that is refused, so that all of it is undone.
fn saga(own: &Own) -> Value {
    let body = json!({"nodes": [charge(own, "pay", "{{ item }}"),
            {"id": "odd", "type": "branch", "config": {"rules": [{"when": "int(item) % 2 == 1", "port": "odd"}], "default": "even"}},
            {"id": "no", "type": "fail"}],
        "edges": [{"from": "pay", "to": "odd"}, {"from": "odd", "to": "no", "port": "odd"}]});
    let items: Vec<String> = (0..ITEMS).map(|item| item.to_string()).collect();
    json!({"id": "saga", "nodes": [{"id": "start", "type": "manual_trigger"}, charge(own, "flight", "flight"),
            {"id": "each", "type": "map", "config": {"items": json!(items).to_string(), "max_concurrency": 20,
                "tolerated_failures": ITEMS, "body": body}},
            {"id": "last", "type": "http_request", "on_error": "rollback", "retry": {"max_attempts": 1},
                "config": {"url": own.url("/status/422")}}],
        "edges": [{"from": "start", "to": "flight"}, {"from": "flight", "to": "each"},
            {"from": "each", "to": "last"}, {"from": "each", "to": "last", "port": "error"}]})
}

#[test]
fn each_charge_is_refunded_once_however_often_the_process_dies() {
    let (folder, own) = (Folder::new("kill-saga"), Own::start());
    let (data, allow) = (folder.data(), own.allowed());
    let args = ["--http-allow", allow.as_str()];
    let first = Dev::start(&data, &args);
    let (status, body) = first.call("POST", "/v1/workflows", &saga(&own));
    assert_eq!(status, 201, "{body}");
    let (status, body) = first.call("POST", "/v1/workflows/saga/executions", &json!({"input": {}}));
    assert_eq!(status, 202, "{body}");
    let id = body["execution_id"].as_str().unwrap().to_owned();
    let mut rng = Rng::new(13, 1);
    thread::sleep(Duration::from_millis(50));
    first.kill_now();
    for _ in 0..KILLS {
        let dev = Dev::start(&data, &args);
        thread::sleep(Duration::from_millis(rng.between(LIVES.0, LIVES.1) as u64));
        dev.kill_now();
    }
    let dev = Dev::start(&data, &args);
    let deadline = Instant::now() + SOON;
    loop {
        let execution = dev.get(&format!("/v1/executions/{id}"));
        if execution["status"] == "failed" {
            break;
        }
        let goes_on = ["running", "waiting", "rolling_back"].iter().any(|status| execution["status"] == *status);
        assert!(goes_on && Instant::now() < deadline, "{execution}");
        thread::sleep(Duration::from_millis(50));
    }
    dev.kill();
    // What was asked under one key is booked once.
    let mut booked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in own.came() {
        let head = seen.head.to_lowercase();
        if let Some(key) = head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")) {
            booked.entry(seen.path).or_default().insert(key.to_owned());
        }
    }
    let names = (0..ITEMS).map(|item| item.to_string()).chain(["flight".into()]);
    for name in names {
        for what in ["charge", "refund"] {
            let keys = booked.get(&format!("/{what}/{name}")).map_or(0, BTreeSet::len);
            assert_eq!(keys, 1, "{what} of {name}");
        }
    }
}
