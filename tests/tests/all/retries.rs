//! Retries of `map` and `workflow` nodes, with faults on the way.

use engine::port::Delivers;
use serde_json::{Value, json};
use stepwell_core::{event::Event, execution::Status};
use stepwell_tests::{
    generate::Case,
    sim::{Faults, Run, delivers, root_id},
};

/// A request that is refused in the first `times` children that make it.
fn call(id: &str, path: &str) -> Value {
    json!({ "id": id, "type": "http_request",
        "config": { "method": "POST", "url": format!("https://sim.example/{path}"), "body": { "v": 1 } } })
}

/// Both nodes need three attempts, each with children of its own.
fn case(attempts: u32) -> Case {
    let retry = json!({ "max_attempts": attempts, "initial_seconds": 1 });
    let body = json!({ "nodes": [call("one", "{{ index == 0 ? 'map/again-2' : 'flaky/1' }}")], "edges": [] });
    let map = json!({ "items": "[1, 2, 3]", "body": body, "max_concurrency": 1 });
    let child = json!({ "id": "child-a",
        "nodes": [{ "id": "go", "type": "manual_trigger" }, call("two", "child/again-2")],
        "edges": [{ "from": "go", "to": "two" }] });
    let document = json!({ "id": "root",
        "nodes": [{ "id": "start", "type": "manual_trigger" },
            { "id": "all", "type": "map", "retry": retry, "config": map },
            { "id": "sub", "type": "workflow", "retry": retry, "config": { "workflow_id": "child-a" } }],
        "edges": [{ "from": "start", "to": "all" }, { "from": "all", "to": "sub" }],
        "output": "[ctx.all.output.map(one, one.body.v), ctx.sub.output.body.v]" });
    Case { document, saved: vec![child], input: json!({}) }
}

#[test]
fn a_map_and_a_workflow_succeed_at_their_third_attempt_whatever_breaks_on_the_way() {
    for seed in 0..300 {
        let mut run = Run::new(&case(3), seed, Faults::of(seed), delivers(seed % 2 == 0));
        let fate = run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!((fate.status, &fate.output), (Status::Completed, &json!([[1, 1, 1], 1])), "seed {seed}: {fate:?}");
        let state = run.host.state(&root_id()).unwrap();
        for node in ["all", "sub"] {
            let node = state.node(&node.into()).unwrap();
            assert_eq!((node.visit, node.attempts), (1, 3), "seed {seed}");
        }
        let world = run.host.world();
        let failed = world.journals[&root_id()].iter().flat_map(|turn| &turn.events).filter_map(|event| match event {
            Event::AttemptFailed { node, attempt, error, .. } => Some((node.as_str(), *attempt, error.code.as_str())),
            _ => None,
        });
        let told = [
            ("all", 1, "map_failed"),
            ("all", 2, "map_failed"),
            ("sub", 1, "child_failed"),
            ("sub", 2, "child_failed"),
        ];
        assert_eq!(failed.collect::<Vec<_>>(), told, "seed {seed}");
        // Item 0 in every attempt, the others once: none of an attempt that failed was started before its time.
        assert_eq!(world.journals.len(), 1 + 3 + 2 + 3, "seed {seed}");
    }
}

#[test]
fn the_last_attempt_fails_its_node() {
    let fate = Run::new(&case(2), 1, Faults::default(), Delivers::AfterCommit).finish().unwrap();
    assert_eq!((fate.status, fate.code.as_deref()), (Status::Failed, Some("map_failed")));
}
