//! A small saga over a ledger behind real HTTP, whose process dies once at each of its I/O points: before and after each
//! commit, each delivery and each request. Whatever was charged is refunded once, under one key.
//!
//! The store and the queue are the simulation's, which counts their calls; the requests are made by the nodes of a real host,
//! to a real server. `kill_saga` kills the whole binary, at moments that nobody chooses.

use crate::binary::{Own, Seen};
use engine::port::{Delivers, Runner};
use nodes::{AllowList, Config, Nodes};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use stepwell_core::{status::Status, task::Task};
use stepwell_tests::{
    generate::Case,
    sim::{Faults, Run},
};

/// What is charged, in order.
const CHARGES: [&str; 3] = ["flight", "hotel", "car"];

/// Three charges one after the other, and a step that is refused, so that all of them are undone.
fn saga(own: &Own, run: &str) -> Case {
    let to = |what: &str, name: &str| {
        json!({"type": "http_request", "retry": {"max_attempts": 3, "initial_seconds": 1},
            "config": {"method": "POST", "url": own.url(&format!("/{run}/{what}/{name}"))}})
    };
    let charge = |name: &str| {
        let mut node = to("charge", name);
        node["id"] = json!(name);
        node["compensate"] = to("refund", name);
        node
    };
    let last = json!({"id": "last", "type": "http_request", "on_error": "rollback", "retry": {"max_attempts": 1},
        "config": {"url": own.url("/status/422")}});
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    nodes.extend(CHARGES.iter().map(|name| charge(name)));
    nodes.push(last);
    let edges: Vec<Value> = nodes.windows(2).map(|pair| json!({"from": pair[0]["id"], "to": pair[1]["id"]})).collect();
    Case { document: json!({"id": "saga", "nodes": nodes, "edges": edges}), saved: Vec::new(), input: json!({}) }
}

/// A host of its own for each saga, whose requests go to the ledger.
struct Ledger {
    own: Own,
    runtime: Arc<tokio::runtime::Runtime>,
    nodes: Nodes,
}

impl Ledger {
    fn new() -> Self {
        let own = Own::start();
        let http_allow = AllowList::parse(&own.allowed()).unwrap();
        let nodes = Nodes::new(Config { http_allow, ..Config::default() }).unwrap();
        Self { own, runtime: Arc::new(tokio::runtime::Runtime::new().unwrap()), nodes }
    }

    /// Runs the saga to its end. Returns how many I/O points it had, and how many faults it met.
    fn runs(&self, name: &str, delivers: Delivers, at_call: Option<(u64, bool)>) -> (u64, u64) {
        let case = saga(&self.own, name);
        let mut run = Run::new(&case, 0, Faults { at_call, ..Faults::default() }, delivers);
        let (nodes, runtime) = (self.nodes.clone(), self.runtime.clone());
        let answers = move |task: &Task| {
            let now = document::time::Time(1_800_000_000_000);
            runtime.block_on(nodes.run(task, &move || now))
        };
        run.host.world().answers = Some(Arc::new(answers));
        let fate = run.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fate.status, Status::Failed, "{name}");
        let world = run.host.world();
        (world.calls, world.faults_injected)
    }

    /// The keys under which each place of a saga was asked, in the order in which they came first.
    fn booked(&self, name: &str) -> Vec<(String, BTreeSet<String>)> {
        let mut places: Vec<String> = Vec::new();
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for seen in self.own.came() {
            let Some(place) = seen.path.strip_prefix(&format!("/{name}/")).map(str::to_owned) else { continue };
            if !places.contains(&place) {
                places.push(place.clone());
            }
            keys.entry(place).or_default().insert(key(&seen));
        }
        places.into_iter().map(|place| (place.clone(), keys.remove(&place).unwrap_or_default())).collect()
    }
}

fn key(seen: &Seen) -> String {
    let head = seen.head.to_lowercase();
    head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).expect("each request has a key").to_owned()
}

#[test]
fn each_charge_is_refunded_once_at_whichever_point_the_process_dies() {
    let ledger = Ledger::new();
    let order: Vec<String> = CHARGES
        .iter()
        .map(|name| format!("charge/{name}"))
        .chain(CHARGES.iter().rev().map(|name| format!("refund/{name}")))
        .collect();
    for delivers in [Delivers::InCommit, Delivers::AfterCommit] {
        let (points, _) = ledger.runs(&format!("calm-{delivers:?}"), delivers, None);
        assert!(points > 20, "{points} points: the saga lost its point");
        for at in 1..=points {
            for after in [false, true] {
                let name = format!("{delivers:?}-{at}-{after}");
                let (_, faults) = ledger.runs(&name, delivers, Some((at, after)));
                assert_eq!(faults, 1, "{name}: the point never came");
                let booked = ledger.booked(&name);
                let places: Vec<&String> = booked.iter().map(|(place, _)| place).collect();
                assert_eq!(places, order.iter().collect::<Vec<_>>(), "{name}");
                assert!(booked.iter().all(|(_, keys)| keys.len() == 1), "{name}: {booked:?}");
            }
        }
        println!("{points} points, {delivers:?}");
    }
}
