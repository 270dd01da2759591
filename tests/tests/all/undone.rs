//! Compensation under faults: whatever breaks, each charge is refunded once, under one idempotency key.

use engine::port::Delivers;
use serde_json::{Value, json};
use stepwell_core::execution::Status;
use stepwell_tests::{
    generate::Case,
    sim::{Fate, Faults, Run, delivers},
};

/// A node that charges, and refunds under an address of the same name. `{}` in the name is a template.
fn charge(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "http_request", "config": {"method": "POST", "url": format!("https://x.example/{name}/charge")},
        "compensate": {"type": "http_request", "config": {"method": "POST", "url": format!("https://x.example/{name}/refund")}}})
}

/// A node that is refused for good, after which everything is undone.
fn refused() -> Value {
    json!({"id": "last", "type": "http_request", "on_error": "rollback", "retry": {"max_attempts": 1},
        "config": {"url": "https://x.example/refused"}})
}

fn chain(nodes: Vec<Value>) -> Case {
    let mut all = vec![json!({"id": "start", "type": "manual_trigger"})];
    all.extend(nodes);
    let names: Vec<&str> = all.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let edges: Vec<Value> = names.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    Case { document: json!({"id": "saga", "nodes": all, "edges": edges}), saved: Vec::new(), input: json!({}) }
}

fn map(id: &str, items: &str, at_once: u32, body: &Value) -> Value {
    json!({"id": id, "type": "map", "config": {"items": items, "max_concurrency": at_once,
        "body": {"nodes": body, "edges": []}}})
}

fn cases() -> Vec<(&'static str, Case)> {
    let each = |at_once| map("each", "['x', 'y', 'z']", at_once, &json!([charge("pay", "{{ item }}")]));
    let inner = map("inner", "['i']", 1, &json!([charge("deep", "deep")]));
    let deep = map("outer", "['o', 'p']", 2, &json!([inner]));
    let wait = json!({"id": "rest", "type": "wait", "config": {"seconds": 5}});
    vec![
        ("chain", chain(vec![charge("a", "a"), wait, charge("b", "b"), refused()])),
        ("map", chain(vec![charge("a", "a"), each(1), refused()])),
        ("map at once", chain(vec![each(3), charge("b", "b"), refused()])),
        ("three deep", chain(vec![charge("a", "a"), deep, refused()])),
    ]
}

/// Every charge has its refund: as many keys came to one address as to the other.
fn is_balanced(run: &Run, about: &str) {
    let keys = run.host.world().outside.keys();
    let charges: Vec<(&str, usize)> =
        keys.iter().filter_map(|(address, count)| Some((address.strip_suffix("/charge")?, *count))).collect();
    assert!(!charges.is_empty(), "{about}: nothing was charged");
    for (name, count) in charges {
        assert_eq!(keys.get(&format!("{name}/refund")), Some(&count), "{about}: refunds of {name} in {keys:?}");
    }
}

fn expected() -> Fate {
    Fate { status: Status::Failed, output: Value::Null, code: Some("http_status".into()) }
}

#[test]
fn every_call_fails_once_and_the_ledger_is_balanced() {
    for (name, case) in cases() {
        for delivers in [Delivers::AfterCommit, Delivers::InCommit] {
            let mut calm = Run::new(&case, 0, Faults::default(), delivers);
            assert_eq!(calm.finish().unwrap_or_else(|error| panic!("{name}: {error}")), expected(), "{name}");
            is_balanced(&calm, name);
            let calls = calm.host.world().calls;
            for (at, after) in (1..=calls).flat_map(|at| [(at, false), (at, true)]) {
                let about = format!("{name}, call {at}, after {after}, {delivers:?}");
                let faults = Faults { at_call: Some((at, after)), ..Faults::default() };
                let mut run = Run::new(&case, 0, faults, delivers);
                let fate = run.finish().unwrap_or_else(|error| panic!("{about}: {error}"));
                assert_eq!(fate, expected(), "{about}");
                is_balanced(&run, &about);
            }
        }
    }
}

#[test]
fn under_any_faults_the_ledger_is_balanced() {
    for seed in 0..200 {
        for (name, case) in cases() {
            let about = format!("seed {seed}, {name}");
            let mut run = Run::new(&case, seed, Faults::of(seed), delivers(seed % 2 == 0));
            let fate = run.finish().unwrap_or_else(|error| panic!("{about}: {error}"));
            assert_eq!(fate, expected(), "{about}");
            is_balanced(&run, &about);
        }
    }
}
