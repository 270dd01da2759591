//! Retries of random workflows under random faults, and of those whose end is known.

use engine::port::Delivers;
use serde_json::{Value, json};
use stepwell_core::{
    command::Control,
    event::{Event, Turn},
    execution::Status,
};
use stepwell_tests::{
    generate::{Case, Knobs, case},
    rng::Rng,
    sim::{Fate, Faults, Run, delivers, root_id},
};

/// Retries after which a run is taken for one that fails for good.
const RETRIES: usize = 4;

fn some_case(seed: u64) -> Case {
    let size = 2 + (seed % 9) as usize;
    case(seed, Knobs { deterministic: true, size, waits: true, children: seed.is_multiple_of(3) })
}

fn faults(seed: u64) -> Faults {
    if seed.is_multiple_of(2) { Faults::default() } else { Faults::of(seed) }
}

fn some_rounds(run: &mut Run, rounds: usize, about: &str) {
    for _ in 0..rounds {
        if !run.advance().unwrap_or_else(|error| panic!("{error}\n{about}")) {
            break;
        }
    }
}

/// Whether any attempt failed. A retry gives nodes further attempts, so that what follows may be another thing.
fn failed(run: &Run) -> bool {
    let fails = |event: &Event| matches!(event, Event::AttemptFailed { .. } | Event::NodeFailed { .. });
    run.host.world().journals.values().flatten().flat_map(|turn: &Turn| &turn.events).any(fails)
}

#[test]
fn an_execution_that_was_cancelled_and_retried_ends_as_if_nothing_had_happened() {
    let (mut taken_back, mut compared) = (0, 0);
    for seed in 0..500 {
        let case = some_case(seed);
        let about = format!("seed {seed}, input {}\n{}", case.input, case.document);
        let mut calm = Run::new(&case, seed, Faults::default(), Delivers::InCommit);
        let expected = calm.finish().unwrap();
        // Given a run that is cancelled somewhere, once or twice,
        let mut rng = Rng::new(seed, 9);
        let mut run = Run::new(&case, seed, faults(seed), delivers(seed % 4 < 2));
        for _ in 0..rng.between(1, 2) {
            some_rounds(&mut run, rng.below(10), &about);
            run.ask(Control::Cancel);
            // and retried at once, while its children are being told, or when all is over.
            let rounds = *rng.pick(&[0, 1, 2, 5, usize::MAX]);
            some_rounds(&mut run, rounds, &about);
            taken_back += u64::from(run.retry());
        }
        let fate = run.finish().unwrap_or_else(|error| panic!("{error}\n{about}"));
        if !failed(&calm) {
            compared += 1;
            assert_eq!((fate.status, &fate.output), (expected.status, &expected.output), "{about}");
        }
    }
    assert!(taken_back > 200 && compared > 200, "{taken_back} taken back, {compared} compared");
}

#[test]
fn an_execution_that_failed_and_is_retried_ends_again_and_keeps_what_had_succeeded() {
    let mut retried = 0;
    for seed in 0..500 {
        let case = case(seed, Knobs { deterministic: false, size: 6, waits: true, children: seed.is_multiple_of(3) });
        let about = format!("seed {seed}, input {}\n{}", case.input, case.document);
        let mut run = Run::new(&case, seed, faults(seed), delivers(seed % 4 < 2));
        run.finish().unwrap_or_else(|error| panic!("{error}\n{about}"));
        for _ in 0..RETRIES {
            let before = succeeded(&run);
            if !run.retry() {
                break;
            }
            retried += 1;
            run.finish().unwrap_or_else(|error| panic!("{error}\n{about}"));
            let after = succeeded(&run);
            assert_eq!(after[..before.len()], before, "what had succeeded does not run again: {about}");
            let mut once = after.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), after.len(), "a visit succeeds once: {after:?}\n{about}");
        }
    }
    assert!(retried > 50, "only {retried} were retried");
}

/// The visits of the root's nodes that succeeded, in order.
fn succeeded(run: &Run) -> Vec<(String, u32)> {
    let world = run.host.world();
    let events = world.journals[&root_id()].iter().flat_map(|turn| &turn.events);
    let visit = |event: &Event| match event {
        Event::NodeSucceeded { node, visit, .. } => Some((node.to_string(), *visit)),
        _ => None,
    };
    events.filter_map(visit).collect()
}

/// Runs a case to its end, and retries it until it completes. Returns how often it was retried.
fn insisted(case: &Case, seed: u64) -> (Fate, usize) {
    let mut run = Run::new(case, seed, faults(seed), delivers(seed % 4 < 2));
    let mut fate = run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let mut times = 0;
    while fate.status != Status::Completed && times < 2 * RETRIES && run.retry() {
        times += 1;
        fate = run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    (fate, times)
}

fn call(id: &str, path: &str) -> Value {
    json!({"id": id, "type": "http_request", "config": {"method": "POST", "url": format!("https://x.test/{path}"), "body": {"v": "{{ input.v }}"}},
        "retry": {"max_attempts": 1}})
}

#[test]
fn a_call_that_fails_so_often_is_retried_so_often() {
    // The outside world refuses the first three calls under the key of a visit: the key must stay the same.
    let edges = json!([{"from": "go", "to": "a"}, {"from": "a", "to": "b"}, {"from": "go", "to": "other"}]);
    let nodes = json!([{"id": "go", "type": "manual_trigger"}, call("a", "3"), call("other", "ok"),
        {"id": "b", "type": "transform", "config": {"expression": "ctx.a.output.body.v"}}]);
    let document = json!({"id": "calls", "nodes": nodes, "edges": edges, "output": "ctx.b.output"});
    let case = Case { document, saved: Vec::new(), input: json!({"v": 7}) };
    for seed in 0..200 {
        let (fate, times) = insisted(&case, seed);
        assert_eq!((fate.status, &fate.output), (Status::Completed, &json!(7)), "seed {seed}");
        // Under faults a call may be made twice, which counts for the outside world.
        assert!(if seed % 2 == 0 { times == 3 } else { times <= 3 }, "seed {seed}: {times} times");
    }
}

#[test]
fn a_map_whose_children_failed_goes_on_with_them_and_completes() {
    // The outside world refuses the first call under each key: the children that are taken up keep theirs.
    let mut each = call("each", "");
    each["config"]["url"] = json!("https://x.test/{{ item }}/1");
    each["config"]["body"] = json!("{{ item }}");
    let item = json!({"id": "item", "type": "transform", "config": {"expression": "item"}});
    let body = json!({"nodes": [each, item], "edges": [{"from": "each", "to": "item"}]});
    let document = json!({"id": "calls", "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}}],
        "edges": [{"from": "go", "to": "all"}]});
    let case = Case { document, saved: Vec::new(), input: json!({}) };
    for seed in 0..200 {
        let (fate, times) = insisted(&case, seed);
        assert_eq!((fate.status, &fate.output), (Status::Completed, &json!([1, 2, 3])), "seed {seed}");
        // Under faults a call may be made twice, which counts for the outside world.
        let least = usize::from(seed % 2 == 0);
        assert!((least..=3).contains(&times), "seed {seed}: {times} times");
    }
}
